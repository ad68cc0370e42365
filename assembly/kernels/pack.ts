// Strips for the micro-kernel: 1 to 6 rows of an operand, [count][rows]. Vectors are written in order and a narrow step's
// are overwritten by the next one's, so that up to 12 bytes past a strip are touched.
import { transposeRows, f32At, ROW } from "./simd";

/** Bytes that may be written past a strip. */
export const SPILL: usize = 16;

/** From rows of a row-major matrix, `ld` bytes apart: strip[i][r] = a[r][i]. */
export function packRows(strip: usize, a: usize, ld: usize, rows: i32, count: i32): void {
  let step = f32At(rows);
  let i = 0;
  for (let to = strip; i + 4 <= count; i += 4, to += 4 * step) {
    let at = a + f32At(i);
    transposeRows(rowOf(0, rows, at, ld), rowOf(1, rows, at, ld), rowOf(2, rows, at, ld), rowOf(3, rows, at, ld), to, step);
    if (rows <= 4) continue;
    let r4 = rowOf(4, rows, at, ld), r5 = rowOf(5, rows, at, ld);
    if (rows == 5) {
      v128.store_lane<f32>(to, r4, 0, 16);
      v128.store_lane<f32>(to + step, r4, 1, 16);
      v128.store_lane<f32>(to + 2 * step, r4, 2, 16);
      v128.store_lane<f32>(to + 3 * step, r4, 3, 16);
    } else {
      let low = v128.shuffle<f32>(r4, r5, 0, 4, 1, 5), high = v128.shuffle<f32>(r4, r5, 2, 6, 3, 7);
      v128.store_lane<u64>(to, low, 0, 16);
      v128.store_lane<u64>(to + step, low, 1, 16);
      v128.store_lane<u64>(to + 2 * step, high, 0, 16);
      v128.store_lane<u64>(to + 3 * step, high, 1, 16);
    }
  }
  for (; i < count; i++) {
    let to = strip + <usize>i * step;
    for (let r = 0; r < rows; r++) store<f32>(to + f32At(r), load<f32>(a + <usize>r * ld + f32At(i)));
  }
}
/** Four elements of row r, or zeros past the last. */
// @ts-ignore: decorator
@inline
function rowOf(r: i32, rows: i32, at: usize, ld: usize): v128 {
  return r < rows ? v128.load(at + <usize>r * ld) : f32x4.splat(0);
}

/** From columns of a row-major matrix, `ld` bytes apart: strip[i][r] = a[i][r]. Reads, but does not take, what is beyond. */
export function packColumns(strip: usize, a: usize, ld: usize, rows: i32, count: i32): void {
  let step = f32At(rows);
  for (let end = strip + <usize>count * step; strip < end; strip += step) {
    v128.store(strip, v128.load(a));
    if (rows > 4) store<u64>(strip + 16, load<u64>(a + 16));
    a += ld;
  }
}

/** From features of sample panels [panel][features][8], `ld` bytes from panel to panel: strip[8p + lane][r] = a[p][r][lane]. */
export function packSamples(strip: usize, a: usize, ld: usize, rows: i32, panels: i32): void {
  for (let p = 0; p < panels; p++) {
    packRows(strip, a, ROW, rows, 8);
    strip += f32At(8 * rows);
    a += ld;
  }
}
