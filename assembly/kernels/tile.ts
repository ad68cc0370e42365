// The one micro-kernel of all three GEMM forms: strips of ROWS weights (or gradients) times a panel of 8 lanes.
//   strip: [tiles][count][ROWS], `stripBytes` a tile   panel: [count][8]   c: [tiles][ROWS] rows of 8, `ldc` bytes apart
// Each sum runs over `count` in order, from `c` when `resume`, else from the bias (ROWS a tile at `b`) or zero.
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
function kernel(ROWS: i32, tiles: i32, strip: usize, stripBytes: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  do {
    let zero = f32x4.splat(0);
    let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
    let c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
    if (resume) {
      let from = c;
      c00 = v128.load(from); c01 = v128.load(from, 16);
      if (ROWS > 1) { from += ldc; c10 = v128.load(from); c11 = v128.load(from, 16); }
      if (ROWS > 2) { from += ldc; c20 = v128.load(from); c21 = v128.load(from, 16); }
      if (ROWS > 3) { from += ldc; c30 = v128.load(from); c31 = v128.load(from, 16); }
      if (ROWS > 4) { from += ldc; c40 = v128.load(from); c41 = v128.load(from, 16); }
      if (ROWS > 5) { from += ldc; c50 = v128.load(from); c51 = v128.load(from, 16); }
    } else if (b) {
      c00 = c01 = v128.load_splat<f32>(b);
      if (ROWS > 1) c10 = c11 = v128.load_splat<f32>(b, 4);
      if (ROWS > 2) c20 = c21 = v128.load_splat<f32>(b, 8);
      if (ROWS > 3) c30 = c31 = v128.load_splat<f32>(b, 12);
      if (ROWS > 4) c40 = c41 = v128.load_splat<f32>(b, 16);
      if (ROWS > 5) c50 = c51 = v128.load_splat<f32>(b, 20);
    }
    let at = panel, s = strip;
    let end = panel + (<usize>count << 5);
    // New engines unroll by themselves. For the others two steps with a way out between them: without it Binaryen gathers
    // both steps' loads at the top, more than there are registers for.
    let pairs = ROWS == 4 && !ASC_FEATURE_RELAXED_SIMD;
    let last = end - 32;
    while (true) {
      let b0 = v128.load(at), b1 = v128.load(at, 16);
      let a = v128.load_splat<f32>(s);
      c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      if (ROWS > 1) { a = v128.load_splat<f32>(s, 4); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); }
      if (ROWS > 2) { a = v128.load_splat<f32>(s, 8); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); }
      if (ROWS > 3) { a = v128.load_splat<f32>(s, 12); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); }
      if (ROWS > 4) { a = v128.load_splat<f32>(s, 16); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); }
      if (ROWS > 5) { a = v128.load_splat<f32>(s, 20); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); }
      if (pairs) {
        if (at == last) break;
        b0 = v128.load(at, 32);
        b1 = v128.load(at, 48);
        a = v128.load_splat<f32>(s, 16); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
        a = v128.load_splat<f32>(s, 20); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
        a = v128.load_splat<f32>(s, 24); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
        a = v128.load_splat<f32>(s, 28); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
      }
      s += ROWS << (pairs ? 3 : 2);
      at += pairs ? 64 : 32;
      if (at >= end) break;
    }
    let row = c;
    v128.store(row, c00); v128.store(row, c01, 16);
    if (ROWS > 1) { row += ldc; v128.store(row, c10); v128.store(row, c11, 16); }
    if (ROWS > 2) { row += ldc; v128.store(row, c20); v128.store(row, c21, 16); }
    if (ROWS > 3) { row += ldc; v128.store(row, c30); v128.store(row, c31, 16); }
    if (ROWS > 4) { row += ldc; v128.store(row, c40); v128.store(row, c41, 16); }
    if (ROWS > 5) { row += ldc; v128.store(row, c50); v128.store(row, c51, 16); }
    strip += stripBytes;
    c += <usize>ROWS * ldc;
    if (b) b += ROWS << 2;
  } while (--tiles);
}

function kernel1(tiles: i32, strip: usize, stripBytes: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(1, tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
}
function kernel2(tiles: i32, strip: usize, stripBytes: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(2, tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
}
function kernel3(tiles: i32, strip: usize, stripBytes: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(3, tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
}
function kernel4(tiles: i32, strip: usize, stripBytes: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(4, tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
}
function kernel5(tiles: i32, strip: usize, stripBytes: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(5, tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
}
function kernel6(tiles: i32, strip: usize, stripBytes: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  kernel(6, tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
}

/** Computes `tiles` tiles, at least one, of `rows` (1 to tileRows()) rows each, one behind the other. */
// @ts-ignore: decorator
@inline
export function tilesOfRows(rows: i32, tiles: i32, strip: usize, stripBytes: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  switch (rows) {
    case 1: return kernel1(tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
    case 2: return kernel2(tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
    case 3: return kernel3(tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
    case 4: return kernel4(tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
    case 5: return kernel5(tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
    case 6: if (TALLEST == 6) return kernel6(tiles, strip, stripBytes, panel, count, b, c, ldc, resume);
  }
}
