import { Layer, Outputs } from "../layer";
import { Activation } from "./activation";

/**
 * y = min(max(0, x), 6); f' = 1 for 0 < x < 6, else 0.
 */
class Relu6 extends Activation<Relu6> {
  yields(): i32 {
    return Outputs.positive;
  }
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, f32x4.splat(0)), f32x4.splat(6));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return v128.and(f32x4.splat(1), v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(6))));
  }
}

export function relu6(): Layer {
  return new Relu6();
}
