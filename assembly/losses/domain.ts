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
 * are whole. Where signs are wanted and there is no -1, a float32 of 0 becomes it.
 */
export function firstUnfit(domain: i32, targets: usize, count: i32, n: i32, whole: bool): i32 {
  if (domain == Domain.any) return -1;
  let high: f32 = domain == Domain.positive ? f32.MAX_VALUE : 1;
  // The least that stands for no.
  let no: f32 = 0;
  if (domain == Domain.sign) for (let i = 0; i < count; i++) if (number(targets, i, whole) == -1) no = -1;
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) {
    let value = number(targets, i, whole);
    if (domain == Domain.sign) {
      if (value != no && value != 1) return i;
      if (value == 0 && !whole) store<f32>(targets + f32At(i), -1);
    } else if (value < 0 || value > high) return i;
    sum += value;
    if (domain == Domain.distribution && (i + 1) % n == 0) {
      if (abs(sum - 1) > ROUNDING) return i + 1 - n;
      sum = 0;
    }
  }
  return -1;
}

function number(at: usize, i: i32, whole: bool): f32 {
  at += f32At(i);
  return whole ? <f32>load<i32>(at) : load<f32>(at);
}
