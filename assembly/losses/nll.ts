import { Head, Loss } from "./loss";
import { Outputs } from "../layer";
import { ClassLoss } from "./class-loss";
import { f32At, rowAt, ROW, LANES } from "../kernels/simd";

/** Negative log-likelihood of log-probabilities z: l = -w^y·z^y, divided by the sum of w^y; dl/dz^y = -w^y. */
class Nll extends ClassLoss {
  misfit(outputs: i32): i32 {
    return outputs == Outputs.logProbabilities ? Head.any : Head.logProbabilities;
  }
  evaluate(from: i32, to: i32, scale: f32, gradient: bool): void {
    let n = this.outputs;
    let bytes = rowAt(n);
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let lane = f32At(p * LANES) + half;
        let z = this.z + <usize>p * bytes + half;
        let dz = this.dz + <usize>p * bytes + half;
        let weight = v128.load(this.weights + lane);
        let label = v128.load(this.labels + lane);
        let ignored = i32x4.eq(label, i32x4.splat(this.ignoreIndex));
        let live = v128.andnot(f32x4.ne(weight, f32x4.splat(0)), ignored);
        let factor = f32x4.mul(weight, f32x4.splat(-scale));
        let loss = f32x4.splat(0);
        for (let c = 0; c < n; c++) {
          let hit = v128.and(live, i32x4.eq(label, i32x4.splat(c)));
          let w = this.weightAt(c);
          loss = f32x4.sub(loss, v128.and(f32x4.mul(w, v128.load(z + rowAt(c))), hit));
          if (gradient) v128.store(dz + rowAt(c), v128.and(f32x4.mul(w, factor), hit));
        }
        v128.store(this.losses + lane, loss);
      }
    }
  }
}

export function nll(): Loss {
  return new Nll();
}
