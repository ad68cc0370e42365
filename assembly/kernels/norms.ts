// Sums over a tensor that clipping and penalties need. Blocks of 4096 are summed in float32 lanes, the blocks in float64.
import { square4 } from "./flush";
import { sumLanes64 } from "./simd";

const BLOCK: usize = 4096 * 4;

/** Σ min(|g|, limit)² over `bytes` bytes. */
export function sumSquares(g: usize, bytes: usize, limit: f32): f64 {
  let total: f64 = 0;
  let top = f32x4.splat(limit);
  for (let end = g + bytes; g < end; ) {
    let sum = f32x4.splat(0);
    for (let stop = min(g + BLOCK, end); g < stop; g += 16) {
      let value = f32x4.pmin(f32x4.abs(v128.load(g)), top);
      sum = f32x4.add(sum, square4(value));
    }
    total += sumLanes64(sum);
  }
  return total;
}

/** l1·Σ|w| + l2·Σw² */
export function penalty(w: usize, count: i32, l1: f64, l2: f64): f64 {
  let absolute: f64 = 0, square: f64 = 0;
  for (let i = 0; i < count; i++) {
    let value: f64 = load<f32>(w + (<usize>i << 2));
    absolute += abs(value);
    square += value * value;
  }
  return l1 * absolute + l2 * square;
}

/** g += l1·sign(w) + 2·l2·w */
export function addPenalty(g: usize, w: usize, count: i32, l1: f32, l2: f32): void {
  for (let i = 0; i < count; i++) {
    let at = <usize>i << 2;
    let value = load<f32>(w + at);
    let sign: f32 = value > 0 ? l1 : value < 0 ? -l1 : 0;
    store<f32>(g + at, load<f32>(g + at) + sign + 2 * l2 * value);
  }
}

/**
 * Adaptive clipping: the gradient of each unit (a row of a matrix, a whole vector) is brought down to a norm of
 * bound·max(‖w‖, 1e-3). Brock, De, Smith, Simonyan 2021.
 */
export function clipUnits(g: usize, w: usize, rows: i32, columns: i32, bound: f64): void {
  let units = columns ? rows : 1;
  let length = columns ? columns : rows;
  for (let unit = 0; unit < units; unit++) {
    let at = <usize>(unit * length) << 2;
    let weight: f64 = 0, gradient: f64 = 0;
    for (let i: usize = 0; i < <usize>length << 2; i += 4) {
      let x: f64 = load<f32>(w + at + i), d: f64 = load<f32>(g + at + i);
      weight += x * x;
      gradient += d * d;
    }
    let most = bound * max(sqrt(weight), 1e-3);
    let norm = sqrt(gradient);
    if (!(norm > most)) continue;
    let factor = <f32>(most / norm);
    for (let i: usize = 0; i < <usize>length << 2; i += 4) store<f32>(g + at + i, load<f32>(g + at + i) * factor);
  }
}
