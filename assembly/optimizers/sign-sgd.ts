import { Rule } from "./rule";
import { ElementRule, clippedGradient } from "./element-rule";
import { sign4 } from "../kernels/sign";

/**
 * Signum, and signSGD without momentum: m ← βm + (1 - β)g; w ← w(1 - lr·λ) - lr·sign(m). Bernstein, Wang, Azizzadenesheli,
 * Anandkumar 2018, with decoupled decay, as kozistr has it. A weight whose gradients are all 0 stays: sign(0) = 0.
 */
class SignSgd extends ElementRule<SignSgd> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.001;
  /** β: weight of the past in the mean gradient; 0 takes the sign of each gradient. @range [0, 1) @momentum */
  momentum: f64 = 0.9;
  /** λ: decoupled decay. @range [0, inf) */
  weightDecay: f64 = 0;

  /** m */
  states(): i32 {
    return 1;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, m: usize, stride: usize, bytes: usize, lr: f64): void {
    let limit = this.limit(), scale = this.scale();
    let rest = f32x4.splat(<f32>(1 - this.momentum));
    let keep = f32x4.splat(<f32>(1 - lr * this.weightDecay)), rate = f32x4.splat(<f32>lr);
    let end = w + bytes;
    do {
      let mean = v128.load(m);
      mean = f32x4.add(mean, f32x4.mul(rest, f32x4.sub(clippedGradient(FULL, g, limit, scale), mean)));
      v128.store(m, mean);
      v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), keep), f32x4.mul(rate, sign4(mean))));
      w += 16, g += 16, m += 16;
    } while (w < end);
  }
}

export function signSgd(): Rule {
  return new SignSgd();
}
