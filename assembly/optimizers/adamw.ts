import { Rule } from "./rule";
import { AdamRule } from "./adam-rule";

/** Adam with decoupled decay, w ← w - lr·λ·w beside the step. Loshchilov, Hutter 2017. */
class Adamw extends AdamRule<Adamw> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decoupled decay. @range [0, inf) */
  weightDecay: f64 = 0.01;
  /** Whether to divide by the largest second moment so far. */
  amsgrad: bool = false;

  decoupled(): f64 {
    return this.weightDecay;
  }
  largest(): bool {
    return this.amsgrad;
  }
}

export function adamw(): Rule {
  return new Adamw();
}
