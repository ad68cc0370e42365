// workerd (Cloudflare Workers) runs no code but what was deployed: the core is an imported module, its path as seen from
// dist. No threads.

import strict from "./generated/core.wasm";
import type { CoreName } from "./platform.ts";

export * from "./one-thread.ts";

export async function loadCore(name: CoreName): Promise<WebAssembly.Module> {
  return name === "fused" ? (await import("./generated/core-fused.wasm")).default : strict;
}
/** Every release of workerd with today's modules does. */
export function hasRelaxedSimd(): boolean {
  return true;
}
