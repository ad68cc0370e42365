import { Loss, Target, Decision } from "./loss";
import { f32At, rowAt, ROW, LANES } from "../kernels/simd";

/**
 * Zero-one loss: the share of samples whose largest output is not that of their class. Its gradient is 0 wherever there
 * is one, so only rules that need no gradients train with it.
 * @flat
 */
class ZeroOne extends Loss {
  accepts(target: i32): bool {
    return target == Target.index;
  }
  decision(): i32 {
    return Decision.largest;
  }
  perSample(): f64 {
    return 1;
  }
  evaluate(from: i32, to: i32, scale: f32, gradient: bool): void {
    let bytes = rowAt(this.outputs);
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let lane = f32At(p * LANES) + half;
        let z = this.z + <usize>p * bytes + half;
        let best = v128.load(z);
        let index = i32x4.splat(0);
        for (let c = 1; c < this.outputs; c++) {
          let value = v128.load(z + rowAt(c));
          let larger = f32x4.gt(value, best);
          best = v128.bitselect(value, best, larger);
          index = v128.bitselect(i32x4.splat(c), index, larger);
        }
        let live = f32x4.ne(v128.load(this.weights + lane), f32x4.splat(0));
        let wrong = i32x4.ne(index, v128.load(this.labels + lane));
        v128.store(this.losses + lane, v128.and(f32x4.splat(1), v128.and(wrong, live)));
      }
      if (gradient) memory.fill(this.dz + <usize>p * bytes, 0, bytes);
    }
  }
}

export function zeroOne(): Loss {
  return new ZeroOne();
}
