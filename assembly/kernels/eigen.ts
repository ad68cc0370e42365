// Eigenvectors of a symmetric matrix in float64: reflections to a tridiagonal one, then implicit QL with Wilkinson's
// shift, as in Bowdler, Martin, Reinsch, Wilkinson 1968. And the orthonormal factor of QR, by reflections too.
// Matrices are [n][n], row-major; vectors come as rows.
import { f64At, dot64, addTwo64, rotate64, reflector64, reflect64 } from "./vectors64";

/** QL iterations for one eigenvalue; more are not needed unless something is not finite. */
const MOST: i32 = 50;

/** Bytes of room for either of them beside the two matrices. */
export function eigenBytes(n: i32): usize {
  return 3 * f64At(n);
}

/** The eigenvectors of `a`, which is overwritten, as rows of `e`, and their eigenvalues f64 [n] at `work`, unsorted. */
export function eigenvectors(e: usize, a: usize, n: i32, work: usize): void {
  let d = work, off = d + f64At(n), taus = off + f64At(n);
  tridiagonalize(e, a, n, d, off, taus);
  for (let l = 0; l < n; l++) {
    for (let round = 0; round < MOST; round++) {
      let m = l;
      for (; m + 1 < n; m++) {
        let size = abs(load<f64>(d + f64At(m))) + abs(load<f64>(d + f64At(m + 1)));
        if (!(abs(load<f64>(off + f64At(m))) > f64.EPSILON * size)) break; // NaN ends here too
      }
      if (m == l) break;
      chase(e, n, l, m, d, off);
    }
  }
}

/** One QL sweep over rows l to m of the tridiagonal matrix; turns the rows of `e` along. */
function chase(e: usize, n: i32, l: i32, m: i32, d: usize, off: usize): void {
  let first = load<f64>(d + f64At(l)), coupling = load<f64>(off + f64At(l));
  let half = (load<f64>(d + f64At(l + 1)) - first) / (2 * coupling);
  let root = hypot(half, 1);
  let g = load<f64>(d + f64At(m)) - first + coupling / (half + (half >= 0 ? root : -root));
  let s: f64 = 1, c: f64 = 1, shift: f64 = 0;
  for (let i = m - 1; i >= l; i--) {
    let at = f64At(i);
    let f = s * load<f64>(off + at), b = c * load<f64>(off + at);
    let r = hypot(f, g);
    store<f64>(off + at, r, 8);
    if (r == 0) {
      // The matrix falls apart here.
      store<f64>(d + at, load<f64>(d + at, 8) - shift, 8);
      store<f64>(off + f64At(m), 0);
      return;
    }
    s = f / r;
    c = g / r;
    g = load<f64>(d + at, 8) - shift;
    r = (load<f64>(d + at) - g) * s + 2 * c * b;
    shift = s * r;
    store<f64>(d + at, g + shift, 8);
    g = c * r - b;
    rotate64(e + at * n, e + at * n + f64At(n), c, s, n);
  }
  store<f64>(d + f64At(l), first - shift);
  store<f64>(off + f64At(l), g);
  store<f64>(off + f64At(m), 0);
}

/** √(a² + b²) */
function hypot(a: f64, b: f64): f64 {
  let x = max(abs(a), abs(b)), y = min(abs(a), abs(b));
  if (x == 0) return 0;
  let ratio = y / x;
  return x * sqrt(1 + ratio * ratio);
}

/** a = Q·T·Qᵀ: T's diagonal at `d`, its other entries from `off` on, Qᵀ at `e`. */
function tridiagonalize(e: usize, a: usize, n: i32, d: usize, off: usize, taus: usize): void {
  for (let k = 0; k < n; k++) {
    let row = a + f64At(k * n + k);
    store<f64>(d + f64At(k), load<f64>(row));
    store<f64>(off + f64At(k), 0);
    if (k + 1 == n) break;
    // The row from the diagonal on is the column: it becomes v, and the rest S - v·pᵀ - p·vᵀ, p = q - τ/2·(vᵀq)·v, q = τSv.
    let v = row + 8, length = n - k - 1;
    let rest = a + f64At((k + 1) * n + k + 1);
    let tau = taus + f64At(k), p = off + f64At(k + 1);
    store<f64>(off + f64At(k), reflector64(v, length, tau));
    let t = load<f64>(tau);
    if (t == 0) continue;
    // p stands where later entries of `off` will.
    for (let i = 0; i < length; i++) store<f64>(p + f64At(i), t * dot64(rest + f64At(i * n), v, length));
    let half = (-t / 2) * dot64(p, v, length);
    for (let i = 0; i < length; i++) {
      let at = p + f64At(i);
      store<f64>(at, load<f64>(at) + half * load<f64>(v + f64At(i)));
    }
    for (let i = 0; i < length; i++) {
      addTwo64(rest + f64At(i * n), -load<f64>(v + f64At(i)), p, -load<f64>(p + f64At(i)), v, length);
    }
  }
  // Qᵀ = H₍ₙ₋₂₎ … H₀: from the last reflection on, each of which leaves the rows and columns before its own alone.
  identity(e, n);
  for (let k = n - 2; k >= 0; k--) {
    let v = a + f64At(k * n + k + 1), t = load<f64>(taus + f64At(k));
    for (let i = k + 1; i < n; i++) reflect64(e + f64At(i * n + k + 1), v, t, n - k - 1);
  }
}

/** From n vectors, the rows of `a` in the order of `order` (i32 [n]), overwritten, orthonormal rows at `q` in that order. */
export function orthonormalize(q: usize, a: usize, order: usize, n: i32, work: usize): void {
  for (let k = 0; k < n; k++) {
    let v = ordered(a, order, k, n) + f64At(k), tau = work + f64At(k);
    reflector64(v, n - k, tau);
    for (let j = k + 1; j < n; j++) reflect64(ordered(a, order, j, n) + f64At(k), v, load<f64>(tau), n - k);
  }
  identity(q, n);
  for (let k = n - 1; k >= 0; k--) {
    let v = ordered(a, order, k, n) + f64At(k), tau = load<f64>(work + f64At(k));
    for (let j = k; j < n; j++) reflect64(q + f64At(j * n + k), v, tau, n - k);
  }
}
function ordered(a: usize, order: usize, k: i32, n: i32): usize {
  return a + f64At(load<i32>(order + (<usize>k << 2)) * n);
}
function identity(e: usize, n: i32): void {
  memory.fill(e, 0, f64At(n * n));
  for (let i = 0; i < n; i++) store<f64>(e + f64At(i * n + i), 1);
}

/** order[0..n): the positions of the values, the largest first; of equal ones the earlier. */
export function descending(order: usize, values: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    let value = load<f64>(values + f64At(i));
    let j = i;
    for (; j > 0; j--) {
      let before = load<i32>(order + (<usize>(j - 1) << 2));
      if (!(load<f64>(values + f64At(before)) < value)) break;
      store<i32>(order + (<usize>j << 2), before);
    }
    store<i32>(order + (<usize>j << 2), i);
  }
}
