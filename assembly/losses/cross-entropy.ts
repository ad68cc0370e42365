import { Head, Target, Loss } from "./loss";
import { Domain } from "./domain";
import { Outputs } from "../layer";
import { ClassLoss } from "./class-loss";
import { expFrom4 } from "../math/exp";
import { callLog1p4 } from "../math/called";
import { f32At, rowAt, ROW, LANES } from "../kernels/simd";

/** ln 2⁻¹⁰⁰: logits that are further below the largest have no share (kernels/flush.ts). */
const LEAST_LOG: f32 = -69.3;

/**
 * Cross-entropy of logits, softmax and logarithm in one: l = -Σ qᶜ·ln pᶜ, p = softmax(z), dl/dz = p·Σ q - q.
 * For a class index y: qᶜ = wᶜ·((1 - ε)·[c = y] + ε/C), divided by the sum of w^y; for class probabilities t:
 * qᶜ = wᶜ·((1 - ε)·tᶜ + ε/C), divided by the number of samples. As in PyTorch.
 * Relative error of l, and of dl/dz but where p nears a share q, below 5e-7 + 6e-8·(max z - min z) for ten classes.
 */
class CrossEntropy extends ClassLoss {
  /** ε: the share of a target that is spread over all classes. Szegedy et al. 2015. @range [0, 1) */
  labelSmoothing: f64 = 0;

  accepts(target: i32): bool {
    return true;
  }
  domain(): i32 {
    return Domain.distribution;
  }
  misfit(outputs: i32): i32 {
    return outputs == Outputs.share || outputs == Outputs.probabilities ? Head.logits : Head.any;
  }
  evaluate(from: i32, to: i32, scale: f32, gradient: bool): void {
    let n = this.outputs;
    let bytes = rowAt(n);
    let index = this.target == Target.index;
    let smooth = f32x4.splat(<f32>(this.labelSmoothing / n));
    let sharp = f32x4.splat(<f32>(1 - this.labelSmoothing));
    let least = f32x4.splat(LEAST_LOG);
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let lane = f32At(p * LANES) + half;
        let z = this.z + <usize>p * bytes + half;
        let dz = this.dz + <usize>p * bytes + half;
        let t = this.targets + <usize>p * bytes + half;
        let weight = v128.load(this.weights + lane);
        let label = v128.load(this.labels + lane);
        let live = f32x4.ne(weight, f32x4.splat(0));
        if (index) live = v128.andnot(live, i32x4.eq(label, i32x4.splat(this.ignoreIndex)));

        let top = v128.load(z);
        for (let at: usize = ROW; at < bytes; at += ROW) top = f32x4.max(top, v128.load(z + at));
        // Σ e^(z - top) is 1 + rest: the 1 of the largest output stays apart, beside which small terms would be lost.
        let one = f32x4.splat(1);
        let rest = f32x4.splat(0), largest = i32x4.splat(-1);
        for (let at: usize = 0; at < bytes; at += ROW) {
          let e = expFrom4(f32x4.sub(v128.load(z + at), top), least);
          let is = f32x4.eq(e, one);
          rest = f32x4.add(rest, v128.andnot(e, is));
          largest = i32x4.sub(largest, is);
          if (gradient) v128.store(dz + at, e);
        }
        rest = f32x4.add(rest, f32x4.convert_i32x4_s(largest));
        let log = callLog1p4(rest);
        let loss = f32x4.splat(0), total = f32x4.splat(0);
        for (let c = 0; c < n; c++) {
          let q = this.share(c, label, index ? 0 : t + rowAt(c), sharp, smooth);
          total = f32x4.add(total, q);
          let logP = f32x4.sub(f32x4.sub(v128.load(z + rowAt(c)), top), log);
          loss = f32x4.sub(loss, f32x4.mul(q, logP));
        }
        v128.store(this.losses + lane, v128.and(loss, live));
        if (!gradient) continue;
        let factor = f32x4.mul(weight, f32x4.splat(scale));
        let perSum = f32x4.div(total, f32x4.add(one, rest));
        let perRest = f32x4.mul(rest, perSum);
        for (let c = 0; c < n; c++) {
          let q = this.share(c, label, index ? 0 : t + rowAt(c), sharp, smooth);
          let e = v128.load(dz + rowAt(c));
          // p·Σ q - q; for the largest output p = 1 - rest/Σ.
          let lead = f32x4.sub(f32x4.sub(total, q), perRest);
          let slope = v128.bitselect(lead, f32x4.sub(f32x4.mul(e, perSum), q), f32x4.eq(e, one));
          v128.store(dz + rowAt(c), v128.and(f32x4.mul(slope, factor), live));
        }
      }
    }
  }
  /** qᶜ of four samples. */
  // @ts-ignore: decorator
  @inline
  private share(c: i32, label: v128, target: usize, sharp: v128, smooth: v128): v128 {
    let hit = target
      ? f32x4.mul(sharp, v128.load(target))
      : v128.and(sharp, i32x4.eq(label, i32x4.splat(c)));
    return f32x4.mul(this.weightAt(c), f32x4.add(hit, smooth));
  }
}

export function crossEntropy(): Loss {
  return new CrossEntropy();
}
