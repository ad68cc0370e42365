import { moment4 } from "../kernels/flush";
import { Rule, power } from "./rule";
import { ElementRule, clippedGradient, quotient } from "./element-rule";

/**
 * Adan, Nesterov's momentum from differences of gradients, d = gₜ - gₜ₋₁ (d₁ = 0): m ← β₁m + (1 - β₁)g; v ← β₂v + (1 - β₂)d;
 * n ← β₃n + (1 - β₃)(g + β₂d)²; w ← (w - lr·(m̂ + β₂v̂)/(√n̂ + eps))/(1 + lr·λ). Xie, Zhou, Li, Lin, Yan 2022.
 * Here β weighs the past, as in the authors' code, in the paper the new; optax has 1 - β₂ for the factor β₂.
 */
class Adan extends ElementRule<Adan> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.98;
  /** β₂: weight of the past in the mean difference. @range [0, 1) */
  beta2: f64 = 0.92;
  /** β₃: weight of the past in the mean square. @range [0, 1) */
  beta3: f64 = 0.99;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decay, a division by 1 + lr·λ after the step. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether to decay as AdamW does, w(1 - lr·λ), in place of the division. */
  noProx: bool = false;

  /** m, v, n and the last gradient. */
  states(): i32 {
    return 4;
  }
  full(): bool {
    return <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let limit = this.limit(), scale = this.scale();
    let m = s, v = m + stride, n = v + stride, last = n + stride;
    let end = w + bytes;
    if (this.t == 1) for (let i: usize = 0; i < bytes; i += 16) v128.store(last + i, clippedGradient(FULL, g + i, limit, scale));
    let decay = lr * this.weightDecay;
    let shrink = this.noProx ? 1 : 1 / (1 + decay);
    let keep = f32x4.splat(<f32>(this.noProx ? 1 - decay : shrink));
    let beta2 = f32x4.splat(<f32>this.beta2);
    let r1 = f32x4.splat(<f32>(1 - this.beta1));
    let r2 = f32x4.splat(<f32>(1 - this.beta2));
    let r3 = f32x4.splat(<f32>(1 - this.beta3));
    let onMean = f32x4.splat(<f32>((shrink * lr) / (1 - power(this.beta1, this.t))));
    let onDifference = f32x4.splat(<f32>((shrink * lr * this.beta2) / (1 - power(this.beta2, this.t))));
    let root = f32x4.splat(<f32>(1 / sqrt(1 - power(this.beta3, this.t))));
    let eps = f32x4.splat(<f32>this.eps);
    do {
      let d = clippedGradient(FULL, g, limit, scale);
      let change = f32x4.sub(d, v128.load(last));
      v128.store(last, d);
      let mean = v128.load(m);
      mean = f32x4.add(mean, f32x4.mul(r1, f32x4.sub(d, mean)));
      v128.store(m, mean);
      let difference = v128.load(v);
      difference = f32x4.add(difference, f32x4.mul(r2, f32x4.sub(change, difference)));
      v128.store(v, difference);
      d = f32x4.add(d, f32x4.mul(beta2, change));
      let square = v128.load(n);
      square = f32x4.add(square, f32x4.mul(r3, f32x4.sub(moment4(d), square)));
      v128.store(n, square);
      let above = f32x4.add(f32x4.mul(onMean, mean), f32x4.mul(onDifference, difference));
      let below = f32x4.add(f32x4.mul(f32x4.sqrt(square), root), eps);
      v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), keep), quotient(FULL, above, below)));
      w += 16, g += 16, m += 16, v += 16, n += 16, last += 16;
    } while (w < end);
  }
}

export function adan(): Rule {
  return new Adan();
}
