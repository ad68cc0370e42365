import { moment4 } from "../kernels/flush";
import { Rule } from "./rule";
import { ElementRule, decayedGradient, quotient } from "./element-rule";

/**
 * AdaDelta: v ← ρv + (1 - ρ)g²; Δ = g·√(u + eps)/√(v + eps); u ← ρu + (1 - ρ)Δ²; w ← w - lr·Δ. The root of u carries the
 * unit of w, so that lr = 1 of the paper suits. Zeiler 2012. Keras begins with lr = 0.001, which hardly moves.
 */
class Adadelta extends ElementRule<Adadelta> {
  /** Factor on the step. @range [0, inf) */
  lr: f64 = 1;
  /** ρ: weight of the past in both averages. @range [0, 1] */
  rho: f64 = 0.9;
  /** Inside both roots; it sets the first steps. @range [0, inf) */
  eps: f64 = 1e-6;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;

  states(): i32 {
    return 2;
  }
  full(): bool {
    return this.weightDecay != 0 || <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(<f32>this.weightDecay);
    let rest = f32x4.splat(<f32>(1 - this.rho));
    let eps = f32x4.splat(<f32>this.eps);
    let rate = f32x4.splat(<f32>lr);
    let v = s, u = s + stride;
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = decayedGradient(FULL, g, limit, scale, decay, x);
      let square = v128.load(v);
      square = f32x4.add(square, f32x4.mul(rest, f32x4.sub(moment4(d), square)));
      v128.store(v, square);
      let moved = v128.load(u);
      let delta = f32x4.mul(d, f32x4.sqrt(quotient(FULL, f32x4.add(moved, eps), f32x4.add(square, eps))));
      v128.store(u, f32x4.add(moved, f32x4.mul(rest, f32x4.sub(moment4(delta), moved))));
      v128.store(w, f32x4.sub(x, f32x4.mul(rate, delta)));
      w += 16, g += 16, v += 16, u += 16;
    } while (w < end);
  }
}

export function adadelta(): Rule {
  return new Adadelta();
}
