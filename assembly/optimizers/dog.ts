import { Parameter } from "../parameter";
import { addSquares, total } from "../kernels/wide";
import { Rule, gradientAt } from "./rule";
import { TensorRule } from "./tensor-rule";

// The shared state, in float64.
const RBAR: usize = 0;
const G: usize = 8;

/**
 * Distance over gradients: r̄ₜ = max over i ≤ t of ‖wᵢ - w₀‖, at first repsRel·(1 + ‖w₀‖); G ← G + ‖g‖² from eps on;
 * w ← w - lr·r̄/√G·g. All tensors count as one vector. As there is no decay of the step, the authors advise to evaluate
 * an average of the weights; their code takes each group as a vector of its own. Ivgi, Hinder, Carmon 2023.
 */
class Dog extends TensorRule {
  /** Factor on the step; the authors advise 1. @range [0, inf) */
  lr: f64 = 1;
  /** First distance relative to 1 + ‖w₀‖; 1e-4 with batch normalisation. @range (0, inf) */
  repsRel: f64 = 1e-6;
  /** What the sum of squared gradients starts from. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Size of the first step in place of what repsRel makes it; 0 or null for that. @range [0, inf) @nullable */
  initEta: f64 = 0;
  // Sums over the tensors of this step, and the step's factor on the gradients.
  private distance: f64 = 0;
  private squares: f64 = 0;
  private eta: f64 = 0;

  /** w₀ */
  states(): i32 {
    return 1;
  }
  sharedBytes(): f64 {
    return 16;
  }
  passes(): i32 {
    return 1;
  }
  begin(): void {
    this.distance = this.squares = 0;
  }
  look(pass: i32, p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let w = p.value;
    let sum = f64x2.splat(0);
    // At first the distance is that from 0, and w₀ is where the weights are.
    for (let i: usize = 0; i < bytes; i += 16) sum = addSquares(sum, f32x4.sub(v128.load(w + i), v128.load(s + i)));
    if (this.t == 1) memory.copy(s, w, bytes);
    this.distance += total(sum);
    this.squares += this.gradientSquares(p, bytes, this.weightDecay);
  }
  endPass(pass: i32): void {
    let first = this.t == 1;
    let distance = sqrt(this.distance);
    let eta = this.initEta;
    let rbar = !first ? max(load<f64>(this.shared, RBAR), distance) : eta > 0 ? 0 : this.repsRel * (1 + distance);
    let sum = this.squares + (first ? this.eps : load<f64>(this.shared, G));
    store<f64>(this.shared, rbar, RBAR);
    store<f64>(this.shared, sum, G);
    if (!first || eta == 0) eta = sum > 0 ? (this.rate * rbar) / sqrt(sum) : 0;
    this.eta = eta;
  }
  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let rate = f32x4.splat(<f32>(this.eta * p.lrScale));
    let decay = f32x4.splat(<f32>this.weightDecay);
    let limit = this.limit(), scale = this.scale();
    let w = p.value, g = p.grad;
    for (let end = w + bytes; w < end; w += 16, g += 16) {
      let x = v128.load(w);
      v128.store(w, f32x4.sub(x, f32x4.mul(rate, f32x4.add(gradientAt(g, limit, scale), f32x4.mul(decay, x)))));
    }
  }
}

export function dog(): Rule {
  return new Dog();
}
