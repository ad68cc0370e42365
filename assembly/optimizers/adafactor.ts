import { square4 } from "../kernels/flush";
import { Parameter } from "../parameter";
import { dotFlat } from "../kernels/flat";
import { accumulate, addSquares, total } from "../kernels/wide";
import { quotient } from "./element-rule";
import { Rule, gradientAt } from "./rule";
import { TensorRule } from "./tensor-rule";
import { power64 } from "../math/scalar";

/**
 * Adam's second moment from means over rows and columns: Rᵢ, Cⱼ ← averages of g² + eps with β₂ₜ = 1 - t^decayRate,
 * u = g/√(Rᵢ·Cⱼ/mean R), u ← u/max(1, RMS(u)/clipThreshold), w ← w - lr·u. Small tensors and vectors keep v in full.
 * timm's form: `scaleParameter` counts in `relativeStep` alone, both dimensions must be above minDimSizeToFactor, and
 * decay is decoupled; Hugging Face and T5 scale a given rate too. Shazeer, Stern 2018.
 */
class Adafactor extends TensorRule {
  /** Learning rate, unless `relativeStep`. @range [0, inf) */
  lr: f64 = 0.01;
  /** Added to the squared gradients. @range [0, inf) */
  eps: f64 = 1e-30;
  /** Least size of the weights that `scaleParameter` reckons with. @range [0, inf) */
  epsScale: f64 = 0.001;
  /** Bound on the root mean square of an update. @range (0, inf) */
  clipThreshold: f64 = 1;
  /** Exponent of 1 - β₂ₜ. @range (-inf, 0] */
  decayRate: f64 = -0.8;
  /** β₁: weight of the past in the mean update; 0 or null for none, which saves an array. @range [0, 1) @nullable @momentum */
  beta1: f64 = 0;
  /** λ: decoupled decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether the rate is min(0.01, 1/√t), whatever `lr` and schedules say. */
  relativeStep: bool = false;
  /** Whether the relative step is multiplied by max(epsScale, RMS(w)). */
  scaleParameter: bool = true;
  /** Whether the relative step starts from t·1e-6. */
  warmupInit: bool = false;
  /** A matrix is factored when both its dimensions are above this. @range [0, inf) */
  minDimSizeToFactor: i32 = 16;

