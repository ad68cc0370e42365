import { allFinite64 } from "../kernels/finite";
import { Parameter } from "../parameter";
import { Rule, gradientAt } from "./rule";
import { TensorRule } from "./tensor-rule";

/**
 * Adam with one second moment a tensor: v ← β₂v + (1 - β₂)·‖g‖², v = ‖g‖² at first; m ← β₁m + g/(√v + eps) + λw;
 * w ← w - lr·m. NVIDIA's form: no bias correction, and the gradient enters m with weight 1 unless `gradAveraging`.
 * Ginsburg, Castonguay, Hrinchuk, Kuchaiev, Lavrukhin, Leary, Li, Nguyen, Zhang, Cohen 2019.
 */
class Novograd extends TensorRule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: what is kept of the mean direction. @range [0, 1) @momentum */
  beta1: f64 = 0.95;
  /** β₂: weight of the past in the mean squared norm. @range [0, 1) */
  beta2: f64 = 0.98;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-8;
  /** λ: decay, beside the normalised gradient. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether gradient and decay enter the mean with weight 1 - β₁ rather than 1. Warning: apex's default; without, steps are up to 1/(1 - β₁) as long. */
  gradAveraging: bool = false;
  /** Whether to divide by the largest second moment so far. */
  amsgrad: bool = false;

  states(): i32 {
    return 1;
  }
  /** v, and the largest v so far. */
  tensorBytes(p: Parameter): f64 {
    return 16;
  }
  soundTensor(p: Parameter): bool {
    return allFinite64(p.extra, 16);
  }
  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let square = this.gradientSquares(p, bytes);
    let v = load<f64>(p.extra);
    v = v == 0 ? square : this.beta2 * v + (1 - this.beta2) * square;
    store<f64>(p.extra, v);
    let top = max(load<f64>(p.extra, 8), v);
    store<f64>(p.extra, top, 8);
    let divisor = sqrt(this.amsgrad ? top : v) + this.eps;
    let part = this.gradAveraging ? 1 - this.beta1 : 1;
    let take = f32x4.splat(divisor == 0 ? 0 : <f32>(part / divisor));
    let decay = f32x4.splat(<f32>(part * this.weightDecay));
    let beta = f32x4.splat(<f32>this.beta1);
    let rate = f32x4.splat(<f32>lr);
    let limit = this.limit(), scale = this.scale();
    let w = p.value, g = p.grad;
    for (let end = w + bytes; w < end; w += 16, g += 16, s += 16) {
      let x = v128.load(w);
      let d = f32x4.add(f32x4.mul(take, gradientAt(g, limit, scale)), f32x4.mul(decay, x));
      let m = f32x4.add(f32x4.mul(beta, v128.load(s)), d);
      v128.store(s, m);
      v128.store(w, f32x4.sub(x, f32x4.mul(rate, m)));
    }
  }
}

export function novograd(): Rule {
  return new Novograd();
}
