// Sums over the samples of a batch, per feature: panels in order, then the lanes.
import { f32At, rowAt, sumLanes } from "./simd";

/** out[f] = Σ over samples of dy[f], for features `from` to `to` of sample panels [panels][features][8]. */
export function sumSamples(out: usize, dy: usize, panels: i32, features: i32, from: i32, to: i32): void {
  let stride = rowAt(features);
  for (let f = from; f < to; f++) {
    let at = dy + rowAt(f);
    let sum = f32x4.splat(0);
    for (let p = 0; p < panels; p++) {
      sum = f32x4.add(sum, f32x4.add(v128.load(at), v128.load(at, 16)));
      at += stride;
    }
    store<f32>(out + f32At(f), sumLanes(sum));
  }
}

/** out[f] = Σ over samples of a[f]·b[f]. */
export function sumProducts(out: usize, a: usize, b: usize, panels: i32, features: i32, from: i32, to: i32): void {
  let stride = rowAt(features);
  for (let f = from; f < to; f++) {
    let sum = f32x4.splat(0);
    for (let p = 0, at = rowAt(f); p < panels; p++, at += stride) {
      let low = f32x4.mul(v128.load(a + at), v128.load(b + at));
      sum = f32x4.add(sum, f32x4.add(low, f32x4.mul(v128.load(a + at, 16), v128.load(b + at, 16))));
    }
    store<f32>(out + f32At(f), sumLanes(sum));
  }
}
