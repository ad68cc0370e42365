// `trainlet/slim`: everything that `trainlet` exports, and no WebAssembly: the program says where the core comes from.
import { TrainletError } from "./errors.ts";
import { notACore, takeCore } from "./platform/given.ts";
import { tagOf } from "./tags.ts";

export * from "./index.ts";

/** A compiled core, its bytes, or the response to a request for it. */
export type CoreSource = WebAssembly.Module | ArrayBuffer | Uint8Array<ArrayBuffer> | Response;

/**
 * Takes the core that models train with: `core.wasm` of the package (`core-fused.wasm` for `arithmetic: "fused"`; for both
 * call it twice). Models are made after it.
 * @throws TrainletError INVALID_ARGUMENT for what is not this package's core, FILE_ERROR for a response that failed
 */
export async function init(source: CoreSource | Promise<CoreSource>): Promise<void> {
  takeCore(await compile(await source));
}

async function compile(source: CoreSource): Promise<WebAssembly.Module> {
  if (tagOf(source) === "WebAssembly.Module") return source as WebAssembly.Module;
  let bytes: unknown = source;
  if (tagOf(source) === "Response") {
    const response = source as Response;
    if (!response.ok) throw new TrainletError("FILE_ERROR", `init: ${response.url} answered ${response.status}`);
    bytes = await response.arrayBuffer();
  }
  if (!["ArrayBuffer", "Uint8Array"].includes(tagOf(bytes))) {
    throw notACore(source, "a WebAssembly.Module, its bytes, or a Response");
  }
  try {
    return await WebAssembly.compile(bytes as ArrayBuffer);
  } catch (cause) {
    throw new TrainletError("INVALID_ARGUMENT", `init: these bytes are no core: ${(cause as Error).message}`, {
      cause,
    });
  }
}
