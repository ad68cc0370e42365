// The three GEMMs of training, m samples, n outputs, k inputs. Panels (lanes side by side) make packing a matter of
// strips, and every sum runs in one order however the tiles are shared out.
//   x: sample panels [⌈m/8⌉][k][8]    xt: feature panels [⌈k/8⌉][8⌈m/8⌉][8]    w, dw: [n][k] row-major    b: [n] or 0
//   forward  y = x·wᵀ + b   [⌈m/8⌉][n][8]   rows = outputs, sums over inputs
//   input    dx = dy·w      [⌈m/8⌉][k][8]   rows = inputs,  sums over outputs
//   weight   dw = dyᵀ·x     [n][k]          rows = outputs, sums over samples
// `from` and `to` count tiles of at most tileRows() rows; `scratch` holds SCRATCH bytes and belongs to the caller's thread.
import { f32At, rowAt, ROW, LANES } from "./simd";
import { tilesOfRows, tileRows, TALLEST } from "./tile";
import { packRows, packSamples, SPILL } from "./pack";

/** Terms of a sum in one block: a panel's block (8 KB) stays in L1 while the strips stream past. */
const DEPTH: i32 = 256;
/** Strips packed at a time: 64 to 96 KB, in L2 for every panel. */
const STRIPS: i32 = 16;
const STRIP_BYTES: usize = <usize>STRIPS * (TALLEST * DEPTH * 4 + SPILL);
/** Bytes of scratch that each GEMM needs: the packed strips and one tile for ragged edges. */
export const SCRATCH: usize = (STRIP_BYTES + <usize>TALLEST * ROW + 63) & ~63;

/** ⌈rows / tileRows()⌉: the units of work that `from` and `to` count. */
export function tilesOf(rows: i32): i32 {
  return (rows + tileRows() - 1) / tileRows();
}

/** The first row of a tile. */
export function tileRow(t: i32, rows: i32): i32 {
  let tiles = tilesOf(rows);
  return firstRow(t, rows / tiles, rows % tiles);
}
/** Tiles share the rows evenly, the first `taller` with one more: 10 outputs are 4 + 3 + 3, as two rows alone keep no pipeline full. */
// @ts-ignore: decorator
@inline
function firstRow(t: i32, height: i32, taller: i32): i32 {
  return t * height + min(t, taller);
}
// @ts-ignore: decorator
@inline
function rowsIn(t: i32, height: i32, taller: i32): i32 {
  return height + <i32>(t < taller);
}

/** Tiles `from` to `to` of one panel from their strips, which begin at `strips`; c and b are where tile `from` has its first row. */
function tiles(height: i32, taller: i32, from: i32, to: i32, strips: usize, strip: usize, panel: usize, count: i32, b: usize, c: usize, ldc: usize, resume: bool): void {
  let left = taller - from;
  if (left > 0) {
    let rows = height + 1;
    left = min(left, to - from);
    tilesOfRows(rows, left, strips, strip, panel, count, b, c, ldc, resume);
    if ((from += left) == to) return;
    strips += <usize>left * strip;
    c += <usize>(left * rows) * ldc;
    if (b) b += f32At(left * rows);
  }
  tilesOfRows(height, to - from, strips, strip, panel, count, b, c, ldc, resume);
}

/** y = x·wᵀ + b */
export function gemmForward(y: usize, x: usize, w: usize, b: usize, panels: i32, n: i32, k: i32, from: i32, to: i32, scratch: usize): void {
  let height = n / tilesOf(n), taller = n % tilesOf(n);
  for (let k0 = 0; k0 < k; k0 += DEPTH) {
    let depth = min(k - k0, DEPTH);
    let strip = f32At(depth * TALLEST) + SPILL;
    for (let t0 = from; t0 < to; t0 += STRIPS) {
      let t1 = min(to, t0 + STRIPS);
      for (let t = t0; t < t1; t++) {
        let row = firstRow(t, height, taller);
        packRows(scratch + <usize>(t - t0) * strip, w + f32At(row * k + k0), f32At(k), rowsIn(t, height, taller), depth);
      }
      let row = firstRow(t0, height, taller);
      let bias = b ? b + f32At(row) : 0;
      for (let p = 0; p < panels; p++) {
        tiles(height, taller, t0, t1, scratch, strip, x + rowAt(p * k + k0), depth, bias, y + rowAt(p * n + row), ROW, k0 > 0);
      }
    }
  }
}

