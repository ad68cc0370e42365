import { Layer } from "../layer";
import { Activation } from "./activation";
import { expm14 } from "../math/expm1";

/**
 * Exponential linear unit: y = x for x > 0, else α(eˣ - 1); f' = 1, or αeˣ = y + α. Clevert, Unterthiner, Hochreiter 2015.
 */
class Elu extends Activation<Elu> {
  /** Scale of the negative part. @range (-inf, inf) */
  alpha: f64 = 1;
  constant(): v128 {
    return f32x4.splat(<f32>this.alpha);
  }
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return v128.bitselect(x, f32x4.mul(p, expm14(x)), f32x4.gt(x, f32x4.splat(0)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return v128.bitselect(f32x4.splat(1), f32x4.add(y, p), f32x4.gt(x, f32x4.splat(0)));
  }
}

export function elu(): Layer {
  return new Elu();
}
