import { Rule } from "./rule";
import { ScheduleFree } from "./schedule-free";

/**
 * AdamW without a schedule, by averaging: v as in Adam, z ← z - lr·(g/(√v̂ + eps) + λy), x the weighted mean of the z, gradients
 * at y = (1 - β₁)z + β₁x. The parameters are y, inference uses x; batch norm's statistics should be taken anew at x.
 * Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky 2024. Early versions of their code had √(1 - β₂ᵗ) in the rate, and so in
 * the weights of the mean; here, as now, it stands below the gradient.
 */
class ScheduleFreeAdamw extends ScheduleFree<ScheduleFreeAdamw> {
  /** Learning rate, 1 to 10 times that of AdamW with a schedule. @range [0, inf) */
  lr: f64 = 0.0025;
  /** β₁: weight of x in y. @range (0, 1) */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decoupled decay, taken at y. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Steps in which the rate rises linearly. @range [0, inf) */
  warmupSteps: i32 = 0;
  /** Power of t in a step's weight in the mean. @range [0, inf) */
  r: f64 = 0;
  /** Power of the largest rate so far in a step's weight. @range [0, inf) */
  weightLrPower: f64 = 2;

  beta(): f64 {
    return this.beta1;
  }
  /** z and v. */
  states(): i32 {
    return 2;
  }
  full(): bool {
    return <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    this.loop(FULL, true, w, g, s, stride, bytes, lr, this.beta2, this.eps);
  }
}

export function scheduleFreeAdamw(): Rule {
  return new ScheduleFreeAdamw();
}
