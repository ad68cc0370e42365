import { Rule } from "./rule";
import { ScheduleFree } from "./schedule-free";

/**
 * Gradient descent without a schedule, by averaging: z ← z - lr·(g + λy), x the weighted mean of the z, gradients at
 * y = (1 - momentum)z + momentum·x. The parameters are y, inference uses x; batch norm's statistics should be taken anew at x.
 * Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky 2024.
 */
class ScheduleFreeSgd extends ScheduleFree<ScheduleFreeSgd> {
  /** Learning rate, 10 to 50 times that of gradient descent with a schedule. @range [0, inf) */
  lr: f64 = 1;
  /** β: weight of x in y. @range (0, 1) */
  momentum: f64 = 0.9;
  /** λ: L2 decay, taken at y. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Steps in which the rate rises linearly. @range [0, inf) */
  warmupSteps: i32 = 0;
  /** Power of t in a step's weight in the mean. @range [0, inf) */
  r: f64 = 0;
  /** Power of the largest rate so far in a step's weight. @range [0, inf) */
  weightLrPower: f64 = 2;

  beta(): f64 {
    return this.momentum;
  }
  /** z. */
  states(): i32 {
    return 1;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    this.loop(FULL, false, w, g, s, stride, bytes, lr, 0, 0);
  }
}

export function scheduleFreeSgd(): Rule {
  return new ScheduleFreeSgd();
}
