// expm14(x) = eˣ − 1 = 2ⁿ·q + (2ⁿ − 1) with q = eʳ − 1 from the reduction of exp.ts.
// For n = 0 this is q itself, so tiny x keep their relative accuracy.
// Max relative error: 1.3e-7. Subnormal results may lose a bit; −0 gives 0.

import { LOG2E, ROUND, expm1Reduced, reduce } from "./exp";

/** eˣ − 1 for −86 ≤ x ≤ 0, NaN for NaN. */
// @ts-ignore: decorator
@inline
export function expm1Negative(x: v128): v128 {
  let round = f32x4.splat(ROUND + 127);
  let t = f32x4.add(f32x4.mul(x, f32x4.splat(LOG2E)), round);
  let q = expm1Reduced(reduce(x, f32x4.sub(t, round)));
  let power = i32x4.shl(t, 23);
  return f32x4.add(f32x4.mul(power, q), f32x4.sub(power, f32x4.splat(1)));
}

// @ts-ignore: decorator
@inline
export function expm14(x: v128): v128 {
  // beyond these ends the result is Infinity or −1; a NaN passes both
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-18));
  // h = 2ⁿ⁻¹, since 2ⁿ may be 2¹²⁸; the doubling at the end is exact
  let round = f32x4.splat(ROUND + 126);
  let t = f32x4.add(f32x4.mul(x, f32x4.splat(LOG2E)), round);
  let q = expm1Reduced(reduce(x, f32x4.sub(t, round)));
  let h = i32x4.shl(t, 23);
  let y = f32x4.add(f32x4.mul(h, q), f32x4.sub(h, f32x4.splat(0.5)));
  return f32x4.add(y, y);
}