  states(): i32 {
    return this.beta1 > 0 ? 1 : 0;
  }
  /** Factored: R, then C from a whole vector on. */
  tensorBytes(p: Parameter): f64 {
    return this.factors(p) ? <f64>padded(p.rows) + <f64>padded(p.columns) : <f64>p.paddedBytes;
  }
  /** Column sums in float64, 1/√C, the update; the last row's last vector may end past it. */
  workBytes(p: Parameter): f64 {
    return (this.factors(p) ? 3 * <f64>padded(p.columns) : 0) + <f64>p.paddedBytes + 16;
  }
  private factors(p: Parameter): bool {
    return p.rows > this.minDimSizeToFactor && p.columns > this.minDimSizeToFactor;
  }

  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (this.relativeStep) lr = this.relativeRate(p, bytes) * p.lrScale;
    let take = power64(<f64>this.t, this.decayRate);
    let u = this.work;
    let squares: f64;
    if (this.factors(p)) {
      u += 3 * padded(p.columns);
      squares = this.factored(p, u, take);
    } else squares = this.whole(p, u, bytes, take);
    let excess = max(1, sqrt(squares / p.count) / this.clipThreshold);
    let rate = f32x4.splat(<f32>(lr / excess));
    let keep = f32x4.splat(<f32>(1 - lr * this.weightDecay));
    let w = p.value;
    let end = w + bytes;
    if (this.beta1 == 0) {
      for (; w < end; w += 16, u += 16) {
        v128.store(w, f32x4.sub(f32x4.mul(keep, v128.load(w)), f32x4.mul(rate, v128.load(u))));
      }
      return;
    }
    let beta = f32x4.splat(<f32>this.beta1), rest = f32x4.splat(<f32>(1 - this.beta1));
    for (; w < end; w += 16, u += 16, s += 16) {
      let m = f32x4.add(f32x4.mul(beta, v128.load(s)), f32x4.mul(rest, f32x4.mul(rate, v128.load(u))));
      v128.store(s, m);
      v128.store(w, f32x4.sub(f32x4.mul(keep, v128.load(w)), m));
    }
  }
  private relativeRate(p: Parameter, bytes: usize): f64 {
    let step = min(this.warmupInit ? 1e-6 * <f64>this.t : 1e-2, 1 / sqrt(<f64>this.t));
    return this.scaleParameter ? step * max(this.epsScale, sqrt(dotFlat(p.value, p.value, bytes) / p.count)) : step;
  }
  /** u = g/√v at `u`; gives Σ u². */
  private whole(p: Parameter, u: usize, bytes: usize, take: f64): f64 {
    let limit = this.limit(), scale = this.scale();
    let keep = f32x4.splat(<f32>(1 - take)), part = f32x4.splat(<f32>take), eps = f32x4.splat(<f32>this.eps);
    let sum = f64x2.splat(0);
    let g = p.grad, s = p.extra;
    for (let end = g + bytes; g < end; g += 16, s += 16, u += 16) {
      let d = gradientAt(g, limit, scale);
      let v = f32x4.add(f32x4.mul(keep, v128.load(s)), f32x4.mul(part, f32x4.add(square4(d), eps)));
      v128.store(s, v);
      let step = quotient(true, d, f32x4.sqrt(v));
      v128.store(u, step);
      sum = addSquares(sum, step);
    }
    return total(sum);
  }
  /** u = g/√(R·C/mean R) at `u`; gives Σ u². Rows need not be whole vectors: past a row's end counts as 0. */
  private factored(p: Parameter, u: usize, take: f64): f64 {
    let rows = p.rows, columns = p.columns;
    let width = padded(columns), row = <usize>columns << 2;
    let all = i32x4.splat(-1), last = i32x4.le_s(i32x4(0, 1, 2, 3), i32x4.splat((columns - 1) & 3));
    let limit = this.limit(), scale = this.scale();
    let r = p.extra, c = r + padded(rows);
    let sums = this.work, roots = sums + 2 * width;
    memory.fill(sums, 0, 3 * width);
    v128.store(u + p.paddedBytes - 16, f32x4.splat(0)); // padding that no row reaches
    let mean: f64 = 0;
    for (let i = 0, g = p.grad; i < rows; i++, g += row) {
      let sum = f64x2.splat(0);
      for (let j: usize = 0; j < width; j += 16) {
        let d = v128.and(gradientAt(g + j, limit, scale), j + 16 < width ? all : last);
        accumulate(sums + 2 * j, square4(d));
        sum = addSquares(sum, d);
      }
      mean += average(r + (<usize>i << 2), total(sum) / columns + this.eps, take) / rows;
    }
    for (let j: usize = 0; j < row; j += 4) {
      store<f32>(roots + j, root(average(c + j, load<f64>(sums + 2 * j) / rows + this.eps, take)));
    }
    let squares = f64x2.splat(0);
    for (let i = 0, g = p.grad; i < rows; i++, g += row, u += row) {
      let factor = f32x4.splat(root(load<f32>(r + (<usize>i << 2)) / max(mean, f32.MIN_NORMAL_VALUE)));
      for (let j: usize = 0; j < width; j += 16) {
        let d = v128.and(gradientAt(g + j, limit, scale), j + 16 < width ? all : last);
        let step = f32x4.mul(f32x4.mul(d, v128.load(roots + j)), factor);
        v128.store(u + j, step);
        squares = addSquares(squares, step);
      }
    }
    return total(squares);
  }
}

/** Bytes of `count` float32 with padding to whole vectors. */
function padded(count: i32): usize {
  return ((<usize>count << 2) + 15) & ~15;
}
/** Moves the average at `at` by `take` towards a value; gives it. */
function average(at: usize, value: f64, take: f64): f64 {
  let result = (1 - take) * load<f32>(at) + take * value;
  store<f32>(at, <f32>result);
  return result;
}
/** 1/√x, finite for 0. */
function root(x: f64): f32 {
  return <f32>(1 / sqrt(max(x, f32.MIN_NORMAL_VALUE)));
}

export function adafactor(): Rule {
  return new Adafactor();
}
