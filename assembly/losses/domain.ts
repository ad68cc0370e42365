// What the numbers of a target may be, and the check of it, once for a data set.
import { firstBeyond, firstNotOne, toSigns } from "../kernels/finite";

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
 * Index of the first of `count` targets, `n` a sample, that does not lie in the domain, or -1. Where signs are wanted, 0 and
 * 1 become -1 and 1.
 */
export function firstUnfit(domain: i32, targets: usize, count: i32, n: i32): i32 {
  if (domain == Domain.any) return -1;
  if (domain == Domain.sign) return toSigns(targets, count);
  let bad = firstBeyond(targets, count, 0, domain == Domain.positive ? f32.MAX_VALUE : 1);
  return bad < 0 && domain == Domain.distribution ? firstNotOne(targets, count, n, ROUNDING) : bad;
}
