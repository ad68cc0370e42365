import { magnitude4 } from "../kernels/flush";
import { Rule } from "./rule";
import { ElementRule, decayedGradient, quotient } from "./element-rule";

/**
 * MADGRAD, dual averaging from the first weights w₀: λ = (lr + eps)·√t; s ← s + λg; v ← v + λg²; z = w₀ - s/(∛v + eps);
 * w ← w + (1 - momentum)(z - w). Defazio, Jelassi 2021. The rate enters the sums, so eps is added to it as well; decay is
 * coupled (L2), and too strong where it suits Adam. The authors keep no w₀ without momentum but find it from w, s and v.
 */
class Madgrad extends ElementRule<Madgrad> {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.01;
  /** Weight of the last w beside z. @range [0, 1) @momentum */
  momentum: f64 = 0.9;
  /** Coupled L2 decay. @range [0, inf) */
  weightDecay: f64 = 0;
  /** Added to the cube root and to the rate. @range [0, inf) */
  eps: f64 = 1e-6;

  /** s, v and w₀. */
  states(): i32 {
    return 3;
  }
  full(): bool {
    return this.weightDecay != 0 || <f32>this.eps == 0;
  }
  // @ts-ignore: decorator
  @inline
  run(FULL: bool, w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    let v = s + stride, start = v + stride;
    if (this.t == 1) memory.copy(start, w, bytes);
    let limit = this.limit(), scale = this.scale(), decay = f32x4.splat(<f32>this.weightDecay);
    let weight = f32x4.splat(<f32>((lr + this.eps) * sqrt(<f64>this.t)));
    let rest = f32x4.splat(<f32>(1 - this.momentum));
    let eps = f32x4.splat(<f32>this.eps);
    let end = w + bytes;
    do {
      let x = v128.load(w);
      let d = decayedGradient(FULL, g, limit, scale, decay, x);
      let weighted = f32x4.mul(weight, d), size = magnitude4(d);
      let squares = f32x4.add(v128.load(v), f32x4.mul(f32x4.mul(weight, size), size));
      v128.store(v, squares);
      let sum = f32x4.add(v128.load(s), weighted);
      v128.store(s, sum);
      let z = f32x4.sub(v128.load(start), overCubeRoot4(FULL, sum, squares, eps));
      v128.store(w, f32x4.add(x, f32x4.mul(rest, f32x4.sub(z, x))));
      w += 16, g += 16, s += 16, v += 16, start += 16;
    } while (w < end);
  }
}

/** Bits from which a third of v's bits leaves those of an estimate of 1/∛v, within 3.7 %. */
const START: i32 = 0x54a1a800;
/** ⅓ for the upper half of a number's bits: product with 2¹⁶/3 there, with 0 in the lower half. */
const THIRD: i32 = 21845 << 16;

/**
 * sum/(∛v + eps) with one division: with the estimate r of 1/∛v and x = v·r³, within 0.106 of 1, ∛v = v·r²·x^(-⅔), and
 * x^(-⅔) = n/d by a minimax quotient of degrees 1 and 2, so that it is sum·d/(v·r²·n + eps·d). Max relative error of the root
 * 5e-7; 0 for 0, too small where v is subnormal.
 */
// @ts-ignore: decorator
@inline
export function overCubeRoot4(FULL: bool, sum: v128, v: v128, eps: v128): v128 {
  let r = i32x4.sub(i32x4.splat(START), i32x4.dot_i16x8_s(v, i32x4.splat(THIRD)));
  let vr = f32x4.mul(v, r); // nothing overflows in this order
  let x = f32x4.mul(vr, f32x4.mul(r, r));
  let n = f32x4.add(x, f32x4.splat(1.2431511878967285));
  let d = f32x4.add(f32x4.mul(f32x4.splat(0.41725683212280273), x), f32x4.splat(1.6609188318252563));
  d = f32x4.add(f32x4.mul(d, x), f32x4.splat(0.1649758219718933));
  return quotient(FULL, f32x4.mul(sum, d), f32x4.add(f32x4.mul(f32x4.mul(vr, r), n), f32x4.mul(eps, d)));
}

export function madgrad(): Rule {
  return new Madgrad();
}
