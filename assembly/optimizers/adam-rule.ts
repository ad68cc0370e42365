import { Rule, gradientAt, power } from "./rule";

/**
 * Adam's loop, for the rules that differ only in where the decay stands: m ← m + (1 - β₁)(g - m),
 * v ← v + (1 - β₂)(g² - v), w ← w - lr·m̂/(√v̂ + eps), m̂ = m/(1 - β₁ᵗ), v̂ = v/(1 - β₂ᵗ); AMSGrad divides by the
 * largest v so far.
 */
export abstract class AdamRule extends Rule {
  protected run(
    w: usize, g: usize, m: usize, stride: usize, bytes: usize,
    lr: f64, beta1: f64, beta2: f64, eps: f64, coupled: f64, decoupled: f64, amsgrad: bool,
  ): void {
    let r1 = f32x4.splat(<f32>(1 - beta1));
    let r2 = f32x4.splat(<f32>(1 - beta2));
    let rate = f32x4.splat(<f32>(lr / (1 - power(beta1, this.t))));
    let root = f32x4.splat(<f32>(1 / sqrt(1 - power(beta2, this.t))));
    let epsilon = f32x4.splat(<f32>eps);
    let keep = f32x4.splat(<f32>(1 - lr * decoupled));
    // The common case has a loop of its own: with all constants in one loop they would not fit V8's 15 registers.
    if (this.clips() || coupled != 0 || amsgrad) this.loop(true, w, g, m, stride, bytes, r1, r2, rate, root, epsilon, keep, coupled, amsgrad);
    else this.loop(false, w, g, m, stride, bytes, r1, r2, rate, root, epsilon, keep, 0, false);
  }

  // @ts-ignore: decorator
  @inline
  private loop(
    FULL: bool, w: usize, g: usize, m: usize, stride: usize, bytes: usize,
    r1: v128, r2: v128, rate: v128, root: v128, epsilon: v128, keep: v128, coupled: f64, amsgrad: bool,
  ): void {
    let l2 = f32x4.splat(<f32>coupled);
    let limit = this.limit(), scale = this.scale();
    let v = m + stride;
    let top = v + stride;
    for (let end = w + bytes; w < end; w += 16, g += 16, m += 16, v += 16) {
      let x = v128.load(w);
      let d = FULL ? f32x4.add(gradientAt(g, limit, scale), f32x4.mul(l2, x)) : v128.load(g);
      let mean = v128.load(m);
      mean = f32x4.add(mean, f32x4.mul(r1, f32x4.sub(d, mean)));
      v128.store(m, mean);
      let square = v128.load(v);
      square = f32x4.add(square, f32x4.mul(r2, f32x4.sub(f32x4.mul(d, d), square)));
      v128.store(v, square);
      if (FULL && amsgrad) {
        square = f32x4.pmax(square, v128.load(top));
        v128.store(top, square);
        top += 16;
      }
      let divisor = f32x4.add(f32x4.mul(f32x4.sqrt(square), root), epsilon);
      v128.store(w, f32x4.sub(f32x4.mul(x, keep), f32x4.div(f32x4.mul(rate, mean), divisor)));
    }
  }
}
