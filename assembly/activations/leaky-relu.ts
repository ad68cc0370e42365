import { Layer } from "../layer";
import { Activation } from "./activation";

/**
 * y = x for x > 0, else slope·x; f' = 1 or slope. Maas, Hannun, Ng 2013.
 */
class LeakyRelu extends Activation<LeakyRelu> {
  /** Slope for negative inputs. @range (-inf, inf) */
  slope: f64 = 0.01;
  constant(): v128 {
    return f32x4.splat(<f32>this.slope);
  }
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return v128.bitselect(x, f32x4.mul(p, x), f32x4.gt(x, f32x4.splat(0)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    return v128.bitselect(f32x4.splat(1), p, f32x4.gt(x, f32x4.splat(0)));
  }
}

export function leakyRelu(): Layer {
  return new LeakyRelu();
}
