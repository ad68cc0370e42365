// The core's module is compiled once, at the first use, and shared by all models; each model has an instance, and so a
// memory, of its own.
import { instantiateSync } from "@assemblyscript/loader";
import { TrainletError } from "./errors.ts";
import type { CoreExports } from "./generated/core.ts";
import { Memory } from "./memory.ts";

let compiled: Promise<WebAssembly.Module> | undefined;

/** A new instance of the core with its memory. */
export async function instantiate(): Promise<Memory> {
  compiled ??= compile(new URL("./generated/core.wasm", import.meta.url));
  let module: WebAssembly.Module;
  try {
    module = await compiled;
  } catch (error) {
    compiled = undefined; // so that a later call may succeed
    throw error;
  }
  const { exports } = instantiateSync(module, { env: { abort } });
  return new Memory(exports as unknown as CoreExports);
}

async function compile(url: URL): Promise<WebAssembly.Module> {
  if (url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return new WebAssembly.Module(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) {
    throw new TrainletError("FILE_ERROR", `core.wasm: ${url} answered ${response.status}; serve it beside the script`);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

function abort(): never {
  throw new TrainletError("UNSUPPORTED", "the core stopped itself; please report this with what led to it");
}
