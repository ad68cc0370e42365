import { moment4 } from "../kernels/flush";
import { Rule } from "./rule";
import { ElementRule, decayedGradient, fillWith, quotient } from "./element-rule";

/**
 * RMSProp: v ← αv + (1 - α)g²; u = g/(√v + eps); w ← w - lr·u, or by a buffer b ← μb + u, w ← w - lr·b. Centered, v is the
 * variance: v - a² with the mean gradient a, kept as v ← α(v + (1 - α)(g - a)²), which cannot fall below 0 by rounding.
 * Hinton 2012; centered: Graves 2013. TensorFlow 1: epsInsideSqrt, initialAccumulator 1, lrInMomentum; Keras: the first and last.
 */
class Rmsprop extends ElementRule<Rmsprop> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.01;
  /** α: weight of the past in the mean squared gradient. @range [0, 1] */
  alpha: f64 = 0.99;
  /** Added to the root, or inside it. @range [0, inf) */
  eps: f64 = 1e-8;
  /** μ: what is kept of the buffer; 0 for none. @range [0, 1) @momentum */
  momentum: f64 = 0;
  /** Whether to divide by the deviation rather than the root of the mean square. */
  centered: bool = false;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether eps stands inside the root. */
  epsInsideSqrt: bool = false;
  /** What the mean squared gradient begins with. @range [0, inf) */
  initialAccumulator: f64 = 0;
  /** Whether the rate enters the buffer, where a later change of it leaves past steps as they are, or stands before it. */
  lrInMomentum: bool = false;

  states(): i32 {
    return 1 + <i32>this.centered + <i32>(this.momentum != 0);
  }
  full(): bool {
    return this.weightDecay != 0 || this.centered || this.momentum != 0 || <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (this.t == 1) fillWith(s, bytes, <f32>this.initialAccumulator);
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(<f32>this.weightDecay);
    let past = f32x4.splat(<f32>this.alpha);
    let rest = f32x4.splat(<f32>(1 - this.alpha));
    let inner = f32x4.splat(this.epsInsideSqrt ? <f32>this.eps : 0);
    let outer = f32x4.splat(this.epsInsideSqrt ? 0 : <f32>this.eps);
    let centered = FULL && this.centered, buffered = FULL && this.momentum != 0;
    let mu = f32x4.splat(<f32>this.momentum);
    let early = buffered && this.lrInMomentum;
    let entering = f32x4.splat(early ? <f32>lr : 1);
    let rate = f32x4.splat(early ? 1 : <f32>lr);
    let v = s, a = s + stride, b = centered ? a + stride : a;
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = decayedGradient(FULL, g, limit, scale, decay, x);
      let square = v128.load(v);
      if (centered) {
        let mean = v128.load(a);
        let off = f32x4.sub(d, mean);
        v128.store(a, f32x4.add(mean, f32x4.mul(rest, off)));
        square = f32x4.mul(past, f32x4.add(square, f32x4.mul(rest, moment4(off))));
        a += 16;
      } else {
        square = f32x4.add(square, f32x4.mul(rest, f32x4.sub(moment4(d), square)));
      }
      v128.store(v, square);
      let u = quotient(FULL, d, f32x4.add(f32x4.sqrt(f32x4.add(square, inner)), outer));
      if (buffered) {
        u = f32x4.add(f32x4.mul(mu, v128.load(b)), f32x4.mul(entering, u));
        v128.store(b, u);
        b += 16;
      }
      v128.store(w, f32x4.sub(x, f32x4.mul(rate, u)));
      w += 16, g += 16, v += 16;
    } while (w < end);
  }
}

export function rmsprop(): Rule {
  return new Rmsprop();
}
