import { moment4 } from "../kernels/flush";
import { Rule } from "./rule";
import { ElementRule, decayedGradient, quotient } from "./element-rule";

/** What bounds the normalised gradient; in the order of the option's values. */
enum Clip {
  growing,
  none,
}

/**
 * ADOPT, Adam that divides a gradient by the second moment before it: the first step only sets v = g². Then
 * m ← m + (1 - β₁)(clip(g/max(√v, eps)) - m), w ← w - lr·m, v ← v + (1 - β₂)(g² - v), the clip at ±(t - 1)^¼. Converges for any
 * β₂. Taniguchi, Harada, Minegishi, Oshima, Jeong, Nagahara, Iiyama, Suzuki, Iwasawa, Matsuo 2024; the first version had no clip.
 */
class Adopt extends ElementRule<Adopt> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β₁: weight of the past in the mean of the normalised gradients. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: weight of the past in the mean squared gradient. @range [0, 1) */
  beta2: f64 = 0.9999;
  /** Least divisor. @range [0, inf) */
  eps: f64 = 1e-6;
  /** λ: decay. Warning: coupled (L2) unless decouple is set; the first step has none then. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Whether the decay stands beside the step (AdamW). */
  decouple: bool = false;
  /** Bound on the normalised gradients, counting steps from the first that moves. @values step^0.25 none */
  clip: i32 = 0;

  states(): i32 {
    return 2;
  }
  full(): bool {
    return (this.weightDecay != 0 && !this.decouple) || <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(this.decouple ? 0 : <f32>this.weightDecay);
    let r1 = f32x4.splat(<f32>(1 - this.beta1));
    let r2 = f32x4.splat(<f32>(1 - this.beta2));
    let eps = f32x4.splat(<f32>this.eps);
    let rate = f32x4.splat(<f32>lr);
    let keep = f32x4.splat(this.decouple ? <f32>(1 - lr * this.weightDecay) : 1);
    let top = f32x4.splat(this.clip == Clip.none ? Infinity : <f32>sqrt(sqrt(<f64>this.t - 1)));
    let m = s, v = s + stride;
    let end = w + bytes;
    if (this.t == 1) {
      do {
        let d = decayedGradient(FULL, g, limit, scale, decay, v128.load(w));
        v128.store(v, moment4(d));
        w += 16, g += 16, v += 16;
      } while (w < end);
      return;
    }
    do {
      let x = v128.load(w);
      let d = decayedGradient(FULL, g, limit, scale, decay, x);
      let square = v128.load(v);
      let normal = quotient(FULL, d, f32x4.pmax(f32x4.sqrt(square), eps));
      normal = f32x4.pmax(f32x4.pmin(normal, top), f32x4.neg(top));
      let mean = v128.load(m);
      mean = f32x4.add(mean, f32x4.mul(r1, f32x4.sub(normal, mean)));
      v128.store(m, mean);
      v128.store(v, f32x4.add(square, f32x4.mul(r2, f32x4.sub(moment4(d), square))));
      v128.store(w, f32x4.sub(f32x4.mul(x, keep), f32x4.mul(rate, mean)));
      w += 16, g += 16, m += 16, v += 16;
    } while (w < end);
  }
}

export function adopt(): Rule {
  return new Adopt();
}
