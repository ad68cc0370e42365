// sigmoid4(x) = 1 / (1 + e⁻ˣ), evaluated as 2 / (2 + 2·e⁻ˣ): 2·e⁻ˣ reaches Infinity about where the quotient would be subnormal.
// e⁻ˣ uses the reduction and polynomial of exp.ts. Results below 2⁻¹²⁶·⁵ are 0.
// Max relative error: 1.5e-7.

import { LOG2E, ROUND, expm1Reduced, reduce } from "./exp";

// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  // e⁻¹⁸ vanishes beside 1; at 88 the power 2ⁿ⁺¹ is Infinity and the result 0; a NaN passes both
  let y = f32x4.pmax(f32x4.pmin(f32x4.neg(x), f32x4.splat(88)), f32x4.splat(-18));
  let round = f32x4.splat(ROUND + 128);
  let t = f32x4.add(f32x4.mul(y, f32x4.splat(LOG2E)), round);
  let q = expm1Reduced(reduce(y, f32x4.sub(t, round)));
  let h = f32x4.mul(f32x4.add(f32x4.splat(1), q), i32x4.shl(t, 23));
  let two = f32x4.splat(2);
  return f32x4.div(two, f32x4.add(two, h));
}
