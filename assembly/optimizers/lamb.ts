import { moment4 } from "../kernels/flush";
import { Parameter } from "../parameter";
import { addSquares, total } from "../kernels/wide";
import { Rule, gradientAt, power } from "./rule";
import { TensorRule, adamStep } from "./tensor-rule";

/**
 * Adam whose step has a size in proportion to each tensor's weights: u = m̂/(√v̂ + eps) + λw, w ← w - lr·‖w‖/‖u‖·u.
 * The ratio is 1 where a norm is 0, and without decay unless `alwaysAdapt`. As NVIDIA's and timm's
 * NvLAMB: gradients are first clipped by their global norm; the paper bounds ‖w‖ by a function and does not clip.
 * You, Li, Reddi, Hseu, Kumar, Bhojanapalli, Song, Demmel, Keutzer, Hsieh 2019.
 */
class Lamb extends TensorRule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-6;
  /** λ: decay, inside the ratio. @range [0, inf) */
  weightDecay: f64 = 0.01;
  /** Whether the averages, which start at 0, are divided by 1 - βᵗ. */
  biasCorrection: bool = true;
  /** Bound on the norm of all gradients together; 0 or null for none. Warning: NVIDIA's and timm's; the paper clips nothing. @range [0, inf) @nullable */
  maxGradNorm: f64 = 1;
  /** Whether a gradient enters its mean with weight 1 - β₁ rather than 1. */
  gradAveraging: bool = true;
  /** Whether the decay stands beside the step, w ← (1 - lr·λ)·w, outside the ratio. */
  decoupledDecay: bool = false;
  /** Whether the ratio is at most 1. */
  trustClip: bool = false;
  /** Whether tensors without decay are scaled as well. */
  alwaysAdapt: bool = false;
  // Σ g² over all tensors of this step.
  private squares: f64 = 0;

  states(): i32 {
    return 2;
  }
  passes(): i32 {
    return this.maxGradNorm > 0 ? 1 : 0;
  }
  begin(): void {
    this.squares = 0;
  }
  look(pass: i32, p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    this.squares += this.gradientSquares(p, bytes);
  }
  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let decay = this.weightDecay;
    let keepScalar = this.decoupledDecay ? 1 - lr * decay : 1;
    let keep = f32x4.splat(<f32>keepScalar);
    let l2 = f32x4.splat(this.decoupledDecay ? 0 : <f32>decay);
    let a = f32x4.splat(this.biasCorrection ? <f32>(1 / (1 - power(this.beta1, this.t))) : 1);
    let b = f32x4.splat(this.biasCorrection ? <f32>(1 / sqrt(1 - power(this.beta2, this.t))) : 1);
    let eps = f32x4.splat(<f32>this.eps);
    let trust: f64 = 1;
    let norms = this.moments(p, s, s + stride, bytes, l2, a, b, eps);
    if (decay != 0 || this.alwaysAdapt) {
      let weight = abs(keepScalar) * sqrt(f64x2.extract_lane(norms, 0)), step = sqrt(f64x2.extract_lane(norms, 1));
      if (weight > 0 && step > 0) trust = weight / step;
      if (this.trustClip) trust = min(trust, 1);
    }
    let rate = f32x4.splat(<f32>(lr * trust));
    let w = p.value, v = s + stride;
    for (let end = w + bytes; w < end; w += 16, s += 16, v += 16) {
      let x = v128.load(w);
      let u = f32x4.add(adamStep(v128.load(s), v128.load(v), a, b, eps), f32x4.mul(l2, x));
      v128.store(w, f32x4.sub(f32x4.mul(keep, x), f32x4.mul(rate, u)));
    }
  }
  /** Brings m and v up to date; gives ‖w‖² and ‖u‖². */
  private moments(p: Parameter, m: usize, v: usize, bytes: usize, l2: v128, a: v128, b: v128, eps: v128): v128 {
    let limit = this.limit(), scale = this.scale();
    if (this.maxGradNorm > 0) {
      scale = f32x4.splat(<f32>(this.gradScale / max(1, sqrt(this.squares) / this.maxGradNorm)));
    }
    let beta1 = f32x4.splat(<f32>this.beta1), beta2 = f32x4.splat(<f32>this.beta2);
    let take1 = f32x4.splat(this.gradAveraging ? <f32>(1 - this.beta1) : 1);
    let take2 = f32x4.splat(<f32>(1 - this.beta2));
    let weights = f64x2.splat(0), steps = f64x2.splat(0);
    let w = p.value, g = p.grad;
    for (let end = w + bytes; w < end; w += 16, g += 16, m += 16, v += 16) {
      let x = v128.load(w);
      let d = gradientAt(g, limit, scale);
      let mean = f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(take1, d));
      let square = f32x4.add(f32x4.mul(beta2, v128.load(v)), f32x4.mul(take2, moment4(d)));
      v128.store(m, mean);
      v128.store(v, square);
      weights = addSquares(weights, x);
      steps = addSquares(steps, f32x4.add(adamStep(mean, square, a, b, eps), f32x4.mul(l2, x)));
    }
    return f64x2.replace_lane(f64x2.splat(total(weights)), 1, total(steps));
  }
}

export function lamb(): Rule {
  return new Lamb();
}
