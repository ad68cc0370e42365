import { LEAST, flush4 } from "../kernels/flush";
import { Layer, Outputs } from "../layer";
import { expFrom4 } from "../math/exp";
import { rowAt, ROW } from "../kernels/simd";

/** ln 2⁻¹⁰⁰: the least probability beside the largest that is not 0. */
const LEAST_LOG: f32 = -69.3;

/** Softmax over the features of each sample: y = e^(x - max)/Σ; dx = y·(dy - Σ dy·y), the full Jacobian. */
class Softmax extends Layer {
  yields(): i32 {
    return Outputs.probabilities;
  }
  forward(from: i32, to: i32, scratch: usize): void {
    let bytes = rowAt(this.inputs);
    for (let p = from; p < to; p++) {
      // Four samples at a time, one a lane.
      for (let half: usize = 0; half < ROW; half += 16) {
        let x = this.x + <usize>p * bytes + half;
        let y = this.y + <usize>p * bytes + half;
        let top = v128.load(x);
        for (let at: usize = ROW; at < bytes; at += ROW) top = f32x4.max(top, v128.load(x + at));
        let sum = f32x4.splat(0);
        for (let at: usize = 0; at < bytes; at += ROW) {
          let e = expFrom4(f32x4.sub(v128.load(x + at), top), f32x4.splat(LEAST_LOG));
          sum = f32x4.add(sum, e);
          v128.store(y + at, e);
        }
        let factor = f32x4.div(f32x4.splat(1), sum);
        for (let at: usize = 0; at < bytes; at += ROW) v128.store(y + at, f32x4.mul(v128.load(y + at), factor));
      }
    }
  }
  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    let bytes = rowAt(this.inputs);
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let offset = <usize>p * bytes + half;
        let y = this.y + offset, dy = this.dy + offset, dx = this.dx + offset;
        let dot = f32x4.splat(0);
        for (let at: usize = 0; at < bytes; at += ROW) dot = f32x4.add(dot, f32x4.mul(v128.load(dy + at), v128.load(y + at)));
        for (let at: usize = 0; at < bytes; at += ROW) {
          v128.store(dx + at, flush4(f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), dot)), LEAST));
        }
      }
    }
  }
}

export function softmax(): Layer {
  return new Softmax();
}
