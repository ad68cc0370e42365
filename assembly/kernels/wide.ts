// Sums in float64 over vectors of float32: each product is exact, and the order is that of the loop.

// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1));
}

/** sum + a·b, four products on two lanes of float64. */
// @ts-ignore: decorator
@inline
export function addProducts(sum: v128, a: v128, b: v128): v128 {
  let low = f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  return f64x2.add(sum, f64x2.add(low, f64x2.mul(upper(a), upper(b))));
}

/** sum + a² */
// @ts-ignore: decorator
@inline
export function addSquares(sum: v128, a: v128): v128 {
  let low = f64x2.promote_low_f32x4(a), high = upper(a);
  return f64x2.add(sum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
}

/** sum + |a| */
// @ts-ignore: decorator
@inline
export function addAbsolutes(sum: v128, a: v128): v128 {
  let x = f32x4.abs(a);
  return f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(x), upper(x)));
}

/** The sum of both lanes. */
// @ts-ignore: decorator
@inline
export function total(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** to[i] += a[i], four numbers widened to float64 at `to`. */
// @ts-ignore: decorator
@inline
export function accumulate(to: usize, a: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(a)));
  v128.store(to, f64x2.add(v128.load(to, 16), upper(a)), 16);
}

/** to[i] = a[i] in float64. */
// @ts-ignore: decorator
@inline
export function widen(to: usize, a: v128): void {
  v128.store(to, f64x2.promote_low_f32x4(a));
  v128.store(to, upper(a), 16);
}
