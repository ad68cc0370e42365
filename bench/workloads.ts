// The five workloads that all figures are about: shapes, batch and rule.
import { adam, crossEntropy, dense, mse, sequential, sgd } from "../host/index.ts";

export interface Workload {
  name: string;
  /** Features of each layer, the inputs first. */
  sizes: readonly number[];
  batch: number;
  rule: "adam" | "sgd";
  regression?: boolean;
  /** Rows of the made-up data. */
  rows: number;
}

export const workloads: readonly Workload[] = [
  { name: "tiny", sizes: [4, 16, 3], batch: 16, rule: "adam", rows: 16384 },
  { name: "tabular", sizes: [13, 64, 64, 1], batch: 32, rule: "adam", regression: true, rows: 16384 },
  { name: "mnist", sizes: [784, 128, 10], batch: 64, rule: "adam", rows: 8192 },
  { name: "wide", sizes: [784, 512, 512, 10], batch: 128, rule: "adam", rows: 2048 },
  { name: "online", sizes: [784, 128, 10], batch: 1, rule: "sgd", rows: 1024 },
];

/** Numbers in [-1, 1) that look random and are the same everywhere. */
export function noise(length: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export function makeData({ sizes, rows, regression }: Workload) {
  const inputs = sizes[0]!;
  const x = noise(rows * inputs);
  // Something that can be learnt: the sign, or the value, of a sum of a few features.
  const score = (i: number) => x[i * inputs]! + x[i * inputs + 1]! - x[i * inputs + 2]!;
  const y = regression
    ? Float32Array.from({ length: rows }, (_, i) => score(i))
    : Int32Array.from({ length: rows }, (_, i) => (score(i) > 0 ? 1 : 0));
  return { x, y };
}

/** A multiply and an add for every weight: forward, weight gradient and, but for the first layer, input gradient. */
export function flopsPerSample({ sizes }: Pick<Workload, "sizes">): number {
  return sizes.slice(1).reduce((sum, n, i) => sum + 2 * n * sizes[i]! * (i ? 3 : 2), 0);
}

export async function makeModel({ sizes, regression }: Workload, arithmetic: "strict" | "fused" = "strict") {
  const layers = sizes.slice(1).map((units, i, all) => dense(units, i < all.length - 1 ? { activation: "relu" } : {}));
  return sequential(layers, {
    inputs: sizes[0]!,
    loss: regression ? mse() : crossEntropy(),
    seed: 1,
    threads: 1,
    arithmetic,
  });
}

export function makeRule({ rule }: Workload) {
  return rule === "adam" ? adam({ lr: 1e-3 }) : sgd({ lr: 0.01 });
}
