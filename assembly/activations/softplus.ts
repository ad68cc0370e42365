import { flushSlope4 } from "../kernels/flush";
import { Layer, Outputs } from "../layer";
import { Activation } from "./activation";
import { softplus4 } from "../math/softplus";
import { sigmoid4 } from "../math/sigmoid";

/**
 * y = ln(1 + eˣ); f' = σ(x). Dugas et al. 2001.
 */
class Softplus extends Activation<Softplus> {
  yields(): i32 {
    return Outputs.positive;
  }
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return softplus4(x);
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return flushSlope4(sigmoid4(x));
  }
}

export function softplus(): Layer {
  return new Softplus();
}
