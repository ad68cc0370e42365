import { Rule } from "./rule";
import { AdamRule } from "./adam-rule";
import { power64 } from "../math/scalar";

/**
 * Adam with Nesterov's look ahead: μₜ = β₁(1 - 0.96^(t·momentumDecay)/2), P = μ₁…μₜ, m and v as in Adam,
 * w ← w - lr·(μₜ₊₁·m/(1 - P·μₜ₊₁) + (1 - μₜ)·g/(1 - P))/(√v̂ + eps). Dozat 2016. PyTorch 1.10 to 1.13 have μₜ in the first
 * correction once more (1 - P·μₜ·μₜ₊₁), a slip that 2.0 repaired. Warning: it is the default; muTwice: false for all others.
 */
class Nadam extends AdamRule<Nadam> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.002;
  /** β₁: weight of the past in the mean gradient, and what μ grows to. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** How fast μ grows from β₁/2 to β₁. @range [0, inf) */
  momentumDecay: f64 = 0.004;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether μₜ stands twice in the correction of the mean gradient: a slip of PyTorch 1.10 to 1.13. Warning: false for PyTorch 2 and the paper. */
  muTwice: bool = true;

  // μₜ and μₜ₊₁ of the step in hand
  private mu: f64 = 0;
  private muNext: f64 = 0;

  /** P, f64. */
  sharedBytes(): f64 {
    return 8;
  }
  begin(): void {
    super.begin();
    this.mu = this.momentum(this.t);
    this.muNext = this.momentum(this.t + 1);
    let product = this.t == 1 ? this.mu : load<f64>(this.shared) * this.mu;
    store<f64>(this.shared, product < 1e-100 ? 0 : product);
  }
  private momentum(t: u32): f64 {
    return this.beta1 * (1 - 0.5 * power64(0.96, <f64>t * this.momentumDecay));
  }
  coupled(): f64 {
    return this.weightDecay;
  }
  step(lr: f64): f64 {
    return (lr * this.muNext) / (1 - load<f64>(this.shared) * this.muNext * (this.muTwice ? this.mu : 1));
  }
  ahead(lr: f64): f64 {
    return (lr * (1 - this.mu)) / (1 - load<f64>(this.shared));
  }
  // @ts-ignore: decorator
  @inline
  above(mean: v128, d: v128, step: v128, ahead: v128): v128 {
    return f32x4.add(f32x4.mul(step, mean), f32x4.mul(ahead, d));
  }
}

export function nadam(): Rule {
  return new Nadam();
}
