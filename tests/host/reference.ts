// A small network in float64, written anew: dense layers with tanh between them under the mean squared error.
import { expect } from "vitest";
import * as t from "../../host/index.ts";
import { giveParameters, numbers } from "./support.ts";

export type Tensors = Record<string, Float64Array>;
export interface Rows {
  x: Float32Array<ArrayBuffer>;
  y: Float32Array<ArrayBuffer>;
}

/** 3 inputs, 4 hidden units, 2 outputs. */
const sizes = [3, 4, 2];
export const layers = [t.dense(4, { activation: "tanh", name: "hidden" }), t.dense(2, { name: "out" })];
export async function network(stack: readonly { type: string }[] = layers): Promise<t.Model> {
  const model = await t.sequential(stack, { inputs: 3, loss: t.mse(), seed: 3 });
  giveParameters(model, 5);
  return model;
}
export const rowsOf = (count: number, seed: number): Rows => ({
  x: numbers(3 * count, seed),
  y: numbers(2 * count, seed + 100, -2, 2),
});
/** Batches of 8 rows, one like no other. */
export const batch = (step: number) => rowsOf(8, 11 + step);
/** Rows `from` to `to`. */
export const part = ({ x, y }: Rows, from: number, to: number): Rows => ({
  x: x.slice(3 * from, 3 * to),
  y: y.slice(2 * from, 2 * to),
});

export const copy = (w: Tensors): Tensors => map(w, v => v);
/** Every number through `f`, which gets the same place of the other tensors too. */
export function map(w: Tensors, f: (v: number, name: string, i: number) => number): Tensors {
  return Object.fromEntries(Object.entries(w).map(([name, list]) => [name, list.map((v, i) => f(v, name, i))]));
}
export function tensors(model: t.Model, what: "value" | "grad" = "value"): Tensors {
  return Object.fromEntries(model.parameters().map(p => [p.name, Float64Array.from(p[what])]));
}
export const norm = (lists: Iterable<Float64Array>) => Math.hypot(...[...lists].flatMap(list => [...list]));

/** Outputs of every layer, the inputs first: [rows][units]. */
function forward(w: Tensors, x: ArrayLike<number>): number[][][] {
  const rows = x.length / sizes[0]!;
  const outputs = [Array.from({ length: rows }, (_, r) => Array.from({ length: 3 }, (_, i) => x[3 * r + i]!))];
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const weight = w[`${layer}.weight`]!;
    const width = sizes[layer]!;
    const last = layer + 2 === sizes.length;
    outputs.push(
      outputs[layer]!.map(row =>
        Array.from(w[`${layer}.bias`]!, (bias, unit) => {
          const z = row.reduce((sum, v, i) => sum + v * weight[unit * width + i]!, bias);
          return last ? z : Math.tanh(z);
        }),
      ),
    );
  }
  return outputs;
}
export const predict = (w: Tensors, x: ArrayLike<number>) => forward(w, x).at(-1)!.flat();
export function lossOf(w: Tensors, { x, y }: Rows): number {
  return predict(w, x).reduce((sum, z, i) => sum + (z - y[i]!) ** 2, 0) / y.length;
}
export function gradients(w: Tensors, { x, y }: Rows): Tensors {
  const g = map(w, () => 0);
  const outputs = forward(w, x);
  let delta = outputs.at(-1)!.map((row, r) => row.map((z, i) => (2 * (z - y[row.length * r + i]!)) / y.length));
  for (let layer = sizes.length - 2; layer >= 0; layer--) {
    const below = outputs[layer]!;
    const weight = w[`${layer}.weight`]!;
    const width = sizes[layer]!;
    const next = below.map(row => row.map(() => 0));
    delta.forEach((row, r) => {
      row.forEach((d, unit) => {
        g[`${layer}.bias`]![unit]! += d;
        for (let i = 0; i < width; i++) {
          g[`${layer}.weight`]![unit * width + i]! += d * below[r]![i]!;
          next[r]![i]! += d * weight[unit * width + i]!;
        }
      });
    });
    delta = next.map((row, r) => row.map((d, i) => d * (1 - below[r]![i]! ** 2)));
  }
  return g;
}

/** A rule: new values from values and gradients. `lr` and `decay` may differ from tensor to tensor. */
export type Rule = (w: Tensors, g: Tensors) => Tensors;
type Each = number | ((tensor: string) => number);
const of = (each: Each, tensor: string) => (typeof each === "number" ? each : each(tensor));
/** Gradient descent with coupled decay. */
export const sgdRule =
  (lr: Each, decay: Each = 0): Rule =>
  (w, g) =>
    map(w, (v, name, i) => v - of(lr, name) * (g[name]![i]! + of(decay, name) * v));
/** Adam with decoupled decay. */
export function adamRule(lr: Each, decay: Each = 0): Rule {
  let m: Tensors;
  let s: Tensors;
  let steps = 0;
  return (w, g) => {
    const first = steps++ === 0;
    m = map(g, (v, name, i) => (first ? 0 : 0.9 * m[name]![i]!) + 0.1 * v);
    s = map(g, (v, name, i) => (first ? 0 : 0.999 * s[name]![i]!) + 0.001 * v ** 2);
    return map(w, (v, name, i) => {
      const root = Math.sqrt(s[name]![i]! / (1 - 0.999 ** steps));
      const step = m[name]![i]! / (1 - 0.9 ** steps) / (root + 1e-8);
      return v - of(lr, name) * (step + of(decay, name) * v);
    });
  };
}

/** Clipping by the norm of all gradients together, in PyTorch's form. */
export const clipNorm = (g: Tensors, bound: number) =>
  map(g, v => v * Math.min(1, bound / (norm(Object.values(g)) + 1e-6)));

/** The largest |a - b|/max(1, |b|). */
export function gap(a: Tensors, b: Tensors): number {
  expect(Object.keys(a)).toEqual(Object.keys(b));
  return Math.max(
    ...Object.entries(b).flatMap(([name, list]) =>
      Array.from(list, (v, i) => Math.abs(a[name]![i]! - v) / Math.max(1, Math.abs(v))).map(v =>
        Number.isNaN(v) ? Infinity : v,
      ),
    ),
  );
}
export function expectNear(model: t.Model, w: Tensors, label = "values", tolerance = 1e-5): void {
  expect(gap(tensors(model), w), label).toBeLessThanOrEqual(tolerance);
}
/** Compiles, takes `steps` steps on batches 0, 1, … with model and reference alike, and compares after each. */
export async function follow(
  options: t.CompileOptions,
  steps: number,
  update: Rule,
  start?: Tensors,
): Promise<t.Model> {
  const model = await network();
  if (start) model.loadParameters(start);
  let w = tensors(model);
  model.compile(options);
  for (let step = 0; step < steps; step++) {
    const rows = batch(step);
    const loss = lossOf(w, rows);
    w = update(w, gradients(w, rows));
    expect(Math.abs(model.trainBatch(rows.x, rows.y) - loss), `loss of step ${step}`).toBeLessThanOrEqual(
      1e-5 * (1 + loss),
    );
    expectNear(model, w, `after step ${step}`);
  }
  return model;
}
