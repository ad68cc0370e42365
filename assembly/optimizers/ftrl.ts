import { square4 } from "../kernels/flush";
import { Rule } from "./rule";
import { ElementRule, clippedGradient } from "./element-rule";
import { callExp4, callLog4 } from "../math/called";

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

  /** z and √n, which saves a root a step. */
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
    let l1 = f32x4.splat(<f32>this.l1), lower = f32x4.neg(l1);
    let stays = i32x4.splat(this.l1 > 0 ? 0 : -1);
    let root = s + stride;
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = clippedGradient(FULL, g, limit, scale);
      let last = v128.load(root);
      let old = f32x4.mul(last, last);
      let sum = f32x4.add(old, square4(d));
      let now = f32x4.sqrt(sum);
      v128.store(root, now);
      let sigma = rooted ? f32x4.sub(now, last) : f32x4.sub(power4(sum, p), power4(old, p));
      let z = f32x4.add(v128.load(s), f32x4.sub(d, f32x4.mul(f32x4.mul(sigma, inverse), x)));
      v128.store(s, z);
      let below = f32x4.add(f32x4.mul(now, inverse), least);
      let above = f32x4.sub(f32x4.pmax(f32x4.pmin(z, l1), lower), z);
      // A weight that never had a gradient, with neither beta nor l2, has z = below = 0.
      let without = f32x4.eq(below, f32x4.splat(0));
      v128.store(w, v128.bitselect(v128.and(x, stays), f32x4.div(above, below), without));
      w += 16, g += 16, s += 16, root += 16;
    } while (w < end);
  }
}

/** nᵖ for n, p ≥ 0; n⁰ is taken as 0, since only differences are used. */
// @ts-ignore: decorator
@inline
function power4(n: v128, p: v128): v128 {
  return v128.and(callExp4(f32x4.mul(p, callLog4(n))), f32x4.ne(p, f32x4.splat(0)));
}

export function ftrl(): Rule {
  return new Ftrl();
}
