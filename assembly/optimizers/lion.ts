import { Rule } from "./rule";
import { ElementRule, clippedGradient } from "./element-rule";
import { sign4 } from "../kernels/sign";

/**
 * Lion, the sign of a look-ahead mean: w ← w(1 - lr·λ) - lr·sign(m + (1 - β₁)(g - m)); m ← m + (1 - β₂)(g - m). Every weight
 * moves by lr, so lr is 3 to 10 times smaller than Adam's and λ as much larger. Chen and others 2023.
 */
class Lion extends ElementRule<Lion> {
  /** Learning rate: how far each weight moves. @range [0, inf) */
  lr: f64 = 1e-4;
  /** β₁: weight of the mean beside the gradient in the sign. @range [0, 1] @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean gradient. @range [0, 1] */
  beta2: f64 = 0.99;
  /** λ: decoupled decay. @range [0, inf) */
  weightDecay: f64 = 0;

  states(): i32 {
    return 1;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let limit = this.limit(), scale = this.scale();
    let r1 = f32x4.splat(<f32>(1 - this.beta1));
    let r2 = f32x4.splat(<f32>(1 - this.beta2));
    let rate = f32x4.splat(<f32>lr);
    let keep = f32x4.splat(<f32>(1 - lr * this.weightDecay));
    let end = w + bytes;
    do {
      let mean = v128.load(s);
      let off = f32x4.sub(clippedGradient(FULL, g, limit, scale), mean);
      let way = sign4(f32x4.add(mean, f32x4.mul(r1, off)));
      v128.store(s, f32x4.add(mean, f32x4.mul(r2, off)));
      v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), keep), f32x4.mul(rate, way)));
      w += 16, g += 16, s += 16;
    } while (w < end);
  }
}

export function lion(): Rule {
  return new Lion();
}
