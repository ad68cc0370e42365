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
  /** Weight of the last w beside z. @range [0, 1) */
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
      let weighted = f32x4.mul(weight, d);
      let squares = f32x4.add(v128.load(v), f32x4.mul(weighted, d));
      v128.store(v, squares);
      let sum = f32x4.add(v128.load(s), weighted);
      v128.store(s, sum);
      let z = f32x4.sub(v128.load(start), quotient(FULL, sum, f32x4.add(cubeRoot4(squares), eps)));
      v128.store(w, f32x4.add(x, f32x4.mul(rest, f32x4.sub(z, x))));
      w += 16, g += 16, s += 16, v += 16, start += 16;
    } while (w < end);
  }
}

/** Bits from which a third of v's bits leaves those of an estimate of 1/∛v, within 3.9 %. */
const START: i32 = 0x54a24000;
/** ⅓ as a multiple of 2⁻¹⁵. */
const THIRD: i16 = 10923;

/**
 * ∛v = v·r² with r = 1/∛v, found without division: from the estimate r₀ with h = 1 - v·r₀³, |h| < 0.118, r = r₀·(1 - h)^(-⅓) by
 * a minimax polynomial of degree 5. Max relative error 3e-7; 0 for 0, too small where v is subnormal.
 */
// @ts-ignore: decorator
@inline
export function cubeRoot4(v: v128): v128 {
  let r = i32x4.sub(i32x4.splat(START), i16x8.q15mulr_sat_s(v, i16x8.splat(THIRD))); // only the upper halves count
  let h = f32x4.sub(f32x4.splat(1), f32x4.mul(f32x4.mul(v, r), f32x4.mul(r, r))); // nothing overflows in this order
  let z = f32x4.mul(h, h);
  let p01 = f32x4.add(f32x4.splat(0.3333333432674408), f32x4.mul(h, f32x4.splat(0.22221294045448303)));
  let p23 = f32x4.add(f32x4.splat(0.17282316088676453), f32x4.mul(h, f32x4.splat(0.14619557559490204)));
  let p24 = f32x4.add(p23, f32x4.mul(z, f32x4.splat(0.12726634740829468)));
  r = f32x4.add(r, f32x4.mul(f32x4.mul(r, h), f32x4.add(p01, f32x4.mul(z, p24))));
  return f32x4.mul(f32x4.mul(v, r), r);
}

export function madgrad(): Rule {
  return new Madgrad();
}
