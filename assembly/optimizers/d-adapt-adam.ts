import { LEAST_ROOT, flush4 } from "../kernels/flush";
import { Parameter } from "../parameter";
import { addAbsolutes, addProducts, total } from "../kernels/wide";
import { quotient } from "./element-rule";
import { Rule, gradientAt, isCount, power } from "./rule";
import { adamStep } from "./tensor-rule";

// The shared state, in float64: d, the estimate's numerator, steps that moved.
const D: usize = 0;
const NUMERATOR: usize = 8;
const STEPS: usize = 16;

/**
 * Adam that estimates its own rate d, one for all tensors: with r = d·lr from before the step,
 * N ← √β₂·N + (1 - √β₂)·r·⟨g, s/(√v + eps)⟩ with v and s from before; m ← β₁m + (1 - β₁)·r·g, v ← β₂v + (1 - β₂)·g²,
 * s ← √β₂·s + (1 - √β₂)·r·g; d ← max(d, N/((1 - √β₂)·‖s‖₁)); w ← w - m/(√v + eps). The authors' third version; the
 * paper's and the first package estimate d from norms of s. Defazio, Mishchenko 2023.
 */
class DAdaptAdam extends Rule {
  /** Factor on the rate that the rule finds. @range [0, inf) */
  lr: f64 = 1;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether decay is decoupled rather than added to the gradient (L2). */
  decouple: bool = false;
  /** Whether the rate is corrected for the averages' start at 0. */
  useBiasCorrection: bool = false;
  /** What d starts from. @range (0, inf) */
  d0: f64 = 1e-6;
  /** The most that d grows by in a step, as 1.02; 0 or null for no bound. @range [0, inf) @nullable */
  growthRate: f64 = 0;
  // Of this step: the rate from before it, and the estimate's sums.
  private stepRate: f64 = 0;
  private numerator: f64 = 0;
  private denominator: f64 = 0;

  /** m, v, s */
  states(): i32 {
    return 3;
  }
  sharedBytes(): f64 {
    return 24;
  }
  sound(): bool {
    return isCount(load<f64>(this.shared, STEPS));
  }
  passes(): i32 {
    return 1;
  }
  begin(): void {
    if (this.t == 1) store<f64>(this.shared, this.d0, D);
    let steps = <u32>load<f64>(this.shared, STEPS) + 1;
    this.stepRate = load<f64>(this.shared, D) * this.rate;
    if (this.useBiasCorrection) this.stepRate *= sqrt(1 - power(this.beta2, steps)) / (1 - power(this.beta1, steps));
    this.numerator = this.denominator = 0;
  }
  look(pass: i32, p: Parameter, m: usize, stride: usize, bytes: usize, lr: f64): void {
    if (lr == 0) return;
    let step = this.stepRate * p.lrScale, root = sqrt(this.beta2);
    let beta1 = f32x4.splat(<f32>this.beta1), beta2 = f32x4.splat(<f32>this.beta2), beta3 = f32x4.splat(<f32>root);
    let take1 = f32x4.splat(<f32>(step * (1 - this.beta1))), take2 = f32x4.splat(<f32>(1 - this.beta2));
    let take3 = f32x4.splat(<f32>(this.stepRate * (1 - root)));
    let l2 = f32x4.splat(this.decouple ? 0 : <f32>this.weightDecay);
    let eps = f32x4.splat(<f32>this.eps);
    let limit = this.limit(), scale = this.scale();
    let way = f64x2.splat(0), sum = f64x2.splat(0);
    let w = p.value, g = p.grad, v = m + stride, s = v + stride;
    for (let end = w + bytes; w < end; w += 16, g += 16, m += 16, v += 16, s += 16) {
      let grad = flush4(f32x4.add(gradientAt(g, limit, scale), f32x4.mul(l2, v128.load(w))), LEAST_ROOT);
      let square = v128.load(v), weighted = v128.load(s);
      way = addProducts(way, grad, quotient(true, weighted, f32x4.add(f32x4.sqrt(square), eps)));
      v128.store(m, f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(take1, grad)));
      v128.store(v, f32x4.add(f32x4.mul(beta2, square), f32x4.mul(take2, f32x4.mul(grad, grad))));
      weighted = f32x4.add(f32x4.mul(beta3, weighted), f32x4.mul(take3, grad));
      v128.store(s, weighted);
      sum = addAbsolutes(sum, weighted);
    }
    this.numerator += this.stepRate * total(way);
    this.denominator += total(sum);
  }
  endPass(pass: i32): void {
    if (this.denominator == 0) return;
    let root = sqrt(this.beta2);
    let d = load<f64>(this.shared, D);
    let numerator = root * load<f64>(this.shared, NUMERATOR) + (1 - root) * this.numerator;
    let estimate = numerator / ((1 - root) * this.denominator);
    if (this.growthRate > 0) estimate = min(estimate, d * this.growthRate);
    store<f64>(this.shared, max(d, estimate), D);
    store<f64>(this.shared, numerator, NUMERATOR);
    store<f64>(this.shared, load<f64>(this.shared, STEPS) + 1, STEPS);
  }
  updateTensor(p: Parameter, m: usize, stride: usize, bytes: usize, lr: f64): void {
    // Without any gradient so far nothing moves.
    if (this.denominator == 0) return;
    let one = f32x4.splat(1), eps = f32x4.splat(<f32>this.eps);
    let keep = f32x4.splat(this.decouple ? <f32>(1 - this.stepRate * p.lrScale * this.weightDecay) : 1);
    let w = p.value, v = m + stride;
    for (let end = w + bytes; w < end; w += 16, m += 16, v += 16) {
      let u = adamStep(v128.load(m), v128.load(v), one, one, eps);
      v128.store(w, f32x4.sub(f32x4.mul(keep, v128.load(w)), u));
    }
  }
}

export function dAdaptAdam(): Rule {
  return new DAdaptAdam();
}
