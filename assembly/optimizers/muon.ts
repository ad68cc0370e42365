import { Parameter } from "../parameter";
import { addSquares, total } from "../kernels/wide";
import { orthogonalize, orthogonalizeBytes } from "../kernels/newton-schulz";
import { Rule, gradientAt } from "./rule";
import { AdamRule } from "./adam-rule";

/**
 * Momentum made orthogonal: b ← b + (1 - μ)(g - b), u = g + μ(b - g) with Nesterov or b, O = NewtonSchulz(u),
 * w ← (1 - lr·λ)·w - lr·√max(1, rows/columns)·O. For matrices; vectors and tensors marked `auxiliary` (the output
 * layer) go through AdamW with the options aux…, whose rate follows schedules in proportion. Others scale O by
 * 0.2·√max(rows, columns). Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein 2024.
 */
class Muon extends AdamRule<Muon> {
  /** Learning rate of matrices: the size of a step's singular values. @range [0, inf) */
  lr: f64 = 0.02;
  /** μ: what is kept of the buffer. @range [0, 1) @momentum */
  momentum: f64 = 0.95;
  /** Whether to look ahead along the buffer. */
  nesterov: bool = true;
  /** Newton-Schulz iterations. @range [1, inf) */
  nsSteps: i32 = 5;
  /** λ: decoupled decay of matrices. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Learning rate of the auxiliary AdamW. @range [0, inf) */
  auxLr: f64 = 0.0003;
  /** β₁ of the auxiliary AdamW. @range [0, 1) */
  auxBeta1: f64 = 0.9;
  /** β₂ of the auxiliary AdamW. @range [0, 1) */
  auxBeta2: f64 = 0.95;
  /** Added to the root in the auxiliary AdamW. @range (0, inf) */
  auxEps: f64 = 1e-10;
  /** Decoupled decay in the auxiliary AdamW. @range [0, inf) */
  auxWeightDecay: f64 = 0;

  /** The buffer, or m. */
  states(): i32 {
    return 1;
  }
  /** v, where AdamW is at work. */
  tensorBytes(p: Parameter): f64 {
    return isMatrix(p) ? 0 : <f64>p.paddedBytes;
  }
  workBytes(p: Parameter): f64 {
    return isMatrix(p) ? <f64>p.paddedBytes + orthogonalizeBytes(p.rows, p.columns) : 0;
  }
  splits(): bool {
    return false;
  }
  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (isMatrix(p)) return this.updateMatrix(p, s, bytes, lr);
    let rate = this.lr > 0 ? this.auxLr * (lr / this.lr) : this.auxLr * p.lrScale;
    this.update(p.value, p.grad, s, p.extra - s, bytes, rate);
  }
  // What Adam's loop asks for.
  get beta1(): f64 {
    return this.auxBeta1;
  }
  get beta2(): f64 {
    return this.auxBeta2;
  }
  get eps(): f64 {
    return this.auxEps;
  }
  decoupled(): f64 {
    return this.auxWeightDecay;
  }
  private updateMatrix(p: Parameter, s: usize, bytes: usize, lr: f64): void {
    let u = this.work;
    let norm = sqrt(this.direct(u, p.grad, s, bytes));
    orthogonalize(u, p.rows, p.columns, norm, this.nsSteps, u + bytes);
    let rate = f32x4.splat(<f32>(lr * sqrt(max(1, <f64>p.rows / <f64>p.columns))));
    let keep = f32x4.splat(<f32>(1 - lr * this.weightDecay));
    let w = p.value;
    for (let end = w + bytes; w < end; w += 16, u += 16) {
      v128.store(w, f32x4.sub(f32x4.mul(keep, v128.load(w)), f32x4.mul(rate, v128.load(u))));
    }
  }
  /** Brings the buffer up to date and writes the direction at `u`; gives Σ u². */
  private direct(u: usize, g: usize, s: usize, bytes: usize): f64 {
    let limit = this.limit(), scale = this.scale();
    let mu = f32x4.splat(<f32>this.momentum), rest = f32x4.splat(<f32>(1 - this.momentum));
    let nesterov = this.nesterov;
    let sum = f64x2.splat(0);
    for (let end = g + bytes; g < end; g += 16, s += 16, u += 16) {
      let d = gradientAt(g, limit, scale);
      let b = v128.load(s);
      b = f32x4.add(b, f32x4.mul(rest, f32x4.sub(d, b)));
      v128.store(s, b);
      if (nesterov) b = f32x4.add(d, f32x4.mul(mu, f32x4.sub(b, d)));
      v128.store(u, b);
      sum = addSquares(sum, b);
    }
    return total(sum);
  }
}

function isMatrix(p: Parameter): bool {
  return p.columns > 0 && !p.auxiliary;
}

export function muon(): Rule {
  return new Muon();
}
