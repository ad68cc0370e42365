// log4(x) = ln x = k·ln 2 + ln(1 + f) with x = 2ᵏ·(1 + f), √½ ≤ 1 + f < √2.
// ln(1 + f) = f + f²·(f·P(f) − ½), P a minimax polynomial of degree 6. Max relative error: 1.1e-7.
// log1p4(x) = ln(1 + x): the same with u = fl(1 + x) for x; c = x − (u − 1), what the sum lost, joins f
// as c·2⁻ᵏ. For k = 0 then f = x exactly, so tiny x keep their relative accuracy. Max relative error: 1.5e-7.
// log4(±0) = log1p4(−1) = −Infinity; smaller arguments give NaN; log1p4(−0) = 0.

import { LN2_HI, LN2_LO } from "./exp";

const SQRT_HALF: i32 = 0x3f3504f3;
const ONE: i32 = 0x3f800000;

/** k·ln 2 + ln(1 + f) */
// @ts-ignore: decorator
@inline
function logReduced(k: v128, f: v128): v128 {
  let z = f32x4.mul(f, f);
  let p01 = f32x4.add(f32x4.splat(0.333339124917984), f32x4.mul(f, f32x4.splat(-0.2500133514404297)));
  let p23 = f32x4.add(f32x4.splat(0.19962985813617706), f32x4.mul(f, f32x4.splat(-0.16577604413032532)));
  let p45 = f32x4.add(f32x4.splat(0.14915695786476135), f32x4.mul(f, f32x4.splat(-0.1426767110824585)));
  let p46 = f32x4.add(p45, f32x4.mul(z, f32x4.splat(0.08697804808616638)));
  let p = f32x4.add(p01, f32x4.mul(z, f32x4.add(p23, f32x4.mul(z, p46))));
  let tail = f32x4.mul(z, f32x4.sub(f32x4.mul(f, p), f32x4.splat(0.5)));
  // small terms first
  tail = f32x4.add(tail, f32x4.mul(k, f32x4.splat(LN2_LO)));
  return f32x4.add(f32x4.mul(k, f32x4.splat(LN2_HI)), f32x4.add(f, tail));
}

/** k made −Infinity, Infinity or NaN where ln x is; f stays finite, so the sum follows k. */
// @ts-ignore: decorator
@inline
function withSpecials(k: v128, x: v128): v128 {
  let zero = f32x4.splat(0);
  let infinity = f32x4.splat(Infinity);
  k = f32x4.sub(k, v128.and(f32x4.eq(x, zero), infinity));
  k = f32x4.add(k, v128.and(f32x4.eq(x, infinity), infinity));
  return v128.or(k, v128.not(f32x4.ge(x, zero)));
}

// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  // subnormal numbers are scaled by 2²³ into the normal range
  let tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  let m = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  let k = i32x4.shr_s(i32x4.sub(m, i32x4.splat(SQRT_HALF)), 23);
  let f = f32x4.sub(i32x4.sub(m, i32x4.shl(k, 23)), f32x4.splat(1));
  k = i32x4.sub(k, v128.and(tiny, i32x4.splat(23)));
  return logReduced(withSpecials(f32x4.convert_i32x4_s(k), x), f);
}

// @ts-ignore: decorator
@inline
export function log1p4(x: v128): v128 {
  let one = f32x4.splat(1);
  let u = f32x4.add(one, x);
  // x = Infinity makes the difference NaN; pmin turns that into 1, so f stays finite
  let c = f32x4.pmin(one, f32x4.sub(x, f32x4.sub(u, one)));
  let k = i32x4.shr_s(i32x4.sub(u, i32x4.splat(SQRT_HALF)), 23);
  let shift = i32x4.shl(k, 23);
  // 2⁻ᵏ; past k = 126, where it would be subnormal, c is 0 anyway
  let scale = i32x4.sub(i32x4.splat(ONE), i32x4.min_s(shift, i32x4.splat(126 << 23)));
  let f = f32x4.add(f32x4.sub(i32x4.sub(u, shift), one), f32x4.mul(c, scale));
  return logReduced(withSpecials(f32x4.convert_i32x4_s(k), u), f);
}
