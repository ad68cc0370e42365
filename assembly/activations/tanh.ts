import { square4 } from "../kernels/flush";
import { Layer } from "../layer";
import { Activation } from "./activation";
import { tanh4 } from "../math/tanh";

/**
 * Hyperbolic tangent; f' = 1 - y².
 */
class Tanh extends Activation<Tanh> {
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return tanh4(x);
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return f32x4.sub(f32x4.splat(1), square4(y));
  }
}

export function tanh(): Layer {
  return new Tanh();
}
