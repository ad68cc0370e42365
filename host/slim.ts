// `trainlet/slim`: everything that `trainlet` exports, and no WebAssembly: the program says where the core comes from.
import { TrainletError } from "./errors.ts";
import { notACore, takeCore } from "./platform/given.ts";

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
  if (source instanceof WebAssembly.Module) return source;
  let bytes: unknown = source;
  if (typeof Response === "function" && source instanceof Response) {
    if (!source.ok) throw new TrainletError("FILE_ERROR", `init: ${source.url} answered ${source.status}`);
    bytes = await source.arrayBuffer();
  }
  if (!(bytes instanceof ArrayBuffer || bytes instanceof Uint8Array)) {
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
