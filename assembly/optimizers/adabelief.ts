import { moment4 } from "../kernels/flush";
import { Rule } from "./rule";
import { RectifiedRule } from "./rectified-rule";

/**
 * AdaBelief, Adam by the deviation from the mean gradient: s ← s + (1 - β₂)((g - m)² - s) + eps for v, m already new; the rest
 * as in Adam, or as in RAdam with rectify. Zhuang, Tang, Ding, Tatikonda, Dvornek, Papademetris, Duncan 2020. As in their
 * package 0.2.1 eps stands in s and beside the root, and AMSGrad does nothing with rectify; rectify, there the default, is off.
 */
class Adabelief extends RectifiedRule<Adabelief> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared deviation. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the mean squared deviation in every step, and to the root. @range [0, inf) */
  eps: f64 = 1e-16;
  /** λ: decay, decoupled unless weightDecouple is false. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether the decay stands beside the step (AdamW) or joins the gradient (L2). */
  weightDecouple: bool = true;
  /** Whether to rectify the step as RAdam does. Warning: on by default in the authors' package. */
  rectify: bool = false;
  /** Whether to divide by the largest second moment so far. */
  amsgrad: bool = false;

  coupled(): f64 {
    return this.weightDecouple ? 0 : this.weightDecay;
  }
  decoupled(): f64 {
    return this.weightDecouple ? this.weightDecay : 0;
  }
  rectifies(): bool {
    return this.rectify;
  }
  largest(): bool {
    return this.amsgrad && !this.rectify;
  }
  // @ts-ignore: decorator
  @inline
  second(v: v128, d: v128, mean: v128, r2: v128, eps: v128): v128 {
    let off = f32x4.sub(d, mean);
    return f32x4.add(f32x4.add(v, f32x4.mul(r2, f32x4.sub(moment4(off), v))), eps);
  }
}

export function adabelief(): Rule {
  return new Adabelief();
}
