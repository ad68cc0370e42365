// What the tests of the host share: numbers without chance, a fingerprint of a model, and a check for errors.
import { createHash } from "node:crypto";
import { expect } from "vitest";
import { type ErrorCode, type Model, TrainletError } from "../../host/index.ts";

/** Numbers in [low, high), the same for the same seed: Weyl steps of the golden ratio, scrambled. */
export function numbers(count: number, seed: number, low = -1, high = 1): Float32Array<ArrayBuffer> {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x45d9f3b);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    return low + (high - low) * (((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32);
  });
}

/** Whole numbers in 0..bound - 1, likewise. */
export function wholes(count: number, seed: number, bound: number): Int32Array<ArrayBuffer> {
  return Int32Array.from(numbers(count, seed, 0, bound), Math.floor);
}

/** Gives every parameter numbers of its own with 0.1 <= |w|/scale < 0.9: none near zero, where |w| has its kink. */
export function giveParameters(model: Model, seed: number, scale = 1): Record<string, Float32Array> {
  const tensors = model.parameters().map((p, i) => {
    const values = numbers(p.value.length, seed * 31 + i, -0.8, 0.8);
    return [p.name, values.map(v => scale * (v + Math.sign(v) * 0.1))] as const;
  });
  model.loadParameters(Object.fromEntries(tensors));
  return Object.fromEntries(tensors);
}

/** SHA-256 over all parameters and statistics, so equal means equal bits. */
export function fingerprint(model: Model): string {
  const hash = createHash("sha256");
  for (const { name, value } of [...model.parameters(), ...model.buffers()]) {
    hash.update(name).update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return hash.digest("hex");
}

/** The parameters by name. */
export function valuesOf(model: Model): Record<string, Float32Array> {
  return Object.fromEntries(model.parameters().map(p => [p.name, p.value]));
}

/** Bytes by which WebAssembly memories are asked to grow while `action` runs; refuses to grow past `limit`. */
export async function growth(action: () => unknown, limit = Number.POSITIVE_INFINITY): Promise<number> {
  const { grow } = WebAssembly.Memory.prototype;
  let bytes = 0;
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number) {
    if (pages > 65536) return grow.call(this, pages); // cannot succeed, so costs nothing
    bytes += pages * 65536;
    if (bytes > limit) throw new RangeError("the test allows no more memory");
    return grow.call(this, pages);
  };
  try {
    await action();
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
  }
  return bytes;
}

/** Each number is close to the one expected, to half a unit of the given digit. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, digits: number, label = ""): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i], `${label}[${i}]`).toBeCloseTo(expected[i]!, digits);
}

/** Gives each view its numbers. */
export function fillAll(views: readonly Float32Array[], make: (i: number, length: number) => ArrayLike<number>): void {
  for (const [i, view] of views.entries()) view.set(make(i, view.length));
}

/** The range of an option, read apart from how the host reads it: bounds, or the numbers that it may be. */
export function boundsOf({ range = "(-inf, inf)" }: { range?: string }) {
  if (range.startsWith("{")) return { among: range.slice(1, -1).split(", ").map(Number) };
  const [, open, from, to, close] = /^([[(])(\S+), (\S+)([\])])$/.exec(range)!;
  const low = from === "-inf" ? undefined : Number(from);
  const high = to === "inf" ? undefined : Number(to);
  return { low, lowOpen: open === "(", high, highOpen: close === ")" };
}

/** What a caller without types may pass. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point
export function any(value: unknown): any {
  return value;
}

/** The error of `action`, which must be a TrainletError of this code whose message fits every pattern. */
export async function fails(action: () => unknown, code: ErrorCode, ...patterns: RegExp[]): Promise<TrainletError> {
  const error = await Promise.resolve()
    .then(action)
    .then(
      value => expect.fail(`expected ${code}, but it did not fail and gave ${String(value).slice(0, 80)}`),
      (thrown: unknown) => thrown as TrainletError,
    );
  expect(error, String(error)).toBeInstanceOf(TrainletError);
  expect(error.code, error.message).toBe(code);
  for (const pattern of patterns) expect(error.message).toMatch(pattern);
  expect(error.message, "names what it got").not.toMatch(/\[object|NaN features/);
  return error;
}

/** What has to stand before a loss that does not take any numbers. */
export function headFor(loss: { type: string }): { type: string }[] {
  if (loss.type === "nll" || loss.type === "klDivergence") return [{ type: "logSoftmax" }];
  return "fromLogits" in loss && loss.fromLogits === false ? [{ type: "sigmoid" }] : [];
}
