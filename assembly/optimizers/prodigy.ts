import { LEAST_ROOT, flush4, moment4 } from "../kernels/flush";
import { Parameter } from "../parameter";
import { addAbsolutes, addProducts, total } from "../kernels/wide";
import { Rule, gradientAt, isCount, power } from "./rule";
import { adamStep } from "./tensor-rule";

// The shared state, in float64: d, the largest estimate so far, the estimate's numerator, steps that moved.
const D: usize = 0;
const D_MAX: usize = 8;
const NUMERATOR: usize = 16;
const STEPS: usize = 24;

/**
 * Adam that estimates its own rate d, one for all tensors: with r = d·lr and f = d/d₀ from before the step,
 * m ← β₁m + (1 - β₁)·d·g, v ← β₂v + (1 - β₂)·d²g², s ← β₃s + f·r·g, N ← β₃N + f·r·⟨g, w₀ - w⟩, d̂ = dCoef·N/‖s‖₁;
 * while d = d₀, d ← max(d, d̂), then d ← the largest d̂ so far; w ← w - r·m/(√v + d·eps). The authors' form: no bias
 * correction unless asked for, and r is d's value from before. Mishchenko, Defazio 2023.
 */
class Prodigy extends Rule {
  /** Factor on the rate that the rule finds. @range [0, inf) */
  lr: f64 = 1;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** β₃: weight of the past in the estimate of d; 0 or null for √β₂. @range [0, 1) @nullable */
  beta3: f64 = 0;
  /** Added to the root, times d. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether decay is decoupled rather than added to the gradient (L2). */
  decouple: bool = true;
  /** Whether the rate is corrected for the averages' start at 0. */
  useBiasCorrection: bool = false;
  /** Whether lr is left out of ‖s‖₁, so that a warm-up of lr does not mislead the estimate. */
  safeguardWarmup: bool = false;
  /** d₀: what d starts from. @range (0, inf) */
  d0: f64 = 1e-6;
  /** Factor on the estimate. @range (0, inf) */
  dCoef: f64 = 1;
  /** The most that d grows by in a step, as 1.02; 0 or null for no bound. @range [0, inf) @nullable */
  growthRate: f64 = 0;
  // Of this step: d (from before it, then the new one), the rate from before it, the estimate's sums.
  private d: f64 = 0;
  private stepRate: f64 = 0;
  private numerator: f64 = 0;
  private denominator: f64 = 0;

  /** m, v, s, w₀ */
  states(): i32 {
    return 4;
  }
  sharedBytes(): f64 {
    return 32;
  }
  sound(): bool {
    return isCount(load<f64>(this.shared, STEPS));
  }
  passes(): i32 {
    return 1;
  }
  begin(): void {
    if (this.t == 1) {
      store<f64>(this.shared, this.d0, D);
      store<f64>(this.shared, this.d0, D_MAX);
    }
    let d = load<f64>(this.shared, D);
    let steps = <u32>load<f64>(this.shared, STEPS) + 1;
    this.d = d;
    this.stepRate = d * this.rate;
    if (this.useBiasCorrection) this.stepRate *= sqrt(1 - power(this.beta2, steps)) / (1 - power(this.beta1, steps));
    this.numerator = this.denominator = 0;
  }
  private get beta3Value(): f64 {
    return this.beta3 > 0 ? this.beta3 : sqrt(this.beta2);
  }
  look(pass: i32, p: Parameter, m: usize, stride: usize, bytes: usize, lr: f64): void {
    let w = p.value, g = p.grad, v = m + stride, s = v + stride, start = s + stride;
    if (this.t == 1) memory.copy(start, w, bytes);
    if (lr == 0) return;
    let d = this.d;
    let beta1 = f32x4.splat(<f32>this.beta1), beta2 = f32x4.splat(<f32>this.beta2), beta3 = f32x4.splat(<f32>this.beta3Value);
    let take1 = f32x4.splat(<f32>(d * (1 - this.beta1))), take2 = f32x4.splat(<f32>(d * sqrt(1 - this.beta2)));
    let take3 = f32x4.splat(<f32>((d / this.d0) * (this.safeguardWarmup ? d : this.stepRate)));
    let l2 = f32x4.splat(this.decouple ? 0 : <f32>this.weightDecay);
    let limit = this.limit(), scale = this.scale();
    let way = f64x2.splat(0), sum = f64x2.splat(0);
    for (let end = w + bytes; w < end; w += 16, g += 16, m += 16, v += 16, s += 16, start += 16) {
      let x = v128.load(w);
      let grad = flush4(f32x4.add(gradientAt(g, limit, scale), f32x4.mul(l2, x)), LEAST_ROOT);
      way = addProducts(way, grad, f32x4.sub(v128.load(start), x));
      v128.store(m, f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(take1, grad)));
      v128.store(v, f32x4.add(f32x4.mul(beta2, v128.load(v)), moment4(f32x4.mul(take2, grad))));
      let weighted = f32x4.add(f32x4.mul(beta3, v128.load(s)), f32x4.mul(take3, grad));
      v128.store(s, weighted);
      sum = addAbsolutes(sum, weighted);
    }
    this.numerator += (d / this.d0) * this.stepRate * total(way);
    this.denominator += total(sum);
  }
  endPass(pass: i32): void {
    if (this.denominator == 0) return;
    let d = this.d;
    let numerator = this.beta3Value * load<f64>(this.shared, NUMERATOR) + this.numerator;
    let estimate = (this.dCoef * numerator) / this.denominator;
    if (d == this.d0) d = max(d, estimate);
    let most = max(load<f64>(this.shared, D_MAX), estimate);
    d = this.growthRate > 0 ? min(most, d * this.growthRate) : most;
    store<f64>(this.shared, d, D);
    store<f64>(this.shared, most, D_MAX);
    store<f64>(this.shared, numerator, NUMERATOR);
    store<f64>(this.shared, load<f64>(this.shared, STEPS) + 1, STEPS);
    this.d = d;
  }
  updateTensor(p: Parameter, m: usize, stride: usize, bytes: usize, lr: f64): void {
    // Without any gradient so far nothing moves.
    if (this.denominator == 0) return;
    let step = this.stepRate * p.lrScale;
    let one = f32x4.splat(1);
    let rate = f32x4.splat(<f32>step), eps = f32x4.splat(<f32>(this.d * this.eps));
    let keep = f32x4.splat(this.decouple ? <f32>(1 - step * this.weightDecay) : 1);
    let w = p.value, v = m + stride;
    for (let end = w + bytes; w < end; w += 16, m += 16, v += 16) {
      let u = adamStep(v128.load(m), v128.load(v), one, one, eps);
      v128.store(w, f32x4.sub(f32x4.mul(keep, v128.load(w)), f32x4.mul(rate, u)));
    }
  }
}

export function prodigy(): Rule {
  return new Prodigy();
}
