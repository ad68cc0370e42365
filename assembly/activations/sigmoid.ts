import { flushSlope4 } from "../kernels/flush";
import { Layer, Outputs } from "../layer";
import { Activation } from "./activation";
import { sigmoid4 } from "../math/sigmoid";

/**
 * Logistic function: y = 1 / (1 + e⁻ˣ); f' = y(1 - y).
 */
class Sigmoid extends Activation<Sigmoid> {
  yields(): i32 {
    return Outputs.share;
  }
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return sigmoid4(x);
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return flushSlope4(f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)));
  }
}

export function sigmoid(): Layer {
  return new Sigmoid();
}
