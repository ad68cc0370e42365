import { moment4 } from "../kernels/flush";
import { Rule } from "./rule";
import { ElementRule, decayedGradient, fillWith, quotient } from "./element-rule";

/**
 * AdaGrad: v ← v + g², from v₀ = initialAccumulator on; w ← w - lr/(1 + (t - 1)·lrDecay)·g/(√v + eps), or over √(v + eps).
 * Duchi, Hazan, Singer 2011. v₀ is 0 in PyTorch, 0.1 in TensorFlow and optax, which put eps inside the root.
 */
class Adagrad extends ElementRule<Adagrad> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.01;
  /** How fast the rate falls beside the sum of squares. @range [0, inf) */
  lrDecay: f64 = 0;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** What the sum of squares begins with. Warning: 0.1 in TensorFlow, Keras and optax. @range [0, inf) */
  initialAccumulator: f64 = 0;
  /** Added to the root, or inside it. @range [0, inf) */
  eps: f64 = 1e-10;
  /** Whether eps stands inside the root. */
  epsInsideSqrt: bool = false;

  states(): i32 {
    return 1;
  }
  full(): bool {
    return this.weightDecay != 0 || <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (this.t == 1) fillWith(s, bytes, <f32>this.initialAccumulator);
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(<f32>this.weightDecay);
    let rate = f32x4.splat(<f32>(lr / (1 + (<f64>this.t - 1) * this.lrDecay)));
    let inner = f32x4.splat(this.epsInsideSqrt ? <f32>this.eps : 0);
    let outer = f32x4.splat(this.epsInsideSqrt ? 0 : <f32>this.eps);
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = decayedGradient(FULL, g, limit, scale, decay, x);
      let sum = f32x4.add(v128.load(s), moment4(d));
      v128.store(s, sum);
      let below = f32x4.add(f32x4.sqrt(f32x4.add(sum, inner)), outer);
      v128.store(w, f32x4.sub(x, quotient(FULL, f32x4.mul(rate, d), below)));
      w += 16, g += 16, s += 16;
    } while (w < end);
  }
}

export function adagrad(): Rule {
  return new Adagrad();
}
