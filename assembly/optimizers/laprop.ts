import { moment4 } from "../kernels/flush";
import { Rule, power } from "./rule";
import { ElementRule, clippedGradient, quotient } from "./element-rule";

/**
 * LaProp, momentum over normalised gradients where Adam normalises the momentum: v ← v + (1 - β₂)(g² - v);
 * m ← m + (1 - β₁)(lr·g/(√v̂ + eps) - m); w ← (w - m/c)(1 - lr·λ), c = L/lr with the mean L ← L + (1 - β₁)(lr - L) of the rates
 * so far: 1 - β₁ᵗ if they were all equal. Ziyin, Wang, Ueda 2020. A rate of 0 moves nothing; there the authors take c = 1.
 */
class Laprop extends ElementRule<Laprop> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 4e-4;
  /** β₁: weight of the past in the mean step. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-15;
  /** λ: decoupled decay, after the step. @range [0, inf) */
  weightDecay: f64 = 0;

  states(): i32 {
    return 2;
  }
  /** L, f64. */
  sharedBytes(): f64 {
    return 8;
  }
  begin(): void {
    let mean = load<f64>(this.shared);
    store<f64>(this.shared, mean + (1 - this.beta1) * (this.rate - mean));
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
    let rate = f32x4.splat(<f32>lr);
    let correction = f32x4.splat(this.rate > 0 ? <f32>(this.rate / load<f64>(this.shared)) : 0);
    let root = f32x4.splat(<f32>(1 / sqrt(1 - power(this.beta2, this.t))));
    let eps = f32x4.splat(<f32>this.eps);
    let keep = f32x4.splat(<f32>(1 - lr * this.weightDecay));
    let m = s, v = s + stride;
    let end = w + bytes;
    do {
      let d = clippedGradient(FULL, g, limit, scale);
      let square = v128.load(v);
      square = f32x4.add(square, f32x4.mul(r2, f32x4.sub(moment4(d), square)));
      v128.store(v, square);
      let way = quotient(FULL, f32x4.mul(rate, d), f32x4.add(f32x4.mul(f32x4.sqrt(square), root), eps));
      let mean = v128.load(m);
      mean = f32x4.add(mean, f32x4.mul(r1, f32x4.sub(way, mean)));
      v128.store(m, mean);
      v128.store(w, f32x4.mul(keep, f32x4.sub(v128.load(w), f32x4.mul(correction, mean))));
      w += 16, g += 16, m += 16, v += 16;
    } while (w < end);
  }
}

export function laprop(): Rule {
  return new Laprop();
}
