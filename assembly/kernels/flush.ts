// Numbers too small to matter become 0 where they are written or read. WebAssembly cannot flush subnormal numbers in hardware,
// and on Intel a product, quotient or root that meets or makes one takes some 150 cycles. What is kept is 0 or so far above
// 2⁻¹²⁶, the smallest normal number, that its products with what it meets are normal too. A NaN passes everywhere.
// Bounds stand in memory, in all lanes: V8 builds constants anew in every pass of a loop, the magnitude's mask too.

const BOUNDS: usize = memory.data<f32>(
  [
    // 2⁻¹⁰⁰: the least gradient, activation, derivative of one, or number that a rule keeps
    7.888609052210118e-31, 7.888609052210118e-31, 7.888609052210118e-31, 7.888609052210118e-31,
    // 2⁻⁵⁰: the least number that is squared
    8.881784197001252e-16, 8.881784197001252e-16, 8.881784197001252e-16, 8.881784197001252e-16,
    // 2⁻⁶³: the least weight
    1.0842021724855044e-19, 1.0842021724855044e-19, 1.0842021724855044e-19, 1.0842021724855044e-19,
    // 2⁻²⁶: the least slope of an activation; where outputs are near 1 there is none below 2⁻²⁴ either
    1.4901161193847656e-8, 1.4901161193847656e-8, 1.4901161193847656e-8, 1.4901161193847656e-8,
  ],
  16,
);
const MAGNITUDE: usize = memory.data<u32>([0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff], 16);

export const LEAST: usize = BOUNDS;
export const LEAST_ROOT: usize = BOUNDS + 16;
export const LEAST_WEIGHT: usize = BOUNDS + 32;
const LEAST_SLOPE: usize = BOUNDS + 48;

/** x, 0 where |x| is below the bound at `least`. */
// @ts-ignore: decorator
@inline
export function flush4(x: v128, least: usize): v128 {
  return v128.andnot(x, f32x4.lt(v128.and(x, v128.load(MAGNITUDE)), v128.load(least)));
}

/** d², 0 where it would be below 2⁻¹⁰⁰. */
// @ts-ignore: decorator
@inline
export function square4(d: v128): v128 {
  d = flush4(d, LEAST_ROOT);
  return f32x4.mul(d, d);
}

/** |d|, at least 2⁻⁵⁰: what second moments are made of, which so are never subnormal and never divide by 0. */
// @ts-ignore: decorator
@inline
export function magnitude4(d: v128): v128 {
  return i32x4.max_s(v128.and(d, v128.load(MAGNITUDE)), v128.load(LEAST_ROOT)); // magnitudes are in order as integers
}
/** d², at least 2⁻¹⁰⁰. */
// @ts-ignore: decorator
@inline
export function moment4(d: v128): v128 {
  d = magnitude4(d);
  return f32x4.mul(d, d);
}

/** The slope of an activation, 0 where it is tiny. */
// @ts-ignore: decorator
@inline
export function flushSlope4(slope: v128): v128 {
  return flush4(slope, LEAST_SLOPE);
}

/** Whether `bytes` bytes of whole vectors hold a number that is below the bound at `least` and not 0. */
function holdsTiny(at: usize, bytes: usize, least: usize): bool {
  // As integers magnitudes are in order, and 0 less 1 is the largest of all.
  let mask = v128.load(MAGNITUDE), one = i32x4.splat(1);
  let smallest = i32x4.splat(-1);
  for (let end = at + bytes; at < end; at += 16) {
    smallest = i32x4.min_u(smallest, i32x4.sub(v128.and(v128.load(at), mask), one));
  }
  return v128.any_true(i32x4.lt_u(smallest, i32x4.sub(v128.load(least), one)));
}

/** Numbers that are looked at together. */
const BLOCK: usize = 1024;

/** Writes 0 over what is below the bound at `least`, in `bytes` bytes of whole vectors; blocks without any are not written. */
export function flushArray(at: usize, bytes: usize, least: usize): void {
  for (let end = at + bytes; at < end; at += BLOCK) {
    let length = min(end - at, BLOCK);
    if (holdsTiny(at, length, least)) flushAll(at, length, least);
  }
}
function flushAll(at: usize, bytes: usize, least: usize): void {
  let mask = v128.load(MAGNITUDE), bound = v128.load(least);
  for (let end = at + bytes; at < end; at += 16) {
    let x = v128.load(at);
    v128.store(at, v128.andnot(x, f32x4.lt(v128.and(x, mask), bound)));
  }
}

/** The least that is looked at of an array a step. */
const SAMPLE: usize = 512;

/** The same for all of an array, if the part of it that is due in step `t`, a sixteenth, holds any. */
export function flushSampled(at: usize, bytes: usize, least: usize, t: u32): void {
  let part = max(((bytes >> 4) + 15) & ~15, SAMPLE);
  let from = <usize>(t & 15) * part;
  if (from >= bytes) from = 0;
  if (holdsTiny(at + from, min(part, bytes - from), least)) flushAll(at, bytes, least);
}
