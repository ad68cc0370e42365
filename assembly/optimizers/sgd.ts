import { Parameter } from "../parameter";
import { descendOuter } from "../kernels/single";
import { Rule, gradientAt } from "./rule";

/**
 * Gradient descent, with momentum or Nesterov's: g ← g + λw; b ← μb + (1 - dampening)·g, b₁ = g₁; w ← w - lr·b, or
 * w - lr·(g + μb) with Nesterov. PyTorch's form: the first buffer is not dampened, decay is coupled (L2).
 * Sutskever, Martens, Dahl, Hinton 2013.
 */
class Sgd extends Rule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.01;
  /** μ: what is kept of the buffer; 0 is plain gradient descent. @range [0, 1) @momentum */
  momentum: f64 = 0;
  /** Share of the gradient that does not enter the buffer. @range [0, 1] */
  dampening: f64 = 0;
  /** Whether to look ahead along the buffer; refused without momentum. */
  nesterov: bool = false;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;

  states(): i32 {
    return this.momentum != 0 ? 1 : 0;
  }
  splits(): bool {
    return true;
  }
  takesOuter(): bool {
    return this.momentum == 0;
  }
  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (!p.outerRows) this.update(p.value, p.grad, s, stride, bytes, lr);
    else descendOuter(p.value, p.outerRows, p.outerColumns, p.rows, p.columns, <f32>lr, <f32>this.weightDecay);
  }
  update(w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (!bytes) return;
    let rate = f32x4.splat(<f32>lr);
    let decay = f32x4.splat(<f32>this.weightDecay);
    let limit = this.limit(), scale = this.scale();
    let end = w + bytes;
    if (this.momentum == 0) {
      do {
        let x = v128.load(w);
        let d = f32x4.add(gradientAt(g, limit, scale), f32x4.mul(decay, x));
        v128.store(w, f32x4.sub(x, f32x4.mul(rate, d)));
        w += 16, g += 16;
      } while (w < end);
      return;
    }
    let keep = f32x4.splat(this.t == 1 ? 0 : <f32>this.momentum);
    let take = f32x4.splat(this.t == 1 ? 1 : <f32>(1 - this.dampening));
    let mu = f32x4.splat(<f32>this.momentum);
    let nesterov = this.nesterov;
    do {
      let x = v128.load(w);
      let d = f32x4.add(gradientAt(g, limit, scale), f32x4.mul(decay, x));
      let b = f32x4.add(f32x4.mul(keep, v128.load(s)), f32x4.mul(take, d));
      v128.store(s, b);
      if (nesterov) b = f32x4.add(d, f32x4.mul(mu, b));
      v128.store(w, f32x4.sub(x, f32x4.mul(rate, b)));
      w += 16, g += 16, s += 16;
    } while (w < end);
  }
}

export function sgd(): Rule {
  return new Sgd();
}
