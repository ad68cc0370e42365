import { square4 } from "../kernels/flush";
import { Loss, Target, Decision } from "./loss";
import { f32At, rowAt, ROW, LANES } from "../kernels/simd";

/**
 * Multi-class margin loss: l = Σ over c ≠ y of max(0, margin - z^y + z^c)^p / C, mean over samples;
 * dl/dz^c = p·(…)^(p-1)/C inside the margin, dl/dz^y = minus their sum. Crammer, Singer 2001, in PyTorch's form.
 */
class MultiMargin extends Loss {
  /** By how much the true class should lead. @range [0, inf) */
  margin: f64 = 1;
  /** Power: 1 or 2. @range {1, 2} */
  p: i32 = 1;

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
    let n = this.outputs;
    let bytes = rowAt(n);
    let margin = f32x4.splat(<f32>this.margin);
    let mean = f32x4.splat(1 / <f32>n);
    let zero = f32x4.splat(0);
    let square = this.p == 2;
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let lane = f32At(p * LANES) + half;
        let z = this.z + <usize>p * bytes + half;
        let dz = this.dz + <usize>p * bytes + half;
        let weight = v128.load(this.weights + lane);
        let label = v128.load(this.labels + lane);
        let live = f32x4.ne(weight, zero);
        let truth = zero;
        for (let c = 0; c < n; c++) truth = v128.bitselect(v128.load(z + rowAt(c)), truth, i32x4.eq(label, i32x4.splat(c)));
        let factor = f32x4.mul(f32x4.mul(weight, f32x4.splat(scale)), mean);
        let loss = zero, total = zero;
        for (let c = 0; c < n; c++) {
          let lead = f32x4.max(f32x4.add(margin, f32x4.sub(v128.load(z + rowAt(c)), truth)), zero);
          lead = v128.andnot(lead, i32x4.eq(label, i32x4.splat(c)));
          loss = f32x4.add(loss, square ? square4(lead) : lead);
          if (!gradient) continue;
          let slope = square ? f32x4.mul(f32x4.splat(2), lead) : v128.and(f32x4.splat(1), f32x4.gt(lead, zero));
          total = f32x4.add(total, slope);
          v128.store(dz + rowAt(c), v128.and(f32x4.mul(slope, factor), live));
        }
        v128.store(this.losses + lane, v128.and(f32x4.mul(loss, mean), live));
        if (!gradient) continue;
        let own = v128.and(f32x4.neg(f32x4.mul(total, factor)), live);
        for (let c = 0; c < n; c++) {
          let hit = i32x4.eq(label, i32x4.splat(c));
          v128.store(dz + rowAt(c), v128.bitselect(own, v128.load(dz + rowAt(c)), hit));
        }
      }
    }
  }
}

export function multiMargin(): Loss {
  return new MultiMargin();
}
