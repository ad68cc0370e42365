// SIMD building blocks that every kernel shares. LANES samples (or features) travel together as two vectors.

/** Samples in a row of a sample panel, features in a row of a feature panel: two 128-bit vectors of float32. */
export const LANES: i32 = 8;
/** Bytes of one panel row. */
export const ROW: usize = 32;

/** a·b + c. Strict builds round twice, alike in every engine; fused builds round once where the engine can. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** ⌈count / LANES⌉ */
// @ts-ignore: decorator
@inline
export function panelsOf(count: i32): i32 {
  return (count + LANES - 1) / LANES;
}

/** Byte offset of element `index` of a float32 array. */
// @ts-ignore: decorator
@inline
export function f32At(index: i32): usize {
  return <usize>index << 2;
}

/** Byte offset of panel row `index`. */
// @ts-ignore: decorator
@inline
export function rowAt(index: i32): usize {
  return <usize>index << 5;
}

/** (a0 + a1) + (a2 + a3): the one order in which lanes are summed. */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/** The same sum in float64. */
// @ts-ignore: decorator
@inline
export function sumLanes64(a: v128): f64 {
  let low = <f64>f32x4.extract_lane(a, 0) + <f64>f32x4.extract_lane(a, 1);
  return low + (<f64>f32x4.extract_lane(a, 2) + <f64>f32x4.extract_lane(a, 3));
}

/** Writes the four columns of the block whose rows these are, `ld` bytes apart. */
// @ts-ignore: decorator
@inline
export function transposeRows(r0: v128, r1: v128, r2: v128, r3: v128, to: usize, ld: usize): void {
  let t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  let t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  let t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  let t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
  v128.store(to + ld, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
  v128.store(to + 2 * ld, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
  v128.store(to + 3 * ld, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
}

/** Transposes a 4 x 4 block of float32: reads rows `ldFrom` bytes apart, writes rows `ldTo` bytes apart. */
// @ts-ignore: decorator
@inline
export function transpose4(from: usize, ldFrom: usize, to: usize, ldTo: usize): void {
  transposeRows(v128.load(from), v128.load(from + ldFrom), v128.load(from + 2 * ldFrom), v128.load(from + 3 * ldFrom), to, ldTo);
}
