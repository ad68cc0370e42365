// What the numbers of a target may be, and the check of it, once for a data set.
import { f32At } from "../kernels/simd";

/** What the numbers of a target may be. */
export const enum Domain {
  any = 0,
  /** From 0 on. */
  positive = 1,
  /** In [0, 1]. */
  share = 2,
  /** In [0, 1], and each sample's sum to 1. */
  distribution = 3,
  /** -1 and 1; 0 and 1 stand for them. */
  sign = 4,
}

/** How far from 1 probabilities may sum: they come rounded, to a hundredth, say. */
const ROUNDING: f64 = 0.05;

/**
 * Index of the first of `count` targets, `n` a sample, that does not lie in the domain, or -1: float32, or int32 where they
 * are whole. Where signs are wanted and there is no -1, float32 of 0 become it. Reads and writes up to a vector's end.
 */
export function firstUnfit(domain: i32, targets: usize, count: i32, n: i32, whole: bool): i32 {
  if (domain == Domain.any) return -1;
  let end = targets + f32At(count);
  let sign = domain == Domain.sign;
  let no = f32x4.splat(0), yes = f32x4.splat(domain == Domain.positive ? f32.MAX_VALUE : 1);
  if (sign) {
    for (let p = targets; p < end; p += 16) {
      if (v128.any_true(f32x4.eq(four(p, whole), f32x4.splat(-1)))) no = f32x4.splat(-1);
    }
  }
  for (let p = targets; p < end; p += 16) {
    let value = four(p, whole);
    let low = sign ? f32x4.eq(value, no) : f32x4.lt(value, no);
    let high = sign ? f32x4.eq(value, yes) : f32x4.gt(value, yes);
    let bad = i32x4.bitmask(v128.or(low, high)) ^ (sign ? 15 : 0);
    let at = <i32>((p - targets) >> 2) + ctz(bad);
    if (bad && at < count) return at;
  }
  if (sign && !whole && f32x4.extract_lane(no, 0) == 0) {
    for (let p = targets; p < end; p += 16) v128.store(p, f32x4.sub(f32x4.add(v128.load(p), v128.load(p)), yes));
  }
  if (domain == Domain.distribution) {
    for (let i = 0; i < count; i += n) {
      let sum: f64 = 0;
      for (let j = i; j < i + n; j++) sum += load<f32>(targets + f32At(j));
      if (abs(sum - 1) > ROUNDING) return i;
    }
  }
  return -1;
}

function four(p: usize, whole: bool): v128 {
  let value = v128.load(p);
  return whole ? f32x4.convert_i32x4_s(value) : value;
}
