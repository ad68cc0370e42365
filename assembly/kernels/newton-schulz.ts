// A matrix made nearly orthogonal: UΣVᵀ becomes UΣ'Vᵀ with Σ' near 1, by the quintic Newton-Schulz iteration
//   X ← aX + (bA + cA²)X,  A = XXᵀ,  a, b, c = 3.4445, -4.7750, 2.0315, from X/(‖X‖ + 1e-7) on
// whose slope at 0 is steep rather than whose limit is exact: five steps bring singular values from 0.01 to 1 into
// [0.68, 1.14]. Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein 2024.
import { scaleFlat } from "./flat";
import { f32At } from "./simd";
import { multiply, transpose, MATRIX_SCRATCH } from "./matrix";

const A: f64 = 3.4445;
const B: f32 = -4.775;
const C: f32 = 2.0315;

function padded(count: i32): usize {
  return (f32At(count) + 15) & ~15;
}
/** Bytes of room for a matrix of this shape. */
export function orthogonalizeBytes(rows: i32, columns: i32): f64 {
  let n = <f64>min(rows, columns);
  return 8 * (<f64>rows * columns + n * n) + <f64>MATRIX_SCRATCH + 48; // four matrices, each padded to whole vectors
}

/** x [rows][columns], with zeros to the next whole vector, in place; `norm` is its Frobenius norm. */
export function orthogonalize(x: usize, rows: i32, columns: i32, norm: f64, steps: i32, work: usize): void {
  let bytes = padded(rows * columns);
  // What 1e-7 makes that small stays small; its Gram matrix would be subnormal.
  if (norm < 1e-16) return memory.fill(x, 0, bytes);
  scaleFlat(x, 1 / (norm + 1e-7), bytes);
  // The Gram matrix is the smaller one of the two.
  let tall = rows > columns;
  let n = tall ? columns : rows, k = tall ? rows : columns;
  let from = work, to = from + bytes, gram = to + bytes, square = gram + padded(n * n);
  let scratch = square + padded(n * n);
  memory.fill(from, 0, bytes);
  if (tall) transpose(from, x, rows, columns);
  else memory.copy(from, x, bytes);
  for (let step = 0; step < steps; step++) {
    multiply(gram, from, from, n, n, k, false, true, false, scratch);
    multiply(square, gram, gram, n, n, n, false, false, false, scratch);
    combine(square, gram, B, C, padded(n * n));
    memory.copy(to, from, bytes);
    scaleFlat(to, A, bytes);
    multiply(to, square, from, n, k, n, false, false, true, scratch);
    let other = from;
    from = to;
    to = other;
  }
  if (tall) transpose(x, from, columns, rows);
  else memory.copy(x, from, bytes);
}

/** to = b·from + c·to */
function combine(to: usize, from: usize, b: f32, c: f32, bytes: usize): void {
  let p = f32x4.splat(b), q = f32x4.splat(c);
  for (let end = to + bytes; to < end; to += 16, from += 16) {
    v128.store(to, f32x4.add(f32x4.mul(p, v128.load(from)), f32x4.mul(q, v128.load(to))));
  }
}
