// Products of row-major float32 matrices, for rules that treat a tensor as one. As in gemm.ts, strips of the left
// operand and panels of the right go through the micro-kernel, and every sum runs over k in order.
import { transpose4, f32At, LANES, ROW } from "./simd";
import { tilesOfRows, tileRows, TALLEST } from "./tile";
import { packRows, packColumns, SPILL } from "./pack";

/** Terms of a sum in one block, and strips packed at a time. */
const DEPTH: i32 = 256;
const STRIPS: i32 = 16;
const STRIP_BYTES: usize = <usize>STRIPS * TALLEST * DEPTH * 4 + SPILL;
const PANEL_BYTES: usize = <usize>DEPTH * ROW;
/** Bytes of scratch that `multiply` needs: strips, a panel, and a tile for ragged edges. */
export const MATRIX_SCRATCH: usize = STRIP_BYTES + PANEL_BYTES + <usize>TALLEST * ROW;

/**
 * c = op(a)·op(b), or c + op(a)·op(b) with `resume`: c [m][n], op(a) [m][k], op(b) [k][n]; `turnA` reads aᵀ from [k][m],
 * `turnB` bᵀ from [n][k]. c is neither a nor b.
 */
export function multiply(c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, turnA: bool, turnB: bool, resume: bool, scratch: usize): void {
  let panel = scratch + STRIP_BYTES;
  let edge = panel + PANEL_BYTES;
  let height = tileRows();
  let tiles = (m + height - 1) / height;
  for (let k0 = 0; k0 < k; k0 += DEPTH) {
    let depth = min(k - k0, DEPTH);
    let strip = f32At(depth * TALLEST);
    let goesOn = resume || k0 > 0;
    for (let t0 = 0; t0 < tiles; t0 += STRIPS) {
      let t1 = min(tiles, t0 + STRIPS);
      for (let t = t0; t < t1; t++) {
        let row = t * height, rows = min(m - row, height);
        let at = scratch + <usize>(t - t0) * strip;
        if (turnA) packColumns(at, a + f32At(k0 * m + row), f32At(m), rows, depth);
        else packRows(at, a + f32At(row * k + k0), f32At(k), rows, depth);
      }
      for (let j = 0; j < n; j += LANES) {
        let lanes = min(n - j, LANES);
        if (turnB) packLanes(panel, b + f32At(j * k + k0), f32At(k), lanes, depth);
        else packPanel(panel, b + f32At(k0 * n + j), f32At(n), lanes, depth);
        for (let t = t0; t < t1; t++) {
          let row = t * height, rows = min(m - row, height);
          let at = scratch + <usize>(t - t0) * strip;
          let to = c + f32At(row * n + j);
          if (lanes == LANES) {
            tilesOfRows(rows, 1, at, 0, panel, depth, 0, to, f32At(n), goesOn);
            continue;
          }
          if (goesOn) copyRows(edge, ROW, to, f32At(n), rows, lanes);
          tilesOfRows(rows, 1, at, 0, panel, depth, 0, edge, ROW, goesOn);
          copyRows(to, f32At(n), edge, ROW, rows, lanes);
        }
      }
    }
  }
}

/** panel[i][lane] = b[i][lane] of rows `ld` bytes apart; lanes past the last are 0. */
function packPanel(panel: usize, b: usize, ld: usize, lanes: i32, depth: i32): void {
  for (let end = panel + <usize>depth * ROW; panel < end; panel += ROW, b += ld) {
    if (lanes == LANES) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
    } else {
      memory.fill(panel, 0, ROW);
      memory.copy(panel, b, f32At(lanes));
    }
  }
}
/** panel[i][lane] = b[lane][i] of rows `ld` bytes apart; lanes past the last are 0. */
function packLanes(panel: usize, b: usize, ld: usize, lanes: i32, depth: i32): void {
  let i = 0;
  if (lanes == LANES) {
    for (; i + 4 <= depth; i += 4) {
      transpose4(b + f32At(i), ld, panel + <usize>i * ROW, ROW);
      transpose4(b + f32At(i) + 4 * ld, ld, panel + <usize>i * ROW + 16, ROW);
    }
  }
  for (; i < depth; i++) {
    let to = panel + <usize>i * ROW;
    for (let lane = 0; lane < LANES; lane++) {
      store<f32>(to + f32At(lane), lane < lanes ? load<f32>(b + <usize>lane * ld + f32At(i)) : 0);
    }
  }
}
function copyRows(to: usize, ldTo: usize, from: usize, ldFrom: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) memory.copy(to + <usize>r * ldTo, from + <usize>r * ldFrom, f32At(columns));
}

/** to [columns][rows] = from [rows][columns], transposed. */
export function transpose(to: usize, from: usize, rows: i32, columns: i32): void {
  let ldFrom = f32At(columns), ldTo = f32At(rows);
  for (let i = 0; i < rows; i += 4) {
    for (let j = 0; j < columns; j += 4) {
      let source = from + <usize>i * ldFrom + f32At(j), target = to + <usize>j * ldTo + f32At(i);
      if (i + 4 <= rows && j + 4 <= columns) {
        transpose4(source, ldFrom, target, ldTo);
        continue;
      }
      for (let r = 0, height = min(rows - i, 4); r < height; r++) {
        for (let c = 0, width = min(columns - j, 4); c < width; c++) {
          store<f32>(target + <usize>c * ldTo + f32At(r), load<f32>(source + <usize>r * ldFrom + f32At(c)));
        }
      }
    }
  }
}
