import { Rule } from "./rule";
import { AdamRule } from "./adam-rule";

/** Adam with coupled (L2) decay, g ← g + λw. Kingma, Ba 2014; AMSGrad: Reddi, Kale, Kumar 2018. */
class Adam extends AdamRule<Adam> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: coupled L2 decay. Warning: divided by the root like the gradient, as in PyTorch; decay proper is adamw's. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether to divide by the largest second moment so far. */
  amsgrad: bool = false;

  coupled(): f64 {
    return this.weightDecay;
  }
  largest(): bool {
    return this.amsgrad;
  }
}

export function adam(): Rule {
  return new Adam();
}
