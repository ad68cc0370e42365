// erf4(x) = −sign(x)·(e^L − 1), L = ln erfc|x| as |x| times a minimax polynomial of degree 7 on [0, 4]: e^L − 1 keeps
// the relative accuracy of tiny x and reaches −1 for large |x|. Max relative error: 2.3e-7.
// erfc4(x) = s·e^(−high − low). For 0 ≤ x < 1.05 s = 1 and high = −ln erfc x, a polynomial of degree 6; above,
// high + low = x² in two parts, so the far tail keeps its relative accuracy, and s = erfc(x)·e^(x²), a polynomial of
// degree 8 in w = 1 / (x + ¾). Negative x: 2 − erfc(−x). Max relative error: 2.9e-7. Results below 2⁻¹²⁶ may be 0.

import { LN2_HI, LN2_LO, LOG2E, ROUND, expm1Reduced } from "./exp";
import { expm1Negative } from "./expm1";

/** c + x·p */
// @ts-ignore: decorator
@inline
function horner(p: v128, x: v128, c: f32): v128 {
  return f32x4.add(f32x4.splat(c), f32x4.mul(x, p));
}

// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  // past 4 the result is ±1; a NaN passes
  let a = f32x4.pmin(f32x4.abs(x), f32x4.splat(4));
  let p = horner(f32x4.splat(-3.4940418e-5), a, 3.4409237559884787e-4);
  p = horner(p, a, -0.0011624223552644253);
  p = horner(p, a, -3.085523785557598e-4);
  p = horner(p, a, 0.019379764795303345);
  p = horner(p, a, -0.1028292328119278);
  p = horner(p, a, -0.6366151571273804);
  p = horner(p, a, -1.128379225730896);
  return v128.bitselect(x, expm1Negative(f32x4.mul(a, p)), f32x4.splat(-0.0));
}

// @ts-ignore: decorator
@inline
export function erfc4(x: v128): v128 {
  // at 9.39 the power 2ⁿ has the exponent bits 0, so it is 0; a NaN passes
  let a = f32x4.pmin(f32x4.abs(x), f32x4.splat(9.39));
  let small = f32x4.lt(a, f32x4.splat(1.05));
  let p = horner(f32x4.splat(1.929274876601994e-4), a, 0.0015694262692704797);
  p = horner(p, a, -0.02023756504058838);
  p = horner(p, a, 0.1031339168548584);
  p = horner(p, a, 0.6365647912025452);
  p = f32x4.mul(a, horner(p, a, 1.1283819675445557));

  let w = f32x4.div(f32x4.splat(1), f32x4.add(a, f32x4.splat(0.75)));
  let s = horner(f32x4.splat(0.7983336448669434), w, -2.28418231010437);
  s = horner(s, w, 2.4647932052612305);
  s = horner(s, w, -0.905296266078949);
  s = horner(s, w, -0.3024177849292755);
  s = horner(s, w, 0.025807635858654976);
  s = horner(s, w, 0.4236554205417633);
  s = f32x4.mul(w, horner(s, w, 0.5641780495643616));

  // the exponent is −(high + low): a² = h² + (a − h)·(a + h) with h the upper 12 bits of a, so h² is exact
  let h = v128.and(i32x4.add(f32x4.pmax(a, f32x4.splat(1)), i32x4.splat(0x800)), i32x4.splat(0xfffff000));
  let high = v128.bitselect(p, f32x4.mul(h, h), small);
  let low = v128.andnot(f32x4.mul(f32x4.sub(a, h), f32x4.add(a, h)), small);
  s = v128.bitselect(f32x4.splat(1), s, small);
  let round = f32x4.splat(ROUND + 127);
  let t = f32x4.sub(round, f32x4.mul(f32x4.add(high, low), f32x4.splat(LOG2E)));
  let n = f32x4.sub(t, round);
  // the large terms cancel exactly, the small ones follow
  let r = f32x4.add(high, f32x4.mul(n, f32x4.splat(LN2_HI)));
  r = f32x4.neg(f32x4.add(r, f32x4.add(low, f32x4.mul(n, f32x4.splat(LN2_LO)))));
  // s·eʳ as s + s·(eʳ − 1), one rounding less
  let y = f32x4.add(s, f32x4.mul(s, expm1Reduced(r)));
  y = f32x4.mul(y, i32x4.shl(t, 23));
  return v128.bitselect(f32x4.sub(f32x4.splat(2), y), y, i32x4.shr_s(x, 31));
}
