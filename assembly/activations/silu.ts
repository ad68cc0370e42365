import { flushSlope4 } from "../kernels/flush";
import { Layer } from "../layer";
import { Activation } from "./activation";
import { sigmoid4 } from "../math/sigmoid";

/**
 * Sigmoid-weighted linear unit (swish): y = x·σ(x); f' = σ + y(1 - σ). Elfwing, Uchibe, Doya 2017.
 */
class Silu extends Activation<Silu> {
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.mul(x, sigmoid4(x));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    let s = sigmoid4(x);
    return flushSlope4(f32x4.add(s, f32x4.mul(y, f32x4.sub(f32x4.splat(1), s))));
  }
}

export function silu(): Layer {
  return new Silu();
}
