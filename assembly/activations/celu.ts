import { Layer } from "../layer";
import { Activation } from "./activation";
import { expm14 } from "../math/expm1";

/**
 * Continuously differentiable ELU: y = x for x > 0, else α(e^(x/α) - 1); f' = 1, or e^(x/α) = y/α + 1. Barron 2017.
 */
class Celu extends Activation<Celu> {
  /** Scale of the negative part. @range (0, inf) */
  alpha: f64 = 1;
  constant(): v128 {
    return f32x4.splat(<f32>this.alpha);
  }
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return v128.bitselect(x, f32x4.mul(p, expm14(f32x4.div(x, p))), f32x4.gt(x, f32x4.splat(0)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return v128.bitselect(f32x4.splat(1), f32x4.add(f32x4.div(y, p), f32x4.splat(1)), f32x4.gt(x, f32x4.splat(0)));
  }
}

export function celu(): Layer {
  return new Celu();
}