/** dx = dy·w */
export function gemmInput(dx: usize, dy: usize, w: usize, panels: i32, n: i32, k: i32, from: i32, to: i32, scratch: usize): void {
  let height = k / tilesOf(k), taller = k % tilesOf(k);
  for (let n0 = 0; n0 < n; n0 += DEPTH) {
    let depth = min(n - n0, DEPTH);
    let strip = f32At(depth * TALLEST) + SPILL;
    for (let t0 = from; t0 < to; t0 += STRIPS) {
      let t1 = min(to, t0 + STRIPS);
      // Line by line of w, as a strip alone takes too little of each.
      let first = w + f32At(n0 * k + firstRow(t0, height, taller));
      for (let i = 0; i < depth; i++) {
        let at = first, to = scratch;
        for (let t = t0; t < t1; t++) {
          let rows = rowsIn(t, height, taller);
          let step = to + f32At(i * rows);
          v128.store(step, v128.load(at));
          if (rows > 4) store<u64>(step + 16, load<u64>(at + 16));
          at += f32At(rows);
          to += strip;
        }
        first += f32At(k);
      }
      let row = firstRow(t0, height, taller);
      for (let p = 0; p < panels; p++) {
        tiles(height, taller, t0, t1, scratch, strip, dy + rowAt(p * n + n0), depth, 0, dx + rowAt(p * k + row), ROW, n0 > 0);
      }
    }
  }
}

/** dw = dyᵀ·x */
export function gemmWeight(dw: usize, dy: usize, xt: usize, panels: i32, n: i32, k: i32, from: i32, to: i32, scratch: usize): void {
  let height = n / tilesOf(n), taller = n % tilesOf(n);
  let edge = scratch + STRIP_BYTES;
  for (let p0 = 0; p0 < panels; p0 += DEPTH / LANES) {
    let block = min(panels - p0, DEPTH / LANES);
    let depth = block * LANES;
    let strip = f32At(depth * TALLEST) + SPILL;
    for (let t0 = from; t0 < to; t0 += STRIPS) {
      let t1 = min(to, t0 + STRIPS);
      for (let t = t0; t < t1; t++) {
        let row = firstRow(t, height, taller);
        packSamples(scratch + <usize>(t - t0) * strip, dy + rowAt(p0 * n + row), rowAt(n), rowsIn(t, height, taller), block);
      }
      let row = firstRow(t0, height, taller);
      for (let k0 = 0; k0 < k; k0 += LANES) {
        let panel = xt + rowAt(k0 * panels + p0 * LANES);
        let columns = min(k - k0, LANES);
        let c = dw + f32At(row * k + k0);
        if (columns == LANES) {
          tiles(height, taller, t0, t1, scratch, strip, panel, depth, 0, c, f32At(k), p0 > 0);
          continue;
        }
        // The last features: their tiles are computed aside, so that nothing past the rows is written.
        for (let t = t0; t < t1; t++) {
          let rows = rowsIn(t, height, taller);
          if (p0 > 0) copyTile(edge, ROW, c, f32At(k), rows, columns);
          tilesOfRows(rows, 1, scratch + <usize>(t - t0) * strip, strip, panel, depth, 0, edge, ROW, p0 > 0);
          copyTile(c, f32At(k), edge, ROW, rows, columns);
          c += f32At(rows * k);
        }
      }
    }
  }
}

function copyTile(to: usize, ldTo: usize, from: usize, ldFrom: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) memory.copy(to + <usize>r * ldTo, from + <usize>r * ldFrom, f32At(columns));
}
