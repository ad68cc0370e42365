// softplus4(x) = ln(1 + eˣ) = max(x, 0) + ln(1 + y) with y = e⁻|ˣ| ∈ (0, 1].
// e⁻|ˣ| as in exp.ts; ln(1 + y) = y + y²·P(y), P a minimax polynomial of degree 7, so large negative x keep
// their relative accuracy. Max relative error: 2.3e-7. Results below 2⁻¹²⁶·⁵ are 0.

import { LOG2E, ROUND, expm1Reduced, reduce } from "./exp";

// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  // at −88.2 the power 2ⁿ has the exponent bits 0, so it is 0; a NaN passes
  let a = f32x4.pmax(v128.or(x, f32x4.splat(-0.0)), f32x4.splat(-88.2));
  let round = f32x4.splat(ROUND + 127);
  let t = f32x4.add(f32x4.mul(a, f32x4.splat(LOG2E)), round);
  let q = expm1Reduced(reduce(a, f32x4.sub(t, round)));
  let y = f32x4.mul(f32x4.add(f32x4.splat(1), q), i32x4.shl(t, 23));

  let z = f32x4.mul(y, y);
  let p01 = f32x4.add(f32x4.splat(-0.49999648332595825), f32x4.mul(y, f32x4.splat(0.33321329951286316)));
  let p23 = f32x4.add(f32x4.splat(-0.24857217073440552), f32x4.mul(y, f32x4.splat(0.1915384829044342)));
  let p45 = f32x4.add(f32x4.splat(-0.13754187524318695), f32x4.mul(y, f32x4.splat(0.07920882850885391)));
  let p67 = f32x4.add(f32x4.splat(-0.030068300664424896), f32x4.mul(y, f32x4.splat(0.005365422461181879)));
  let p47 = f32x4.add(p45, f32x4.mul(z, p67));
  let p = f32x4.add(p01, f32x4.mul(z, f32x4.add(p23, f32x4.mul(z, p47))));
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), f32x4.add(y, f32x4.mul(z, p)));
}
