import { moment4 } from "../kernels/flush";
import { Rule } from "./rule";
import { Parameter } from "../parameter";
import { AdamRule } from "./adam-rule";
import { fillWith } from "./element-rule";
import { sign4 } from "../kernels/sign";

/**
 * Yogi, Adam with additive steps of v: v ← v - (1 - β₂)·sign(v - g²)·g², so that v forgets no faster than gradients come.
 * m and v both begin with initialAccumulator: a weight without gradients drifts by about lr·1e-3 before m has died away.
 * Zaheer, Reddi, Sachan, Kale, Kumar 2018, with bias corrections and decoupled decay, as kozistr has it.
 */
class Yogi extends AdamRule<Yogi> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.01;
  /** β₁: weight of the past in the mean gradient. @range [0, 1) @momentum */
  beta1: f64 = 0.9;
  /** β₂: 1 - β₂ of a squared gradient is the most that v moves by in a step. @range [0, 1) */
  beta2: f64 = 0.999;
  /** Added to the root. @range [0, inf) */
  eps: f64 = 1e-3;
  /** λ: decoupled decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** What m and v begin with. Warning: of m a slip of the code followed; in the paper and TensorFlow m begins with 0. @range [0, inf) */
  initialAccumulator: f64 = 1e-6;

  decoupled(): f64 {
    return this.weightDecay;
  }
  /** Before the first step m and v are filled; here, where a tensor's end is known, since m must be 0 in padding. */
  passes(): i32 {
    return this.t == 1 ? 1 : 0;
  }
  look(pass: i32, p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let used = <usize>p.count << 2;
    for (let i: usize = 0; i < 2; i++, s += stride) {
      fillWith(s, bytes, <f32>this.initialAccumulator);
      memory.fill(s + used, 0, bytes - used);
    }
  }
  // @ts-ignore: decorator
  @inline
  second(v: v128, d: v128, mean: v128, r2: v128, eps: v128): v128 {
    let square = moment4(d);
    return f32x4.sub(v, f32x4.mul(r2, f32x4.mul(sign4(f32x4.sub(v, square)), square)));
  }
}

export function yogi(): Rule {
  return new Yogi();
}
