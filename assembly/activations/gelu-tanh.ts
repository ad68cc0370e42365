import { Layer } from "../layer";
import { Activation } from "./activation";
import { tanh4 } from "../math/tanh";

const SQRT_2_PI: f32 = 0.7978845608028654;
const CUBIC: f32 = 0.044715;

// @ts-ignore: decorator
@inline
function inner(x: v128): v128 {
  let x2 = f32x4.mul(x, x);
  return tanh4(f32x4.mul(f32x4.mul(f32x4.splat(SQRT_2_PI), x), f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(CUBIC), x2))));
}

/**
 * GELU's tanh form: y = x(1 + t)/2, t = tanh(u), u = √(2/π)(x + 0.044715x³);
 * f' = (1 + t)/2 + x(1 - t²)/2·√(2/π)(1 + 3·0.044715x²). Hendrycks, Gimpel 2016.
 */
class GeluTanh extends Activation<GeluTanh> {
  // @ts-ignore: decorator
  @inline
  value(x: v128, p: v128): v128 {
    return f32x4.mul(f32x4.mul(f32x4.splat(0.5), x), f32x4.add(f32x4.splat(1), inner(x)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(x: v128, y: v128, p: v128): v128 {
    let t = inner(x);
    // Past |x| = 10 t is ±1 and the rise 0; an x² that overflows would make it NaN.
    let du = f32x4.mul(f32x4.splat(SQRT_2_PI), f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(3 * CUBIC), f32x4.pmin(f32x4.mul(x, x), f32x4.splat(100)))));
    let rise = f32x4.mul(f32x4.mul(x, f32x4.sub(f32x4.splat(1), f32x4.mul(t, t))), du);
    return f32x4.mul(f32x4.splat(0.5), f32x4.add(f32x4.add(f32x4.splat(1), t), rise));
  }
}

export function geluTanh(): Layer {
  return new GeluTanh();
}
