import { Rule } from "./rule";
import { ElementRule, clippedGradient, quotient } from "./element-rule";
import { exp4 } from "../math/exp";
import { log4 } from "../math/log";

/**
 * FTRL-Proximal: σ = ((n + g²)^p - n^p)/lr with p = -lrPower; z ← z + g - σw; n ← n + g²; w = 0 where |z| < l1, else
 * w = (sign(z)·l1 - z)/((beta + √n)/lr + l2), whatever the step left before: w follows from z and n alone. McMahan and others
 * 2013, in kozistr's form. Keras has n^p for √n, 2·l2 for l2 and n₀ = 0.1. Where w would be 0/0 it stays; lr = 0 moves nothing.
 */
class Ftrl extends ElementRule<Ftrl> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** How the rate falls with the sum of squares; 0 for not at all. @range (-inf, 0] */
  lrPower: f64 = -0.5;
  /** Added to the root, beside the rate. @range [0, inf) */
  beta: f64 = 0;
  /** What |z| must pass for a weight to differ from 0. @range [0, inf) */
  l1: f64 = 0;
  /** Pull of weights towards 0. @range [0, inf) */
  l2: f64 = 0;

  /** z and n. */
  states(): i32 {
    return 2;
  }
  full(): bool {
    return this.lrPower != -0.5;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (lr == 0) return;
    let limit = this.limit(), scale = this.scale();
    let rooted = !FULL || this.lrPower == -0.5;
    let p = f32x4.splat(<f32>-this.lrPower);
    let inverse = f32x4.splat(<f32>(1 / lr));
    let least = f32x4.splat(<f32>(this.beta / lr + this.l2));
    let l1 = f32x4.splat(<f32>this.l1);
    let n = s + stride;
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = clippedGradient(FULL, g, limit, scale);
      let old = v128.load(n);
      let sum = f32x4.add(old, f32x4.mul(d, d));
      v128.store(n, sum);
      let root = f32x4.sqrt(sum);
      let sigma = f32x4.sub(rooted ? root : power4(sum, p), rooted ? f32x4.sqrt(old) : power4(old, p));
      let z = f32x4.add(v128.load(s), f32x4.sub(d, f32x4.mul(f32x4.mul(sigma, inverse), x)));
      v128.store(s, z);
      let below = f32x4.add(f32x4.mul(root, inverse), least);
      let over = f32x4.sub(f32x4.abs(z), l1);
      let above = v128.or(f32x4.pmax(over, f32x4.splat(0)), v128.and(z, f32x4.splat(-0.0)));
      let free = v128.andnot(f32x4.eq(below, f32x4.splat(0)), f32x4.lt(over, f32x4.splat(0)));
      v128.store(w, v128.bitselect(x, f32x4.sub(f32x4.splat(0), quotient(true, above, below)), free));
      w += 16, g += 16, s += 16, n += 16;
    } while (w < end);
  }
}

/** nᵖ for n, p ≥ 0; n⁰ is taken as 0, since only differences are used. */
// @ts-ignore: decorator
@inline
function power4(n: v128, p: v128): v128 {
  return v128.and(exp4(f32x4.mul(p, log4(n))), f32x4.ne(p, f32x4.splat(0)));
}

export function ftrl(): Rule {
  return new Ftrl();
}
