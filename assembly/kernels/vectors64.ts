// Vectors of `n` float64, 8-byte aligned: what the eigen-solver is made of.

/** Byte offset of element `index` of a float64 array. */
// @ts-ignore: decorator
@inline
export function f64At(index: i32): usize {
  return <usize>index << 3;
}

/** a·b */
export function dot64(a: usize, b: usize, n: i32): f64 {
  let even = f64x2.splat(0), odd = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4, a += 32, b += 32) {
    even = f64x2.add(even, f64x2.mul(v128.load(a), v128.load(b)));
    odd = f64x2.add(odd, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  let sum = f64x2.add(even, odd);
  let result = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; i < n; i++, a += 8, b += 8) result += load<f64>(a) * load<f64>(b);
  return result;
}

/** y += s·x */
export function add64(y: usize, s: f64, x: usize, n: i32): void {
  let factor = f64x2.splat(s);
  let i = 0;
  for (; i + 2 <= n; i += 2, x += 16, y += 16) v128.store(y, f64x2.add(v128.load(y), f64x2.mul(factor, v128.load(x))));
  if (i < n) store<f64>(y, load<f64>(y) + s * load<f64>(x));
}

/** y += s·x + t·z */
export function addTwo64(y: usize, s: f64, x: usize, t: f64, z: usize, n: i32): void {
  let p = f64x2.splat(s), q = f64x2.splat(t);
  let i = 0;
  for (; i + 2 <= n; i += 2, x += 16, y += 16, z += 16) {
    let sum = f64x2.add(f64x2.mul(p, v128.load(x)), f64x2.mul(q, v128.load(z)));
    v128.store(y, f64x2.add(v128.load(y), sum));
  }
  if (i < n) store<f64>(y, load<f64>(y) + (s * load<f64>(x) + t * load<f64>(z)));
}

/** a, b = c·a - s·b, s·a + c·b */
export function rotate64(a: usize, b: usize, c: f64, s: f64, n: i32): void {
  let cosine = f64x2.splat(c), sine = f64x2.splat(s);
  let i = 0;
  for (; i + 2 <= n; i += 2, a += 16, b += 16) {
    let x = v128.load(a), y = v128.load(b);
    v128.store(a, f64x2.sub(f64x2.mul(cosine, x), f64x2.mul(sine, y)));
    v128.store(b, f64x2.add(f64x2.mul(sine, x), f64x2.mul(cosine, y)));
  }
  if (i < n) {
    let x = load<f64>(a), y = load<f64>(b);
    store<f64>(a, c * x - s * y);
    store<f64>(b, s * x + c * y);
  }
}

/**
 * The reflection 1 - τ·v·vᵀ that turns x into (±‖x‖, 0, …): v in x's place, τ at `tau`; gives the ±‖x‖. A zero x stays,
 * with τ = 0.
 */
export function reflector64(x: usize, n: i32, tau: usize): f64 {
  let norm = sqrt(dot64(x, x, n));
  let first = load<f64>(x);
  store<f64>(tau, 0);
  if (norm == 0) return 0;
  let target = first > 0 ? -norm : norm;
  store<f64>(x, first - target);
  store<f64>(tau, 1 / (norm * (norm + abs(first))));
  return target;
}
/** y -= τ·(v·y)·v */
export function reflect64(y: usize, v: usize, tau: f64, n: i32): void {
  if (tau != 0) add64(y, -tau * dot64(v, y, n), v, n);
}
