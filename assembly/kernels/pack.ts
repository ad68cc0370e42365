// Strips for the micro-kernel: TILE rows of an operand, [count][TILE], rows past the last one zero.
import { transpose4, f32At, ROW } from "./simd";
import { TILE } from "./tile";

/** From rows of a row-major matrix, `ld` bytes apart: strip[i][r] = a[r][i]. */
export function packRows(strip: usize, a: usize, ld: usize, rows: i32, count: i32): void {
  let ldStrip = f32At(TILE);
  let i = 0;
  if (TILE == 4 && rows == 4) {
    for (; i + 4 <= count; i += 4) transpose4(a + f32At(i), ld, strip + <usize>i * ldStrip, ldStrip);
  }
  for (; i < count; i++) {
    let to = strip + <usize>i * ldStrip;
    for (let r = 0; r < TILE; r++) {
      store<f32>(to + f32At(r), r < rows ? load<f32>(a + <usize>r * ld + f32At(i)) : 0);
    }
  }
}

/** From columns of a row-major matrix, `ld` bytes apart: strip[i][r] = a[i][r]. */
export function packColumns(strip: usize, a: usize, ld: usize, rows: i32, count: i32): void {
  for (let end = strip + <usize>count * f32At(TILE); strip < end; strip += f32At(TILE)) {
    if (rows == TILE) {
      v128.store(strip, v128.load(a));
      if (TILE > 4) store<u64>(strip + 16, load<u64>(a + 16));
    } else {
      for (let r = 0; r < TILE; r++) store<f32>(strip + f32At(r), r < rows ? load<f32>(a + f32At(r)) : 0);
    }
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
