// Vercel's edge runtime and Next.js: the core is an imported module, which their bundlers want to see marked; its path as
// seen from dist. No threads.

import strict from "./generated/core.wasm?module";
import type { CoreName } from "./platform.ts";

export * from "./one-thread.ts";

export async function loadCore(name: CoreName): Promise<WebAssembly.Module> {
  return name === "fused" ? (await import("./generated/core-fused.wasm?module")).default : strict;
}
/** Its engine is a current V8. */
export function hasRelaxedSimd(): boolean {
  return true;
}
