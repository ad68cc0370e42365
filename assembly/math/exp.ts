// exp4(x) = eˣ = 2ⁿ·eʳ with n = round(x·log₂e) and r = x − n·ln 2, |r| ≤ ln 2 / 2.
// eʳ = 1 + r + r²·P(r), P a minimax polynomial of degree 4. Adding 1.5·2²³ + bias rounds to an integer and
// leaves it in the low mantissa bits, from where a shift makes it an exponent.
// Max relative error: 8.6e-8. Overflow gives Infinity, results below 2⁻¹²⁶ are 0.

export const LOG2E: f32 = 1.44269504;
/** ln 2 = LN2_HI + LN2_LO; LN2_HI has 15 bits, so n·LN2_HI is exact for |n| ≤ 2⁸. */
export const LN2_HI: f32 = 0.693145751953125;
export const LN2_LO: f32 = 1.42860682e-6;
/** 1.5·2²³: a float near it has a unit of 1. */
export const ROUND: f32 = 12582912;

/** eʳ − 1 for |r| ≤ ln 2 / 2. */
// @ts-ignore: decorator
@inline
export function expm1Reduced(r: v128): v128 {
  let z = f32x4.mul(r, r);
  let p01 = f32x4.add(f32x4.splat(0.5), f32x4.mul(r, f32x4.splat(0.1666654795408249)));
  let p23 = f32x4.add(f32x4.splat(0.04166682809591293), f32x4.mul(r, f32x4.splat(0.008366111665964127)));
  let p24 = f32x4.add(p23, f32x4.mul(z, f32x4.splat(0.0013900425983592868)));
  return f32x4.add(r, f32x4.mul(z, f32x4.add(p01, f32x4.mul(z, p24))));
}

/** x − n·ln 2 in two steps, the first of them exact. */
// @ts-ignore: decorator
@inline
export function reduce(x: v128, n: v128): v128 {
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HI)));
  return f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LO)));
}

/** −126·ln 2, rounded up. */
const LOWEST: f32 = -87.33654;

// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  return expFrom4(x, f32x4.splat(LOWEST));
}

/** eˣ, 0 for x below `least`, which is −126·ln 2 or more. */
// @ts-ignore: decorator
@inline
export function expFrom4(x: v128, least: v128): v128 {
  let none = f32x4.lt(x, least);
  // beyond these ends the result is Infinity or 0; a NaN passes both
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), least);
  let round = f32x4.splat(ROUND + 254);
  let t = f32x4.add(f32x4.mul(x, f32x4.splat(LOG2E)), round);
  let q = expm1Reduced(reduce(x, f32x4.sub(t, round)));
  // 2ⁿ as a product of two powers, for n runs from −126 to 128: (n + 254) >> 1 = 127 + (n >> 1)
  let half = i32x4.shr_s(t, 1);
  let y = f32x4.mul(f32x4.add(f32x4.splat(1), q), i32x4.shl(half, 23));
  return v128.andnot(f32x4.mul(y, i32x4.shl(i32x4.sub(t, half), 23)), none);
}
