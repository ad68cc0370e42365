// sigmoid4(x) = 1 / (1 + e⁻ˣ), evaluated as ½ / (½ + ½·e⁻ˣ): halving keeps 2ⁿ in range where e⁻ˣ reaches 2¹²⁸.
// e⁻ˣ uses the reduction and polynomial of exp.ts. Results below 2⁻¹²⁸ are 0.
// Max relative error: 1.5e-7.

import { LOG2E, ROUND, expm1Reduced, reduce } from "./exp";

// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  // e⁻¹⁸ vanishes beside 1; at 89.4 the power 2ⁿ⁻¹ is Infinity and the result 0; a NaN passes both
  let y = f32x4.pmax(f32x4.pmin(f32x4.neg(x), f32x4.splat(89.4)), f32x4.splat(-18));
  let round = f32x4.splat(ROUND + 126);
  let t = f32x4.add(f32x4.mul(y, f32x4.splat(LOG2E)), round);
  let q = expm1Reduced(reduce(y, f32x4.sub(t, round)));
  let h = f32x4.mul(f32x4.add(f32x4.splat(1), q), i32x4.shl(t, 23));
  let half = f32x4.splat(0.5);
  return f32x4.div(half, f32x4.add(half, h));
}
