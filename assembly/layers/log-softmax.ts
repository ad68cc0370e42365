import { Layer, Outputs } from "../layer";
import { callExp4, callLog4 } from "../math/called";
import { rowAt, ROW } from "../kernels/simd";

/** ln softmax over the features of each sample: y = x - max - ln Σ e^(x - max); dx = dy - eʸ·Σ dy. */
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
        let sum = f32x4.splat(0);
        for (let at: usize = 0; at < bytes; at += ROW) sum = f32x4.add(sum, callExp4(f32x4.sub(v128.load(x + at), top)));
        let log = callLog4(sum);
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
          v128.store(dx + at, f32x4.sub(v128.load(dy + at), f32x4.mul(callExp4(v128.load(y + at)), sum)));
        }
      }
    }
  }
}

export function logSoftmax(): Layer {
  return new LogSoftmax();
}
