// The core's modules: strict or fused arithmetic, for one thread or more. Each is compiled once, at its first use, and
// shared by all models; each model has an instance, and so a memory, of its own.

import { fetchThreads, hasRelaxedSimd, loadCore } from "./core-by-url.ts";
import { TrainletError } from "./errors.ts";
import type { CoreExports } from "./generated/core.ts";
import { Memory } from "./memory.ts";
import type { CoreName } from "./platform/platform.ts";
import type { Crew } from "./threads.ts";

export interface CoreRequest {
  arithmetic: "strict" | "fused";
  /** Threads that the model may use, and whether somebody asked for so many. */
  threads: number;
  needed?: boolean;
}
/** 64 KiB pages that a shared memory starts with, and WebAssembly's most. */
const FIRST_PAGES = 32;
const MOST_PAGES = 65536;

const compiled = new Map<CoreName, Promise<WebAssembly.Module>>();

/** A new instance of the core with its memory, and those who may share its work. */
export async function instantiate(
  request: CoreRequest = { arithmetic: "strict", threads: 1 },
): Promise<{ memory: Memory; crew: Crew | undefined }> {
  const modern = hasRelaxedSimd();
  const arithmetic = request.arithmetic === "fused" && modern ? "fused" : "strict";
  const shared = request.threads > 1;
  const module = await compiledModule(shared ? `${arithmetic}-threads` : arithmetic);
  const env: WebAssembly.ModuleImports = { abort };
  let crew: WeakRef<Crew> | undefined; // the workers' listeners hold the core, which is not to hold whom they end with
  if (shared) {
    env.memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });
    env.lost = (waited: number) => Number(crew?.deref()?.isLost(waited));
  }
  const core = new WebAssembly.Instance(module, { env }).exports as unknown as CoreExports;
  core.tallTiles(Number(modern)); // engines that know the instruction allocate registers well
  const { Crew } = shared ? await fetchThreads() : {};
  const { threads, needed = false } = request;
  const made = Crew && new Crew({ module, core, threads, needed, tall: modern });
  crew = made && new WeakRef(made);
  return { memory: new Memory(core), crew: made };
}

function compiledModule(name: CoreName): Promise<WebAssembly.Module> {
  const known = compiled.get(name);
  if (known) return known;
  const module = loadCore(name);
  compiled.set(name, module);
  module.catch(() => compiled.delete(name)); // so that a later call may succeed
  return module;
}

function abort(): never {
  throw new TrainletError("UNSUPPORTED", "the core stopped itself; please report this with what led to it");
}
