import { moment4 } from "../kernels/flush";
import { Parameter } from "../parameter";
import { addSquares, total } from "../kernels/wide";
import { f32At } from "../kernels/simd";
import { multiply, transpose, MATRIX_SCRATCH } from "../kernels/matrix";
import { gram, gramBytes } from "../kernels/gram";
import { Basis } from "../kernels/basis";
import { Rule, gradientAt, power } from "./rule";
import { adamStep } from "./tensor-rule";

/**
 * Adam in the eigenbasis of Shampoo's L ← βL + (1 - β)·GGᵀ and R (of GᵀG): G' = QₗᵀGQᵣ gives m and v there,
 * w ← (w - lr·Qₗ·(m̂/(√v + eps))·Qᵣᵀ)·(1 - lr·λ). The first step only makes the bases; every preconditionFrequency
 * steps Q becomes the QR factor of L·Q, sorted by QᵀLQ, and v is sorted along. The authors' code: eps stands beside the
 * uncorrected root, and bases are taken of L and R rounded to float32, which alone says what the first one does outside
 * the first gradient's span. Vyas, Morwani, Zhao, Kwun, Shapira, Brandfonbrener, Janson, Kakade 2024.
 */
class Soap extends Rule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.003;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.95;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.95;
  /** β: weight of the past in L and R; negative for β₂. @range [-1, 1) */
  shampooBeta: f64 = -1;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decoupled decay. @range [0, inf) */
  weightDecay: f64 = 0.01;
  /** Steps from one refreshment of the bases to the next. @range [1, inf) */
  preconditionFrequency: i32 = 10;
  /** A dimension above this is not rotated. @range [0, inf) */
  maxPreconditionDim: i32 = 10000;
  /** Whether vectors are rotated, rather than left to Adam. */
  precondition1d: bool = false;
  /** Whether each update is scaled to a root mean square of 1, for large preconditionFrequency. */
  normalizeGrads: bool = false;
  /** Whether the averages, which start at 0, are divided by 1 - βᵗ. */
  correctBias: bool = true;

  /** m and v in the eigenbasis. */
  states(): i32 {
    return 2;
  }
  tensorBytes(p: Parameter): f64 {
    return Basis.stateBytes(this.left(p)) + Basis.stateBytes(this.right(p));
  }
  soundTensor(p: Parameter): bool {
    let left = this.left(p);
    return Basis.sound(p.extra, left) && Basis.sound(p.extra + <usize>Basis.stateBytes(left), this.right(p));
  }
  workBytes(p: Parameter): f64 {
    let rows = p.rows, columns = max(p.columns, 1);
    let most = max(<f64>MATRIX_SCRATCH, max(Basis.workBytes(this.left(p)), Basis.workBytes(this.right(p))));
    return 3 * <f64>p.paddedBytes + max(most, max(gramBytes(rows, columns), gramBytes(columns, rows)));
  }
  /** Size of Qₗ and Qᵣ; 0 for none. */
  private left(p: Parameter): i32 {
    return (p.columns > 0 || this.precondition1d) && p.rows <= this.maxPreconditionDim ? p.rows : 0;
  }
  private right(p: Parameter): i32 {
    return p.columns > 0 && p.columns <= this.maxPreconditionDim ? p.columns : 0;
  }

  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let g = this.work;
    this.readGradient(g, p.grad, bytes);
    if (this.t > 1) this.step(p, s, stride, bytes, lr);
    this.precondition(p, s, s + stride, bytes);
  }
  private readGradient(to: usize, g: usize, bytes: usize): void {
    let limit = this.limit(), scale = this.scale();
    for (let end = g + bytes; g < end; g += 16, to += 16) v128.store(to, gradientAt(g, limit, scale));
  }
  private step(p: Parameter, m: usize, stride: usize, bytes: usize, lr: f64): void {
    let t = this.t - 1;
    let g = this.rotate(p, this.work, bytes, false);
    let b1 = f32x4.splat(<f32>this.beta1), b2 = f32x4.splat(<f32>this.beta2);
    let r1 = f32x4.splat(<f32>(1 - this.beta1)), r2 = f32x4.splat(<f32>(1 - this.beta2));
    let one = f32x4.splat(1), eps = f32x4.splat(<f32>this.eps);
    for (let i: usize = 0, v = m + stride; i < bytes; i += 16) {
      let d = v128.load(g + i);
      let mean = f32x4.add(f32x4.mul(b1, v128.load(m + i)), f32x4.mul(r1, d));
      let square = f32x4.add(f32x4.mul(b2, v128.load(v + i)), f32x4.mul(r2, moment4(d)));
      v128.store(m + i, mean);
      v128.store(v + i, square);
      v128.store(g + i, adamStep(mean, square, one, one, eps));
    }
    let u = this.rotate(p, g, bytes, true);
    let size = lr;
    if (this.correctBias) size *= sqrt(1 - power(this.beta2, t)) / (1 - power(this.beta1, t));
    if (this.normalizeGrads) size /= 1e-30 + rootMeanSquare(u, bytes, p.count);
    let rate = f32x4.splat(<f32>size), keep = f32x4.splat(<f32>(1 - lr * this.weightDecay));
    for (let w = p.value, end = w + bytes; w < end; w += 16, u += 16) {
      v128.store(w, f32x4.mul(keep, f32x4.sub(v128.load(w), f32x4.mul(rate, v128.load(u)))));
    }
  }
  /**
   * QₗᵀXQᵣ, or QₗXQᵣᵀ with `back`. The result stands in one of the two arrays behind the gradient that X is not in, its
   * padding 0, or is X itself where nothing is rotated.
   */
  private rotate(p: Parameter, x: usize, bytes: usize, back: bool): usize {
    let rows = p.rows, columns = max(p.columns, 1);
    let left = this.left(p), right = this.right(p);
    let scratch = this.work + 3 * bytes;
    let ql = Basis.vectors(p.extra, left), qr = Basis.vectors(p.extra + <usize>Basis.stateBytes(left), right);
    if (left) {
      let to = this.other(x, bytes);
      multiply(to, ql, x, rows, columns, rows, back, false, false, scratch);
      x = to;
    }
    if (right) {
      let to = this.other(x, bytes);
      multiply(to, x, qr, rows, columns, columns, false, !back, false, scratch);
      x = to;
    }
    return x;
  }
  /** The array behind the gradient that `x` is not; its padding is 0. */
  private other(x: usize, bytes: usize): usize {
    let to = x == this.work + bytes ? x + bytes : this.work + bytes;
    store<v128>(to + bytes - 16, i64x2.splat(0));
    return to;
  }

  /** Takes the gradient into L and R; makes or refreshes the bases, and turns m and v to the new ones. */
  private precondition(p: Parameter, m: usize, v: usize, bytes: usize): void {
    let rows = p.rows, columns = max(p.columns, 1);
    let left = this.left(p), right = this.right(p);
    if (!left && !right) return;
    let g = this.work, scratch = g + 3 * bytes;
    let l = p.extra, r = l + <usize>Basis.stateBytes(left);
    let keep = this.shampooBeta < 0 ? this.beta2 : this.shampooBeta;
    if (left) gram(l, g, rows, columns, keep, 1 - keep, scratch);
    if (right) {
      transpose(g + bytes, g, rows, columns);
      gram(r, g + bytes, columns, rows, keep, 1 - keep, scratch);
    }
    if (this.t == 1) {
      if (left) Basis.make(l, left, scratch);
      if (right) Basis.make(r, right, scratch);
    } else if ((this.t - 1) % this.preconditionFrequency == 0) {
      let mean = this.rotate(p, m, bytes, true);
      if (left) Basis.refresh(l, left, v, columns, columns, 1, g, scratch);
      if (right) Basis.refresh(r, right, v, rows, 1, columns, g, scratch);
      memory.copy(m, this.rotate(p, mean, bytes, false), bytes);
    }
  }
}

function rootMeanSquare(x: usize, bytes: usize, count: i32): f64 {
  let sum = f64x2.splat(0);
  for (let end = x + bytes; x < end; x += 16) sum = addSquares(sum, v128.load(x));
  return sqrt(total(sum) / count);
}

export function soap(): Rule {
  return new Soap();
}
