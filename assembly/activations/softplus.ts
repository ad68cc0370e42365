import { flushSlope4 } from "../kernels/flush";
import { Layer, Outputs } from "../layer";
import { Activation } from "./activation";
import { callSigmoid4, callSoftplus4 } from "../math/called";

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
    return callSoftplus4(x);
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return flushSlope4(callSigmoid4(x));
  }
}

export function softplus(): Layer {
  return new Softplus();
}
