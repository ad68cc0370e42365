// The core that a program brings itself: what `trainlet/slim` trains with.
import { show, TrainletError } from "../errors.ts";
import type { CoreExports } from "../generated/core.ts";
import type { CoreName } from "./platform.ts";

const given = new Map<CoreName, WebAssembly.Module>();

/** Takes a core, strict or fused as the file says. Throws where the module is another's. */
export function takeCore(module: WebAssembly.Module): void {
  let core: Partial<CoreExports>;
  try {
    core = new WebAssembly.Instance(module, { env: { abort() {} } }).exports as unknown as Partial<CoreExports>;
  } catch (cause) {
    core = {};
    if (WebAssembly.Module.imports(module).some(({ kind }) => kind === "memory")) {
      const message = "init: this core is for threads, and slim has one; give core.wasm or core-fused.wasm";
      throw new TrainletError("INVALID_ARGUMENT", message, { cause });
    }
  }
  if (!core.fused || !core.train) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      "init: this module is not trainlet's core; give core.wasm of the package",
    );
  }
  given.set(core.fused() ? "fused" : "strict", module);
}

export async function loadCore(name: CoreName): Promise<WebAssembly.Module> {
  const module = given.get(name);
  if (module) return module;
  const [file, other] = name === "fused" ? ["core-fused.wasm", given.has("strict")] : ["core.wasm", given.has("fused")];
  throw new TrainletError(
    "UNSUPPORTED",
    other
      ? `init had no ${file}, which arithmetic: "${name}" needs; call init with it too`
      : `there is no core yet; call init with ${file} of the package first`,
  );
}

export function notACore(value: unknown, wanted: string): TrainletError {
  return new TrainletError("INVALID_ARGUMENT", `init: the core is ${show(value)}; give ${wanted}`);
}
