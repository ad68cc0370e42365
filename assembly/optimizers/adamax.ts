import { Rule, power } from "./rule";
import { ElementRule, decayedGradient, quotient } from "./element-rule";

/**
 * AdaMax, Adam with the maximum for the mean square: m ← m + (1 - β₁)(g - m); u ← max(β₂u, |g| + eps);
 * w ← w - lr/(1 - β₁ᵗ)·m/u. Kingma, Ba 2014, section 7. There eps is missing; Keras adds it to u in the division instead.
 */
class Adamax extends ElementRule<Adamax> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.002;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: what is left of the maximum after a step. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to |g|. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;

  states(): i32 {
    return 2;
  }
  full(): bool {
    return this.weightDecay != 0 || <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(<f32>this.weightDecay);
    let r1 = f32x4.splat(<f32>(1 - this.beta1));
    let beta2 = f32x4.splat(<f32>this.beta2);
    let eps = f32x4.splat(<f32>this.eps);
    let rate = f32x4.splat(<f32>(lr / (1 - power(this.beta1, this.t))));
    let m = s, u = s + stride;
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = decayedGradient(FULL, g, limit, scale, decay, x);
      let mean = v128.load(m);
      mean = f32x4.add(mean, f32x4.mul(r1, f32x4.sub(d, mean)));
      v128.store(m, mean);
      let most = f32x4.pmax(f32x4.mul(beta2, v128.load(u)), f32x4.add(f32x4.abs(d), eps));
      v128.store(u, most);
      v128.store(w, f32x4.sub(x, quotient(FULL, f32x4.mul(rate, mean), most)));
      w += 16, g += 16, m += 16, u += 16;
    } while (w < end);
  }
}

export function adamax(): Rule {
  return new Adamax();
}
