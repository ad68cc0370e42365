// Whole arrays of parameters, gradients or directions as one vector: `bytes` bytes, whole vectors of four. Sums are in
// float64, product by product.

import { LEAST, flush4 } from "./flush";

/** a·b in float64. */
export function dotFlat(a: usize, b: usize, bytes: usize): f64 {
  let sum = f64x2.splat(0);
  for (let end = a + bytes; a < end; a += 16, b += 16) {
    let x = v128.load(a), y = v128.load(b);
    let low = f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y));
    let xHigh = f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1));
    let yHigh = f64x2.promote_low_f32x4(v128.shuffle<f64>(y, y, 1, 1));
    sum = f64x2.add(sum, f64x2.add(low, f64x2.mul(xHigh, yHigh)));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** a += factor·b */
export function addScaled(a: usize, b: usize, factor: f64, bytes: usize): void {
  let f = f32x4.splat(<f32>factor);
  for (let end = a + bytes; a < end; a += 16, b += 16) {
    v128.store(a, f32x4.add(v128.load(a), f32x4.mul(f, v128.load(b))));
  }
}

/** a *= factor */
export function scaleFlat(a: usize, factor: f64, bytes: usize): void {
  let f = f32x4.splat(<f32>factor);
  for (let end = a + bytes; a < end; a += 16) v128.store(a, f32x4.mul(f, v128.load(a)));
}

/** a = -b */
export function negate(a: usize, b: usize, bytes: usize): void {
  for (let end = a + bytes; a < end; a += 16, b += 16) v128.store(a, f32x4.neg(v128.load(b)));
}

/** max |aᵢ| */
export function largest(a: usize, bytes: usize): f64 {
  let most = f32x4.splat(0);
  for (let end = a + bytes; a < end; a += 16) most = f32x4.max(most, f32x4.abs(v128.load(a)));
  let pair = max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
  return max(pair, max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
}

/** Σ |aᵢ| in float64. */
export function sumAbsolute(a: usize, bytes: usize): f64 {
  let sum = f64x2.splat(0);
  for (let end = a + bytes; a < end; a += 16) {
    let x = f32x4.abs(v128.load(a));
    let high = f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1));
    sum = f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(x), high));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** a += factor·(b - a); what is tiny then is 0. */
export function blend(a: usize, b: usize, factor: f64, bytes: usize): void {
  let f = f32x4.splat(<f32>factor);
  for (let end = a + bytes; a < end; a += 16, b += 16) {
    let x = v128.load(a);
    v128.store(a, flush4(f32x4.add(x, f32x4.mul(f, f32x4.sub(v128.load(b), x))), LEAST));
  }
}
