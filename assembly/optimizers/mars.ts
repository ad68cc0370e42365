import { moment4 } from "../kernels/flush";
import { Parameter } from "../parameter";
import { addSquares, total } from "../kernels/wide";
import { sign4 } from "../kernels/sign";
import { Rule, gradientAt, power } from "./rule";
import { TensorRule, adamStep } from "./tensor-rule";

const ADAMW: i32 = 0;

/**
 * Variance reduction before an adaptive rule: c = g + γ·β₁/(1 - β₁)·(g - gₜ₋₁), its norm bounded by 1 a tensor, takes
 * the gradient's place in AdamW or (m ← β₁m + (1 - β₁)c, w ← w - lr·(sign m + λw)) Lion. The approximate form, with the
 * last batch's gradient. timm's form: c₁ = g₁ unbounded; vectors go through AdamW on g with the same betas.
 * Yuan, Liu, Wu, Zhou, Gu 2024.
 */
class Mars extends TensorRule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.003;
  /** β₁: weight of the past in the mean of c. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean of c². @range [0, 1) */
  beta2: f64 = 0.99;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decoupled decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** γ: share of the correction. @range [0, inf) */
  gamma: f64 = 0.025;
  /** The rule that c goes through. @values adamw lion @alias type */
  marsType: i32 = 0;
  /** Whether vectors are corrected as well. */
  optimize1d: bool = false;
  /** Factor on the rate of vectors that are not corrected. @range [0, inf) */
  lr1dFactor: f64 = 1;

  /** m, v, the last gradient. */
  states(): i32 {
    return 3;
  }
  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let corrects = p.columns > 0 || this.optimize1d;
    if (!corrects) lr *= this.lr1dFactor;
    let lion = corrects && this.marsType != ADAMW;
    let limit = this.limit(), scale = this.scale();
    let w = p.value, g = p.grad, v = s + stride, before = v + stride;
    let share = f32x4.splat(corrects && this.t > 1 ? <f32>((this.gamma * this.beta1) / (1 - this.beta1)) : 0);
    let bound = f32x4.splat(corrects && this.t > 1 ? <f32>(1 / max(1, this.norm(g, before, bytes, share))) : 1);
    let r1 = f32x4.splat(<f32>(1 - this.beta1)), r2 = f32x4.splat(<f32>(1 - this.beta2));
    let a = f32x4.splat(<f32>(1 / (1 - power(this.beta1, this.t))));
    let b = f32x4.splat(<f32>(1 / sqrt(1 - power(this.beta2, this.t))));
    let eps = f32x4.splat(<f32>this.eps);
    let rate = f32x4.splat(<f32>lr), keep = f32x4.splat(<f32>(1 - lr * this.weightDecay));
    for (let end = w + bytes; w < end; w += 16, g += 16, s += 16, v += 16, before += 16) {
      let d = gradientAt(g, limit, scale);
      let c = f32x4.mul(bound, f32x4.add(d, f32x4.mul(share, f32x4.sub(d, v128.load(before)))));
      v128.store(before, d);
      let mean = v128.load(s), square = v128.load(v);
      mean = f32x4.add(mean, f32x4.mul(r1, f32x4.sub(c, mean)));
      square = f32x4.add(square, f32x4.mul(r2, f32x4.sub(moment4(c), square)));
      v128.store(s, mean);
      v128.store(v, square);
      let u = lion ? sign4(mean) : adamStep(mean, square, a, b, eps);
      v128.store(w, f32x4.sub(f32x4.mul(keep, v128.load(w)), f32x4.mul(rate, u)));
    }
  }
  /** ‖c‖ */
  private norm(g: usize, before: usize, bytes: usize, share: v128): f64 {
    let limit = this.limit(), scale = this.scale();
    let sum = f64x2.splat(0);
    for (let end = g + bytes; g < end; g += 16, before += 16) {
      let d = gradientAt(g, limit, scale);
      sum = addSquares(sum, f32x4.add(d, f32x4.mul(share, f32x4.sub(d, v128.load(before)))));
    }
    return sqrt(total(sum));
  }
}

export function mars(): Rule {
  return new Mars();
}
