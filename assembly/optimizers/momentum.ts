import { Rule, gradientAt, power } from "./rule";

/**
 * Momentum as an exponentially weighted average: V ← βV + (1 - β)·g, V₀ = 0; w ← w - lr·V, or w - lr·V/(1 - βᵗ) with
 * bias correction. Beside `sgd` with momentum the rate is smaller by 1 - β. Polyak 1964, in the lectures' form.
 */
class Momentum extends Rule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.01;
  /** β: weight of the past in the average. @range [0, 1) @momentum */
  beta: f64 = 0.9;
  /** Whether the first averages, which start at 0, are divided by 1 - βᵗ. */
  biasCorrection: bool = false;
  /** λ: coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;

  states(): i32 {
    return 1;
  }
  splits(): bool {
    return true;
  }
  update(w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (!bytes) return;
    let rate = f32x4.splat(<f32>(this.biasCorrection ? lr / (1 - power(this.beta, this.t)) : lr));
    let beta = f32x4.splat(<f32>this.beta);
    let rest = f32x4.splat(<f32>(1 - this.beta));
    let decay = f32x4.splat(<f32>this.weightDecay);
    let limit = this.limit(), scale = this.scale();
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = f32x4.add(gradientAt(g, limit, scale), f32x4.mul(decay, x));
      let v = f32x4.add(f32x4.mul(beta, v128.load(s)), f32x4.mul(rest, d));
      v128.store(s, v);
      v128.store(w, f32x4.sub(x, f32x4.mul(rate, v)));
      w += 16, g += 16, s += 16;
    } while (w < end);
  }
}

export function momentum(): Rule {
  return new Momentum();
}
