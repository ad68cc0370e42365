import { Layer } from "../layer";
import { Activation } from "./activation";

/**
 * y = x·hardSigmoid(x); f' = 0 for x ≤ -3, 1 for x ≥ 3, else x/3 + 1/2. Howard et al. 2019.
 */
class HardSwish extends Activation<HardSwish> {
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.mul(x, f32x4.mul(f32x4.pmin(f32x4.pmax(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0)), f32x4.splat(6)), f32x4.splat(1.0 / 6.0)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    let inside = f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 3.0)), f32x4.splat(0.5));
    let right = v128.bitselect(f32x4.splat(1), inside, f32x4.ge(x, f32x4.splat(3)));
    return v128.andnot(right, f32x4.le(x, f32x4.splat(-3)));
  }
}

export function hardSwish(): Layer {
  return new HardSwish();
}
