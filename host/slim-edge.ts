// `trainlet/slim` where nothing may be compiled at run time: the core comes as a module.
import { notACore, takeCore } from "./platform/given.ts";
import { tagOf } from "./tags.ts";

export * from "./index.ts";

/** Takes the core that models train with, as `import core from "trainlet/core.wasm"` gives it. Models are made after it. */
export async function init(source: WebAssembly.Module | Promise<WebAssembly.Module>): Promise<void> {
  const module = await source;
  if (tagOf(module) !== "WebAssembly.Module") throw notACore(module, "the module that importing core.wasm gives");
  takeCore(module);
}
