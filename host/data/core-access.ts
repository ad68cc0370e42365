/** Where the data part reaches the WebAssembly core: permutations and generated problems are computed there. */
import { TrainletError } from "../errors.ts";

export type Generator = "moons" | "circles" | "spirals" | "blobs" | "xor";

export interface GenerateOptions {
  rows: number;
  classes: number;
  noise: number;
  seed: number;
  features: number;
}

export interface DataCore {
  /** A uniformly random permutation of 0..n-1 that depends on `n` and `seed` alone. */
  permutation(n: number, seed: number): Uint32Array;
  /** `x`: rows × features, row-major; `y`: a class index a row. */
  generate(kind: Generator, options: GenerateOptions): { x: Float32Array; y: Int32Array };
}

// TEMPORARY: the core is not wired yet; this file is replaced by the one that compiles it.
export async function dataCore(): Promise<DataCore> {
  throw new TrainletError("UNSUPPORTED", "the WebAssembly core is not wired to trainlet/data yet");
}
