import { moment4 } from "../kernels/flush";
import { Rule, power } from "./rule";
import { ElementRule, clippedGradient, quotient } from "./element-rule";
import { log64, power64 } from "../math/scalar";

/**
 * AdEMAMix, AdamW with a second, slow mean of the gradients: m₁ ← β₁m₁ + (1 - β₁)g; m₂ ← β₃m₂ + (1 - β₃)g; v as in Adam;
 * w ← w(1 - lr·λ) - lr·(m₁/(1 - β₁ᵗ) + α·m₂)/(√v̂ + eps). m₂ has no bias correction. Warm-ups raise α linearly from 0 and the
 * half-life of β₃ linearly from that of β₁. Pagliardini, Ablin, Grangier 2024.
 */
class Ademamix extends ElementRule<Ademamix> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: weight of the past in the fast mean. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** β₃: weight of the past in the slow mean. @range [0, 1) */
  beta3: f64 = 0.9999;
  /** α: weight of the slow mean. @range [0, inf) */
  alpha: f64 = 2;
  /** Steps in which α rises; 0 for none. @range [0, inf) */
  alphaWarmup: i32 = 0;
  /** Steps in which β₃ rises; 0 for none. @range [0, inf) */
  beta3Warmup: i32 = 0;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decoupled decay. @range [0, inf) */
  weightDecay: f64 = 0;

  // α and β₃ of the step in hand
  private mix: f64 = 0;
  private slow: f64 = 0;

  begin(): void {
    let t = <f64>this.t;
    this.mix = t < this.alphaWarmup ? (this.alpha * t) / this.alphaWarmup : this.alpha;
    this.slow = this.beta3;
    if (t < this.beta3Warmup) {
      let part = t / this.beta3Warmup;
      this.slow = power64(0.5, 1 / ((1 - part) * halfLife(this.beta1) + part * halfLife(this.beta3)));
    }
  }
  states(): i32 {
    return 3;
  }
  full(): bool {
    return <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let limit = this.limit(), scale = this.scale();
    let r1 = f32x4.splat(<f32>(1 - this.beta1));
    let r2 = f32x4.splat(<f32>(1 - this.beta2));
    let r3 = f32x4.splat(<f32>(1 - this.slow));
    let onFast = f32x4.splat(<f32>(lr / (1 - power(this.beta1, this.t))));
    let onSlow = f32x4.splat(<f32>(lr * this.mix));
    let root = f32x4.splat(<f32>(1 / sqrt(1 - power(this.beta2, this.t))));
    let eps = f32x4.splat(<f32>this.eps);
    let keep = f32x4.splat(<f32>(1 - lr * this.weightDecay));
    let m1 = s, m2 = m1 + stride, v = m2 + stride;
    let end = w + bytes;
    do {
      let d = clippedGradient(FULL, g, limit, scale);
      let fast = v128.load(m1);
      fast = f32x4.add(fast, f32x4.mul(r1, f32x4.sub(d, fast)));
      v128.store(m1, fast);
      let slow = v128.load(m2);
      slow = f32x4.add(slow, f32x4.mul(r3, f32x4.sub(d, slow)));
      v128.store(m2, slow);
      let square = v128.load(v);
      square = f32x4.add(square, f32x4.mul(r2, f32x4.sub(moment4(d), square)));
      v128.store(v, square);
      let above = f32x4.add(f32x4.mul(onFast, fast), f32x4.mul(onSlow, slow));
      let below = f32x4.add(f32x4.mul(f32x4.sqrt(square), root), eps);
      v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), keep), quotient(FULL, above, below)));
      w += 16, g += 16, m1 += 16, m2 += 16, v += 16;
    } while (w < end);
  }
}

/** Steps after which half of a mean is forgotten; the addend is the authors', for β = 0. */
function halfLife(beta: f64): f64 {
  return log64(0.5) / log64(beta + 1e-8);
}

export function ademamix(): Rule {
  return new Ademamix();
}
