// Between the three layouts of a batch: rows as a user gives them [rows][k], sample panels [panels][k][8] for the
// forward and input GEMMs, feature panels [⌈k/8⌉][8·panels][8] for the weight GEMM. Lanes that no row fills are zero.
import { transpose4, transposeRows, f32At, rowAt, ROW, LANES, panelsOf } from "./simd";

/**
 * Sample panels `from` to `to` from row-major rows: row i of the batch is row order[i] of `source` (row i itself where
 * `order` is 0). Each feature is scaled as (x - offset) * factor where `offset` is not 0: [k] and [k].
 */
export function gatherSamples(
  x: usize, source: usize, order: usize, rows: i32, k: i32, offset: usize, factor: usize, from: i32, to: i32, scratch: usize,
): void {
  // Eight rows are copied together first, so that the transposition reads neighbours: scratch is [8][8].
  for (let p = from; p < to; p++) {
    let panel = x + rowAt(p * k);
    let live = min(rows - p * LANES, LANES);
    let done = 0;
    if (live == LANES && !offset) done = gatherBlocks(panel, source, order ? order + f32At(p * LANES) : 0, p * LANES, k);
    for (let k0 = done; k0 < k; k0 += LANES) {
      let width = min(k - k0, LANES);
      if (width < LANES || live < LANES) memory.fill(scratch, 0, 8 * ROW);
      for (let i = 0; i < live; i++) {
        let s = p * LANES + i;
        let row = order ? load<u32>(order + f32At(s)) : s;
        let at = source + ((<usize>row * k + k0) << 2);
        let into = scratch + rowAt(i);
        if (width == LANES) {
          let low = v128.load(at), high = v128.load(at, 16);
          if (offset) {
            let o = offset + f32At(k0), f = factor + f32At(k0);
            low = f32x4.mul(f32x4.sub(low, v128.load(o)), v128.load(f));
            high = f32x4.mul(f32x4.sub(high, v128.load(o, 16)), v128.load(f, 16));
          }
          v128.store(into, low);
          v128.store(into, high, 16);
        } else {
          for (let j = 0; j < width; j++) {
            let value = load<f32>(at + f32At(j));
            if (offset) value = (value - load<f32>(offset + f32At(k0 + j))) * load<f32>(factor + f32At(k0 + j));
            store<f32>(into + f32At(j), value);
          }
        }
      }
      if (width == LANES) transposeBlock(scratch, panel + rowAt(k0));
      else {
        for (let j = 0; j < width; j++) {
          for (let i = 0; i < LANES; i++) store<f32>(panel + rowAt(k0 + j) + f32At(i), load<f32>(scratch + rowAt(i) + f32At(j)));
        }
      }
    }
  }
}

/** The features of a full panel in fours, straight from the rows where they stand; gives the features that were done. */
function gatherBlocks(panel: usize, source: usize, order: usize, first: i32, k: i32): i32 {
  let whole = k & ~(LANES - 1);
  for (let half: usize = 0; half < ROW; half += 16) {
    let s = first + <i32>(half >> 2);
    let r0 = source + rowOffset(order, half, s, k);
    let r1 = source + rowOffset(order, half + 4, s + 1, k);
    let r2 = source + rowOffset(order, half + 8, s + 2, k);
    let r3 = source + rowOffset(order, half + 12, s + 3, k);
    let to = panel + half;
    for (let j = 0; j < whole; j += 4) {
      transposeRows(v128.load(r0), v128.load(r1), v128.load(r2), v128.load(r3), to, ROW);
      r0 += 16;
      r1 += 16;
      r2 += 16;
      r3 += 16;
      to += 4 * ROW;
    }
  }
  return whole;
}

/** Byte offset of the row that comes at byte `at` of the order, or of row `row`. */
// @ts-ignore: decorator
@inline
function rowOffset(order: usize, at: usize, row: i32, k: i32): usize {
  return (<usize>(order ? load<u32>(order + at) : row) * k) << 2;
}

/** Feature panels of sample panels `from` to `to`: xt[k/8][8p + lane][k%8] = x[p][k][lane]. */
export function samplesToFeatures(xt: usize, x: usize, panels: i32, k: i32, from: i32, to: i32): void {
  for (let p = from; p < to; p++) {
    for (let k0 = 0; k0 < k; k0 += LANES) {
      let source = x + rowAt(p * k + k0);
      let target = xt + rowAt(k0 * panels + p * LANES);
      let width = min(k - k0, LANES);
      if (width == LANES) transposeBlock(source, target);
      else {
        for (let lane = 0; lane < LANES; lane++) {
          for (let j = 0; j < LANES; j++) {
            store<f32>(target + rowAt(lane) + f32At(j), j < width ? load<f32>(source + rowAt(j) + f32At(lane)) : 0);
          }
        }
      }
    }
  }
}

/** Row-major rows of sample panels: out[row][k], `rows` of them. */
export function samplesToRows(out: usize, x: usize, rows: i32, k: i32): void {
  for (let p = 0, panels = panelsOf(rows); p < panels; p++) {
    let live = min(rows - p * LANES, LANES);
    let panel = x + rowAt(p * k);
    for (let lane = 0; lane < live; lane++) {
      let row = out + ((<usize>(p * LANES + lane) * k) << 2);
      for (let j = 0; j < k; j++) store<f32>(row + f32At(j), load<f32>(panel + rowAt(j) + f32At(lane)));
    }
  }
}

/** An 8 x 8 block, rows 32 bytes apart on both sides. */
// @ts-ignore: decorator
@inline
function transposeBlock(from: usize, to: usize): void {
  transpose4(from, ROW, to, ROW);
  transpose4(from + 16, ROW, to + 4 * ROW, ROW);
  transpose4(from + 4 * ROW, ROW, to + 16, ROW);
  transpose4(from + 4 * ROW + 16, ROW, to + 4 * ROW + 16, ROW);
}
