import { Rule, gradientAt, power } from "./rule";

/**
 * Adam's loop, for the rules that differ only in where the decay stands: m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g²,
 * w ← w - lr·m̂/(√v̂ + eps), m̂ = m/(1 - β₁ᵗ), v̂ = v/(1 - β₂ᵗ); AMSGrad divides by the largest v so far.
 */
export abstract class AdamRule extends Rule {
  protected run(
    w: usize, g: usize, m: usize, stride: usize, bytes: usize,
    lr: f64, beta1: f64, beta2: f64, eps: f64, coupled: f64, decoupled: f64, amsgrad: bool,
  ): void {
    let b1 = f32x4.splat(<f32>beta1), r1 = f32x4.splat(<f32>(1 - beta1));
    let b2 = f32x4.splat(<f32>beta2), r2 = f32x4.splat(<f32>(1 - beta2));
    let rate = f32x4.splat(<f32>(lr / (1 - power(beta1, this.t))));
    let root = f32x4.splat(<f32>(1 / sqrt(1 - power(beta2, this.t))));
    let epsilon = f32x4.splat(<f32>eps);
    let l2 = f32x4.splat(<f32>coupled);
    let keep = f32x4.splat(<f32>(1 - lr * decoupled));
    let limit = this.limit(), scale = this.scale();
    let v = m + stride;
    let top = v + stride;
    for (let end = w + bytes; w < end; w += 16, g += 16, m += 16, v += 16, top += 16) {
      let x = v128.load(w);
      let d = f32x4.add(gradientAt(g, limit, scale), f32x4.mul(l2, x));
      let mean = f32x4.add(f32x4.mul(b1, v128.load(m)), f32x4.mul(r1, d));
      let square = f32x4.add(f32x4.mul(b2, v128.load(v)), f32x4.mul(f32x4.mul(r2, d), d));
      v128.store(m, mean);
      v128.store(v, square);
      if (amsgrad) {
        square = f32x4.pmax(square, v128.load(top));
        v128.store(top, square);
      }
      let divisor = f32x4.add(f32x4.mul(f32x4.sqrt(square), root), epsilon);
      v128.store(w, f32x4.sub(f32x4.mul(x, keep), f32x4.div(f32x4.mul(rate, mean), divisor)));
    }
  }
}
