// The one micro-kernel of all three GEMM forms: a strip of ROWS weights (or gradients) times a panel of 8 lanes.
//   strip: [count][ROWS]   panel: [count][8]   c: ROWS rows of 8, `ldc` bytes apart
// Each sum runs over `count` in order, from `c` when `resume`, else from the bias (ROWS of them at `b`) or zero.
import { madd } from "./simd";

/** Rows that a tile has at most, in any engine. */
export const TALLEST: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
/** Rows of a strict tile: the product needs a register of its own, and old engines waste more of them. */
let strictRows: i32 = 4;

/** Rows of a tile. V8's 15 registers hold 6 x 8 with FMA and 5 x 8 without; before it knew FMA, 4 x 8. No sum depends on it. */
// @ts-ignore: decorator
@inline
export function tileRows(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 6 : strictRows;
}
/** For engines that allocate registers well: taller tiles. Every thread's instance needs the call before it works. */
export function tallTiles(tall: bool): void {
  strictRows = tall ? 5 : 4;
}

// @ts-ignore: decorator
@inline
function kernel(ROWS: i32, strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  let zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
  let c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
  if (resume) {
    let row = c;
    c00 = v128.load(row); c01 = v128.load(row, 16);
    if (ROWS > 1) { row += ldc; c10 = v128.load(row); c11 = v128.load(row, 16); }
    if (ROWS > 2) { row += ldc; c20 = v128.load(row); c21 = v128.load(row, 16); }
    if (ROWS > 3) { row += ldc; c30 = v128.load(row); c31 = v128.load(row, 16); }
    if (ROWS > 4) { row += ldc; c40 = v128.load(row); c41 = v128.load(row, 16); }
    if (ROWS > 5) { row += ldc; c50 = v128.load(row); c51 = v128.load(row, 16); }
  } else if (b) {
    c00 = c01 = v128.load_splat<f32>(b);
    if (ROWS > 1) c10 = c11 = v128.load_splat<f32>(b, 4);
    if (ROWS > 2) c20 = c21 = v128.load_splat<f32>(b, 8);
    if (ROWS > 3) c30 = c31 = v128.load_splat<f32>(b, 12);
    if (ROWS > 4) c40 = c41 = v128.load_splat<f32>(b, 16);
    if (ROWS > 5) c50 = c51 = v128.load_splat<f32>(b, 20);
  }
  let end = panel + (<usize>count << 5);
  // New engines unroll by themselves. For the others two steps with a way out between them: without it Binaryen gathers
  // both steps' loads at the top, more than there are registers for.
  let pairs = ROWS == 4 && !ASC_FEATURE_RELAXED_SIMD;
  let last = end - 32;
  while (true) {
    let b0 = v128.load(panel), b1 = v128.load(panel, 16);
    let a = v128.load_splat<f32>(strip);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    if (ROWS > 1) { a = v128.load_splat<f32>(strip, 4); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); }
    if (ROWS > 2) { a = v128.load_splat<f32>(strip, 8); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); }
    if (ROWS > 3) { a = v128.load_splat<f32>(strip, 12); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); }
    if (ROWS > 4) { a = v128.load_splat<f32>(strip, 16); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); }
    if (ROWS > 5) { a = v128.load_splat<f32>(strip, 20); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); }
    if (pairs) {
      if (panel == last) break;
      b0 = v128.load(panel, 32);
      b1 = v128.load(panel, 48);
      a = v128.load_splat<f32>(strip, 16); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      a = v128.load_splat<f32>(strip, 20); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
      a = v128.load_splat<f32>(strip, 24); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
      a = v128.load_splat<f32>(strip, 28); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    }
    strip += ROWS << (pairs ? 3 : 2);
    panel += pairs ? 64 : 32;
    if (panel >= end) break;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  if (ROWS > 1) { c += ldc; v128.store(c, c10); v128.store(c, c11, 16); }
  if (ROWS > 2) { c += ldc; v128.store(c, c20); v128.store(c, c21, 16); }
  if (ROWS > 3) { c += ldc; v128.store(c, c30); v128.store(c, c31, 16); }
  if (ROWS > 4) { c += ldc; v128.store(c, c40); v128.store(c, c41, 16); }
  if (ROWS > 5) { c += ldc; v128.store(c, c50); v128.store(c, c51, 16); }
}

function kernel1(strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(1, strip, panel, count, b, c, ldc, resume);
}
function kernel2(strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(2, strip, panel, count, b, c, ldc, resume);
}
function kernel3(strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(3, strip, panel, count, b, c, ldc, resume);
}
function kernel4(strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(4, strip, panel, count, b, c, ldc, resume);
}
function kernel5(strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(5, strip, panel, count, b, c, ldc, resume);
}
function kernel6(strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(6, strip, panel, count, b, c, ldc, resume);
}

/** Computes `rows` (1 to tileRows()) rows of one tile. */
// @ts-ignore: decorator
@inline
export function tile(rows: i32, strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  switch (rows) {
    case 1: return kernel1(strip, panel, count, b, c, ldc, resume);
    case 2: return kernel2(strip, panel, count, b, c, ldc, resume);
    case 3: return kernel3(strip, panel, count, b, c, ldc, resume);
    case 4: return kernel4(strip, panel, count, b, c, ldc, resume);
    case 5: return kernel5(strip, panel, count, b, c, ldc, resume);
    case 6: if (TALLEST == 6) return kernel6(strip, panel, count, b, c, ldc, resume);
  }
}
