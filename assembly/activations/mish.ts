import { flushSlope4 } from "../kernels/flush";
import { Layer } from "../layer";
import { Activation } from "./activation";
import { exp4 } from "../math/exp";
import { sigmoid4 } from "../math/sigmoid";

/** tanh(ln(1 + eˣ)) */
// @ts-ignore: decorator
@inline
function gate(x: v128): v128 {
  let e = exp4(f32x4.pmin(x, f32x4.splat(20)));
  let n = f32x4.mul(e, f32x4.add(e, f32x4.splat(2)));
  return f32x4.div(n, f32x4.add(n, f32x4.splat(2)));
}

/**
 * y = x·tanh(ln(1 + eˣ)) = x·n/(n + 2) with n = eˣ(eˣ + 2); f' = y/x + x·σ(x)·(1 - tanh²). Misra 2019.
 * Past x = 20 the quotient is 1 in float32, before n overflows.
 */
class Mish extends Activation<Mish> {
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.mul(x, gate(x));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    let t = gate(x);
    let slope = f32x4.mul(f32x4.mul(x, sigmoid4(x)), f32x4.sub(f32x4.splat(1), f32x4.mul(t, t)));
    return flushSlope4(f32x4.add(t, slope));
  }
}

export function mish(): Layer {
  return new Mish();
}
