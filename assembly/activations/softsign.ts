import { Layer } from "../layer";
import { Activation } from "./activation";

/**
 * y = x/(1 + |x|); f' = 1/(1 + |x|)². Bergstra et al. 2009.
 */
class Softsign extends Activation<Softsign> {
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.div(x, f32x4.add(f32x4.splat(1), f32x4.abs(x)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    let r = f32x4.add(f32x4.splat(1), f32x4.abs(x));
    return f32x4.div(f32x4.splat(1), f32x4.mul(r, r));
  }
}

export function softsign(): Layer {
  return new Softsign();
}
