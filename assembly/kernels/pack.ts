// Strips for the micro-kernel: TILE rows of an operand, [count][TILE], rows past the last one zero.
import { transposeRows, f32At, ROW } from "./simd";
import { TILE } from "./tile";

/** From rows of a row-major matrix, `ld` bytes apart: strip[i][r] = a[r][i]. */
export function packRows(strip: usize, a: usize, ld: usize, rows: i32, count: i32): void {
  let ldStrip = f32At(TILE);
  let i = 0;
  for (let to = strip; i + 4 <= count; i += 4, to += 4 * ldStrip) {
    let at = a + f32At(i);
    transposeRows(rowOf(0, rows, at, ld), rowOf(1, rows, at, ld), rowOf(2, rows, at, ld), rowOf(3, rows, at, ld), to, ldStrip);
    if (TILE == 4) continue;
    let r4 = rowOf(4, rows, at, ld), r5 = rowOf(5, rows, at, ld);
    let low = v128.shuffle<f32>(r4, r5, 0, 4, 1, 5), high = v128.shuffle<f32>(r4, r5, 2, 6, 3, 7);
    v128.store_lane<u64>(to, low, 0, 16);
    v128.store_lane<u64>(to + ldStrip, low, 1, 16);
    v128.store_lane<u64>(to + 2 * ldStrip, high, 0, 16);
    v128.store_lane<u64>(to + 3 * ldStrip, high, 1, 16);
  }
  for (; i < count; i++) {
    let to = strip + <usize>i * ldStrip;
    for (let r = 0; r < TILE; r++) {
      store<f32>(to + f32At(r), r < rows ? load<f32>(a + <usize>r * ld + f32At(i)) : 0);
    }
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
  let first = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(rows));
  let rest = rows >= 6 ? u64.MAX_VALUE : rows == 5 ? 0xffffffff : 0;
  for (let end = strip + <usize>count * f32At(TILE); strip < end; strip += f32At(TILE)) {
    v128.store(strip, v128.and(v128.load(a), first));
    if (TILE > 4) store<u64>(strip + 16, load<u64>(a + 16) & rest);
    a += ld;
  }
}

/** From features of sample panels [panel][features][8], `ld` bytes from panel to panel: strip[8p + lane][r] = a[p][r][lane]. */
export function packSamples(strip: usize, a: usize, ld: usize, rows: i32, panels: i32): void {
  for (let p = 0; p < panels; p++) {
    packRows(strip, a, ROW, rows, 8);
    strip += f32At(8 * TILE);
    a += ld;
  }
}
