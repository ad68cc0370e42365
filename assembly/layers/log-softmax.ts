import { LEAST, flush4 } from "../kernels/flush";
import { Layer, Outputs } from "../layer";
import { callExp4, callLog1p4 } from "../math/called";
import { expm1Reduced } from "../math/exp";
import { rowAt, ROW } from "../kernels/simd";

/** ln √½, from where on `expm1Reduced` holds. */
const SQRT_HALF: f32 = -0.34657359;

/** ln softmax over the features of each sample: y = x - max - ln Σ e^(x - max); dx = dy - eʸ·Σ dy; both keep their digits where eʸ nears 1. */
class LogSoftmax extends Layer {
  yields(): i32 {
    return Outputs.logProbabilities;
  }
  forward(from: i32, to: i32, scratch: usize): void {
    let bytes = rowAt(this.inputs);
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let x = this.x + <usize>p * bytes + half;
        let y = this.y + <usize>p * bytes + half;
        let top = v128.load(x);
        for (let at: usize = ROW; at < bytes; at += ROW) top = f32x4.max(top, v128.load(x + at));
        // Σ e^(x - max) is 1 + rest: beside the 1 of the largest feature small terms would be lost.
        let rest = f32x4.splat(0), largest = i32x4.splat(-1);
        for (let at: usize = 0; at < bytes; at += ROW) {
          let e = callExp4(f32x4.sub(v128.load(x + at), top));
          let is = f32x4.eq(e, f32x4.splat(1));
          rest = f32x4.add(rest, v128.andnot(e, is));
          largest = i32x4.sub(largest, is);
        }
        let log = callLog1p4(f32x4.add(rest, f32x4.convert_i32x4_s(largest)));
        for (let at: usize = 0; at < bytes; at += ROW) {
          v128.store(y + at, f32x4.sub(f32x4.sub(v128.load(x + at), top), log));
        }
      }
    }
  }
  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    let bytes = rowAt(this.inputs);
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let offset = <usize>p * bytes + half;
        let y = this.y + offset, dy = this.dy + offset, dx = this.dx + offset;
        let sum = f32x4.splat(0);
        for (let at: usize = 0; at < bytes; at += ROW) sum = f32x4.add(sum, v128.load(dy + at));
        for (let at: usize = 0; at < bytes; at += ROW) {
          let own = v128.load(dy + at), log = v128.load(y + at);
          let far = f32x4.sub(own, f32x4.mul(callExp4(log), sum));
          // Where eʸ nears 1: (dy - Σ dy) - (eʸ - 1)·Σ dy.
          let lead = f32x4.sub(f32x4.sub(own, sum), f32x4.mul(expm1Reduced(log), sum));
          v128.store(dx + at, flush4(v128.bitselect(lead, far, f32x4.gt(log, f32x4.splat(SQRT_HALF))), LEAST));
        }
      }
    }
  }
}

export function logSoftmax(): Layer {
  return new LogSoftmax();
}
