import { Rule } from "./rule";
import { RectifiedRule } from "./rectified-rule";

/**
 * Rectified Adam: the first steps (5 with β₂ = 0.999) go along the mean gradient alone, then Adam's step is held back as
 * long as v averages few gradients, in place of a warm-up. Liu, Jiang, He, Chen, Liu, Gao, Han 2019; decay coupled (L2) as
 * in PyTorch, which adds eps to √v before the bias correction.
 */
class Radam extends RectifiedRule<Radam> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;

  coupled(): f64 {
    return this.weightDecay;
  }
}

export function radam(): Rule {
  return new Radam();
}
