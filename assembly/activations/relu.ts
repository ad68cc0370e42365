import { Layer, Outputs } from "../layer";
import { Activation } from "./activation";

/**
 * Rectified linear unit: y = max(0, x); f' = 1 for x > 0, else 0.
 */
class Relu extends Activation<Relu> {
  yields(): i32 {
    return Outputs.positive;
  }
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.pmax(x, f32x4.splat(0));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return v128.and(f32x4.splat(1), f32x4.gt(x, f32x4.splat(0)));
  }
}

export function relu(): Layer {
  return new Relu();
}
