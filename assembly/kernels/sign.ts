/** -1, 0 or 1 by the sign of x; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function sign4(x: v128): v128 {
  let one = v128.or(f32x4.splat(1), v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(x, one, v128.or(f32x4.eq(x, f32x4.splat(0)), f32x4.ne(x, x)));
}
