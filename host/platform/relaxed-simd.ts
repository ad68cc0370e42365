// What the engine can do, asked by validating a few bytes.

/** A module whose one function is (a, b, c) => f32x4.relaxed_madd(a, b, c): valid where the engine knows the instruction. */
const RELAXED_MADD = [
  [0, 97, 115, 109, 1, 0, 0, 0],
  [1, 8, 1, 96, 3, 123, 123, 123, 1, 123],
  [3, 2, 1, 0],
  [10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 133, 2, 11],
];
/** Whether multiply and add can be one instruction. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(RELAXED_MADD.flat()));
}
