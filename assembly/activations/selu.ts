import { Layer } from "../layer";
import { Activation } from "./activation";
import { expm14 } from "../math/expm1";

const SCALE: f32 = 1.0507009873554805;
const SCALE_ALPHA: f32 = 1.7580993408473766;

/**
 * Self-normalising ELU: y = λx for x > 0, else λα(eˣ - 1), with the λ and α that keep mean 0 and variance 1;
 * f' = λ, or y + λα. Klambauer et al. 2017.
 */
class Selu extends Activation<Selu> {
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return v128.bitselect(f32x4.mul(f32x4.splat(SCALE), x), f32x4.mul(f32x4.splat(SCALE_ALPHA), expm14(x)), f32x4.gt(x, f32x4.splat(0)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return v128.bitselect(f32x4.splat(SCALE), f32x4.add(y, f32x4.splat(SCALE_ALPHA)), f32x4.gt(x, f32x4.splat(0)));
  }
}

export function selu(): Layer {
  return new Selu();
}
