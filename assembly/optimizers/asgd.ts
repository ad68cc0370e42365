import { Rule } from "./rule";
import { Parameter } from "../parameter";
import { ElementRule, decayedGradient } from "./element-rule";
import { power64 } from "../math/scalar";

/**
 * Averaged stochastic gradient descent: g ← g + weightDecay·w; w ← w(1 - λη) - ηg with η = lr/(1 + λ·lr·(t - 1))^α;
 * a ← a + μ(w - a) with μ = 1/max(1, t - 1 - t0). The averages a are the weights for inference. Polyak, Juditsky 1992; the
 * rates of Bottou 2012. In PyTorch, whose form this is, a changed rate enters η one step late.
 */
class Asgd extends ElementRule<Asgd> {
  /** Learning rate of the first step. @range [0, inf) */
  lr: f64 = 0.01;
  /** λ: decay of the weights, and how fast the rate falls. @range [0, inf) */
  lambd: f64 = 1e-4;
  /** α: power with which the rate falls. @range [0, inf) */
  alpha: f64 = 0.75;
  /** Steps before the averaging starts. @range [0, inf) */
  t0: f64 = 1e6;
  /** Coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;

  states(): i32 {
    return 1;
  }
  full(): bool {
    return this.weightDecay != 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(<f32>this.weightDecay);
    let past = <f64>this.t - 1;
    let eta = lr / power64(1 + this.lambd * lr * past, this.alpha);
    let rate = f32x4.splat(<f32>eta);
    let keep = f32x4.splat(<f32>(1 - this.lambd * eta));
    let mu = f32x4.splat(<f32>(1 / max(1, past - this.t0)));
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = decayedGradient(FULL, g, limit, scale, decay, x);
      x = f32x4.sub(f32x4.mul(x, keep), f32x4.mul(rate, d));
      v128.store(w, x);
      let mean = v128.load(s);
      v128.store(s, f32x4.add(mean, f32x4.mul(mu, f32x4.sub(x, mean))));
      w += 16, g += 16, s += 16;
    } while (w < end);
  }
  /** The averages are the weights until the averaging starts. */
  separates(): bool {
    return <f64>this.t - 2 > this.t0;
  }
  evalTensor(out: usize, p: Parameter, s: usize, stride: usize, bytes: usize): void {
    memory.copy(out, this.t ? s : p.value, bytes);
  }
}

export function asgd(): Rule {
  return new Asgd();
}
