// Σ xᵢ·xⱼ over the rows of a float32 matrix, in float64 and symmetric to the bit.
import { f32At } from "./simd";
import { f64At, dot64 } from "./vectors64";
import { widen } from "./wide";

/** Bytes of room for `rows` rows in float64, each padded to whole vectors of four. */
export function gramBytes(rows: i32, columns: i32): f64 {
  return <f64>rows * ((columns + 3) & ~3) * 8;
}

/** out = keep·out + take·x·xᵀ, out f64 [rows][rows], x f32 [rows][columns]. */
export function gram(out: usize, x: usize, rows: i32, columns: i32, keep: f64, take: f64, work: usize): void {
  let width = (columns + 3) & ~3;
  for (let i = 0; i < rows; i++) widenRow(work + f64At(i * width), x + f32At(i * columns), columns);
  for (let i = 0; i < rows; i++) {
    let a = work + f64At(i * width);
    let j = i;
    for (; j + 4 <= rows; j += 4) dotFour(out, a, work + f64At(j * width), i, j, rows, width, keep, take);
    for (; j < rows; j++) blend(out, i, j, rows, dot64(a, work + f64At(j * width), width), keep, take);
  }
}

function widenRow(to: usize, x: usize, columns: i32): void {
  let j = 0;
  for (; j + 4 <= columns; j += 4) widen(to + f64At(j), v128.load(x + f32At(j)));
  if (j == columns) return;
  memory.fill(to + f64At(j), 0, 32);
  for (; j < columns; j++) store<f64>(to + f64At(j), load<f32>(x + f32At(j)));
}

/** The products of row i at `a` with rows j to j + 3 at `b`, summed as dot64 does. */
function dotFour(out: usize, a: usize, b: usize, i: i32, j: i32, rows: i32, width: i32, keep: f64, take: f64): void {
  let ld = f64At(width);
  let b1 = b + ld, b2 = b1 + ld, b3 = b2 + ld;
  let zero = f64x2.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
  for (let at: usize = 0; at < ld; at += 32) {
    let even = v128.load(a + at), odd = v128.load(a + at, 16);
    s0 = f64x2.add(s0, f64x2.mul(even, v128.load(b + at)));
    t0 = f64x2.add(t0, f64x2.mul(odd, v128.load(b + at, 16)));
    s1 = f64x2.add(s1, f64x2.mul(even, v128.load(b1 + at)));
    t1 = f64x2.add(t1, f64x2.mul(odd, v128.load(b1 + at, 16)));
    s2 = f64x2.add(s2, f64x2.mul(even, v128.load(b2 + at)));
    t2 = f64x2.add(t2, f64x2.mul(odd, v128.load(b2 + at, 16)));
    s3 = f64x2.add(s3, f64x2.mul(even, v128.load(b3 + at)));
    t3 = f64x2.add(t3, f64x2.mul(odd, v128.load(b3 + at, 16)));
  }
  blend(out, i, j, rows, both(s0, t0), keep, take);
  blend(out, i, j + 1, rows, both(s1, t1), keep, take);
  blend(out, i, j + 2, rows, both(s2, t2), keep, take);
  blend(out, i, j + 3, rows, both(s3, t3), keep, take);
}
function both(even: v128, odd: v128): f64 {
  let sum = f64x2.add(even, odd);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
/** Both places of a symmetric pair. */
function blend(out: usize, i: i32, j: i32, rows: i32, product: f64, keep: f64, take: f64): void {
  let value = keep * load<f64>(out + f64At(i * rows + j)) + take * product;
  store<f64>(out + f64At(i * rows + j), value);
  store<f64>(out + f64At(j * rows + i), value);
}
