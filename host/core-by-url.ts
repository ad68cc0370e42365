// Node, Deno, Bun and browsers: a file beside the script, compiled at its first use.
import { builtin } from "./builtin.ts";
import { TrainletError } from "./errors.ts";
import type { CoreName, Threads } from "./platform/platform.ts";

export { hasRelaxedSimd } from "./platform/relaxed-simd.ts";

const files: Readonly<Record<CoreName, () => URL>> = {
  strict: () => new URL("./generated/core.wasm", import.meta.url),
  fused: () => new URL("./generated/core-fused.wasm", import.meta.url),
  "strict-threads": () => new URL("./generated/core-threads.wasm", import.meta.url),
  "fused-threads": () => new URL("./generated/core-fused-threads.wasm", import.meta.url),
};

export async function loadCore(name: CoreName): Promise<WebAssembly.Module> {
  const url = files[name]();
  const fs = url.protocol === "file:" && builtin<typeof import("node:fs")>("node:fs");
  // At once: it takes a third of a millisecond, and the modules behind fs.promises ten times that.
  if (fs) return new WebAssembly.Module(fs.readFileSync(url));
  const response = await fetch(url);
  if (!response.ok) {
    throw new TrainletError("FILE_ERROR", `core.wasm: ${url} answered ${response.status}; serve it beside the script`);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

/** Few pages can have more than one thread, so that what it takes is a file of its own. */
export function fetchThreads(): Promise<Threads> {
  return import("./more-threads.ts");
}
