import { moment4 } from "../kernels/flush";
import { ElementRule, decayedGradient, quotient } from "./element-rule";
import { power } from "./rule";

/**
 * Adam's loop, for the rules that differ from it in a formula or in a scalar: m ← m + (1 - β₁)(g - m); v ← v + (1 - β₂)(g² - v),
 * or `second`; w ← keep·w - step·m/(root·√v + divisor), or with `above` over the bar; AMSGrad has the largest v so far for v.
 * T has options beta1, beta2 and eps, and may have `second` and `above`, inlined: a default to override could not be.
 */
export abstract class AdamRule<T> extends ElementRule<T> {
  begin(): void {
    this.past1 = power(changetype<T>(this).beta1, this.t);
    this.past2 = power(changetype<T>(this).beta2, this.t);
  }
  /** λ of coupled (L2) decay. */
  coupled(): f64 {
    return 0;
  }
  /** λ of decoupled decay, beside the step. */
  decoupled(): f64 {
    return 0;
  }
  /** Whether to divide by the largest second moment so far. */
  largest(): bool {
    return false;
  }
  /** Factor on m: the rate with the correction of m's bias. */
  step(lr: f64): f64 {
    return lr / (1 - this.past1);
  }
  /** Factor on the gradient itself, in `above`. */
  ahead(lr: f64): f64 {
    return 0;
  }
  /** Factor on √v: the correction of v's bias. */
  root(): f64 {
    return 1 / sqrt(1 - this.past2);
  }
  /** What is added to the root. */
  divisor(): f64 {
    return changetype<T>(this).eps;
  }
  states(): i32 {
    return changetype<T>(this).largest() ? 3 : 2;
  }
  full(): bool {
    let rule = changetype<T>(this);
    return rule.coupled() != 0 || rule.largest() || <f32>rule.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let rule = changetype<T>(this);
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(<f32>rule.coupled());
    let r1 = f32x4.splat(<f32>(1 - rule.beta1));
    let r2 = f32x4.splat(<f32>(1 - rule.beta2));
    let step = f32x4.splat(<f32>rule.step(lr));
    let ahead = f32x4.splat(<f32>rule.ahead(lr));
    let root = f32x4.splat(<f32>rule.root());
    let divisor = f32x4.splat(<f32>rule.divisor());
    let keep = f32x4.splat(<f32>(1 - lr * rule.decoupled()));
    let eps = f32x4.splat(<f32>rule.eps);
    let largest = FULL && rule.largest();
    let m = s, v = s + stride, top = v + stride;
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = decayedGradient(FULL, g, limit, scale, decay, x);
      let mean = v128.load(m);
      mean = f32x4.add(mean, f32x4.mul(r1, f32x4.sub(d, mean)));
      v128.store(m, mean);
      let square = v128.load(v);
      if (isDefined(rule.second)) square = rule.second(square, d, mean, r2, eps);
      else square = f32x4.add(square, f32x4.mul(r2, f32x4.sub(moment4(d), square)));
      v128.store(v, square);
      if (FULL && largest) {
        square = f32x4.pmax(square, v128.load(top));
        v128.store(top, square);
        top += 16;
      }
      let above = isDefined(rule.above) ? rule.above(mean, d, step, ahead) : f32x4.mul(step, mean);
      let below = f32x4.add(f32x4.mul(f32x4.sqrt(square), root), divisor);
      v128.store(w, f32x4.sub(f32x4.mul(x, keep), quotient(FULL, above, below)));
      w += 16, g += 16, m += 16, v += 16;
    } while (w < end);
  }
}
