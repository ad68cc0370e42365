import { Rule } from "./rule";
import { fillWith } from "./element-rule";

/**
 * Resilient propagation, for full batches: each weight has a step size Δ, lr at first, times η⁺ while the gradient keeps its
 * sign, times η⁻ where it turns (then g ← 0: no move, and none of the two in the next step); w ← w - sign(g)·Δ.
 * Only signs count, so clipping changes nothing. Riedmiller, Braun 1993, as iRprop⁻ of Igel, Hüsken 2000; PyTorch's form.
 */
class Rprop extends Rule {
  /** Step size at first; later rates are not read. @range [0, inf) */
  lr: f64 = 0.01;
  /** η⁻: factor on the step size where the gradient turns. @range (0, 1) */
  etaMinus: f64 = 0.5;
  /** η⁺: factor on the step size while it does not. @range (1, inf) */
  etaPlus: f64 = 1.2;
  /** Least step size. @range [0, inf) */
  stepMin: f64 = 1e-6;
  /** Largest step size. @range (0, inf) */
  stepMax: f64 = 50;

  /** The last gradient, and the step sizes. */
  states(): i32 {
    return 2;
  }
  splits(): bool {
    return true;
  }
  update(w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (!bytes) return;
    let sizes = s + stride;
    if (this.t == 1) fillWith(sizes, bytes, <f32>lr);
    let minus = f32x4.splat(<f32>this.etaMinus);
    let plus = f32x4.splat(<f32>this.etaPlus);
    let least = f32x4.splat(<f32>this.stepMin);
    let most = f32x4.splat(<f32>this.stepMax);
    let none = f32x4.splat(0), one = f32x4.splat(1), minusZero = f32x4.splat(-0.0);
    let end = w + bytes;
    do {
      let d = v128.load(g), last = v128.load(s);
      let both = v128.and(f32x4.ne(d, none), f32x4.ne(last, none));
      let differ = i32x4.shr_s(v128.xor(d, last), 31); // by the sign bits: a product of small gradients would be 0
      let turned = v128.and(both, differ);
      let factor = v128.bitselect(minus, v128.bitselect(plus, one, v128.andnot(both, differ)), turned);
      let size = f32x4.pmin(f32x4.pmax(f32x4.mul(v128.load(sizes), factor), least), most);
      v128.store(sizes, size);
      d = v128.andnot(d, turned);
      v128.store(s, d);
      let step = v128.and(v128.or(size, v128.and(d, minusZero)), f32x4.ne(d, none)); // sign(d)·size
      v128.store(w, f32x4.sub(v128.load(w), step));
      w += 16, g += 16, s += 16, sizes += 16;
    } while (w < end);
  }
}

export function rprop(): Rule {
  return new Rprop();
}
