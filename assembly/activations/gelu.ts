import { flushSlope4 } from "../kernels/flush";
import { Layer } from "../layer";
import { Activation } from "./activation";
import { erfc4 } from "../math/erf";
import { exp4 } from "../math/exp";

const SQRT_HALF: f32 = 0.7071067811865476;
const INV_SQRT_2PI: f32 = 0.3989422804014327;

/** Φ(x) */
// @ts-ignore: decorator
@inline
function normalCdf(x: v128): v128 {
  return f32x4.mul(f32x4.splat(0.5), erfc4(f32x4.mul(f32x4.splat(-SQRT_HALF), x)));
}

/**
 * Gaussian error linear unit: y = x·Φ(x), Φ(x) = erfc(-x/√2)/2; f' = Φ(x) + x·φ(x). Hendrycks, Gimpel 2016.
 */
class Gelu extends Activation<Gelu> {
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.mul(x, normalCdf(x));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    let density = f32x4.mul(f32x4.splat(INV_SQRT_2PI), exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))));
    return flushSlope4(f32x4.add(normalCdf(x), f32x4.mul(x, density)));
  }
}

export function gelu(): Layer {
  return new Gelu();
}
