import { Layer, Outputs } from "../layer";
import { Activation } from "./activation";

/**
 * y = min(max(0, x + 3), 6)/6; f' = 1/6 for -3 < x < 3, else 0.
 */
class HardSigmoid extends Activation<HardSigmoid> {
  yields(): i32 {
    return Outputs.share;
  }
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.mul(f32x4.pmin(f32x4.pmax(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0)), f32x4.splat(6)), f32x4.splat(1.0 / 6.0));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return v128.and(f32x4.splat(1.0 / 6.0), f32x4.lt(f32x4.abs(x), f32x4.splat(3)));
  }
}

export function hardSigmoid(): Layer {
  return new HardSigmoid();
}
