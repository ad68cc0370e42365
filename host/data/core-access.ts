/** Where the data part reaches the WebAssembly core: permutations and generated problems are computed there. */
import { instantiate } from "../core.ts";
import type { Memory } from "../memory.ts";

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

let shared: Promise<DataCore> | undefined;

/** One instance of the core serves all data sets. */
export function dataCore(): Promise<DataCore> {
  shared ??= instantiate().then(({ memory }) => makeDataCore(memory));
  shared.catch(() => {
    shared = undefined; // so that a later call may succeed
  });
  return shared;
}

function makeDataCore(memory: Memory): DataCore {
  const { core } = memory;
  const random = core.random();
  memory.start();
  const mark = memory.top;
  return {
    permutation: (n, seed) => {
      try {
        const order = memory.place(n * 4);
        core.permutation(order, n, random, seed);
        return memory.u32(order, n).slice();
      } finally {
        memory.release(mark);
      }
    },
    generate: (kind, { rows, classes, noise, seed, features }) => {
      try {
        const x = memory.place(rows * features * 4);
        const y = memory.place(rows * 4);
        if (kind === "blobs") core.blobs(x, y, rows, classes, features, noise, seed, random);
        else if (kind === "spirals") core.spirals(x, y, rows, classes, noise, seed, random);
        else core[kind](x, y, rows, noise, seed, random);
        return { x: memory.f32(x, rows * features).slice(), y: memory.i32(y, rows).slice() };
      } finally {
        memory.release(mark);
      }
    },
  };
}
