import { Parameter } from "../parameter";
import { dotFlat } from "../kernels/flat";
import { Rule, gradientAt } from "./rule";
import { TensorRule } from "./tensor-rule";

/**
 * Momentum with a step in proportion to each tensor's weights: g ← η·‖w‖/(‖g‖ + λ‖w‖ + eps)·(g + λw), then as `sgd`.
 * The ratio is 1 where a norm is 0, and without decay unless `alwaysAdapt`. timm's form: the buffer holds the ratio but
 * not the rate, which the paper's buffer holds as well. LARC (`trustClip`): min(ratio/lr, 1).
 * You, Gitman, Ginsburg 2017.
 */
class Lars extends TensorRule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 1;
  /** μ: what is kept of the buffer. @range [0, 1) @momentum */
  momentum: f64 = 0;
  /** Share of the gradient that does not enter the buffer. @range [0, 1] */
  dampening: f64 = 0;
  /** Whether to look ahead along the buffer; refused without momentum. */
  nesterov: bool = false;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** η: size of a step relative to the weights. @range (0, inf) */
  trustCoeff: f64 = 0.001;
  /** Added to the ratio's divisor. @range [0, inf) */
  eps: f64 = 1e-8;
  /** Whether the ratio is divided by the rate and then at most 1. */
  trustClip: bool = false;
  /** Whether tensors without decay are scaled as well. */
  alwaysAdapt: bool = false;

  states(): i32 {
    return this.momentum != 0 ? 1 : 0;
  }
  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (!bytes) return;
    let w = p.value, g = p.grad;
    let ratio = this.ratio(p, bytes, lr);
    let trust = f32x4.splat(<f32>ratio);
    let decay = f32x4.splat(<f32>(ratio * this.weightDecay));
    let rate = f32x4.splat(<f32>lr);
    let limit = this.limit(), scale = this.scale();
    let end = w + bytes;
    if (this.momentum == 0) {
      do {
        let x = v128.load(w);
        let d = f32x4.add(f32x4.mul(trust, gradientAt(g, limit, scale)), f32x4.mul(decay, x));
        v128.store(w, f32x4.sub(x, f32x4.mul(rate, d)));
        w += 16, g += 16;
      } while (w < end);
      return;
    }
    let mu = f32x4.splat(<f32>this.momentum);
    let keep = f32x4.splat(this.t == 1 ? 0 : <f32>this.momentum);
    let take = f32x4.splat(this.t == 1 ? 1 : <f32>(1 - this.dampening));
    let nesterov = this.nesterov;
    do {
      let x = v128.load(w);
      let d = f32x4.add(f32x4.mul(trust, gradientAt(g, limit, scale)), f32x4.mul(decay, x));
      let b = f32x4.add(f32x4.mul(keep, v128.load(s)), f32x4.mul(take, d));
      v128.store(s, b);
      if (nesterov) b = f32x4.add(d, f32x4.mul(mu, b));
      v128.store(w, f32x4.sub(x, f32x4.mul(rate, b)));
      w += 16, g += 16, s += 16;
    } while (w < end);
  }
  private ratio(p: Parameter, bytes: usize, lr: f64): f64 {
    if (this.weightDecay == 0 && !this.alwaysAdapt) return 1;
    let weight = sqrt(dotFlat(p.value, p.value, bytes));
    let gradient = sqrt(this.gradientSquares(p, bytes));
    let ratio = weight > 0 && gradient > 0 ? (this.trustCoeff * weight) / (gradient + weight * this.weightDecay + this.eps) : 1;
    return this.trustClip ? min(ratio / lr, 1) : ratio;
  }
}

export function lars(): Rule {
  return new Lars();
}
