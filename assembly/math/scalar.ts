// Functions of one float64 number, for what is computed once a step or once a row: made to be small, and the same in
// every engine. exp64(x) = 2ᵏ·eʳ, k = round(x·log₂e), by eʳ = 1 + r(1 + r/2(1 + r/3(…))), relative error below 2e-13.
// log64(x) = k·ln 2 + 2·artanh(s), s = (m - 1)/(m + 1) with x = 2ᵏ·m, √½ ≤ m < √2; 2·artanh(s)/s a minimax polynomial in s².
// Relative error below 1e-13. sinTurn(u) = sin 2πu by its series within a quarter of a turn of 0, absolute error below
// 1e-15·(1 + |u|).

const LN2: f64 = 0.6931471805599453;
const HALF_PI: f64 = 1.5707963267948966;
/** The bits of 1 and of √½. */
const ONE: i64 = 0x3ff0000000000000;
const SQRT_HALF: i64 = 0x3fe6a09e667f3bcd;

/** eˣ for x in [-708, 709]; at the ends beyond. */
export function exp64(x: f64): f64 {
  x = max(min(x, 709), -708);
  let k = nearest(x / LN2);
  let r = x - k * LN2;
  let y: f64 = 1;
  for (let i: f64 = 12; i > 0; i--) y = 1 + (y * r) / i;
  return y * reinterpret<f64>(((<i64>k) << 52) + ONE);
}

/** ln x for positive numbers that are not subnormal. */
export function log64(x: f64): f64 {
  let bits = reinterpret<i64>(x);
  let k = (bits - SQRT_HALF) >> 52;
  let m = reinterpret<f64>(bits - (k << 52));
  let s = (m - 1) / (m + 1);
  let z = s * s;
  let p = 0.2857210905204615 + z * (0.2217619430173327 + z * 0.19584055823477392);
  return <f64>k * LN2 + s * (2 + z * (0.666666666757999 + z * (0.399999956225407 + z * p)));
}

/** xʸ for x ≥ 0; 0⁰ = 1, and 0 to any other power is taken as 0. */
export function power64(x: f64, y: f64): f64 {
  return x > 0 ? exp64(y * log64(x)) : y == 0 ? 1 : 0;
}

/** sin 2πu */
export function sinTurn(u: f64): f64 {
  // v counts quarters of a turn, first in [-2, 2], then mirrored at ±1 into [-1, 1]
  let v = 4 * (u - nearest(u));
  if (abs(v) > 1) v = copysign<f64>(2, v) - v;
  let x = v * HALF_PI;
  let z = x * x;
  let y: f64 = 1;
  for (let i: f64 = 20; i > 0; i -= 2) y = 1 - (y * z) / (i * (i + 1));
  return x * y;
}
/** cos 2πu */
export function cosTurn(u: f64): f64 {
  return sinTurn(u + 0.25);
}
