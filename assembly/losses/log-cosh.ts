import { ElementLoss, Loss } from "./loss";
import { callSoftplus4 } from "../math/called";
import { tanh4 } from "../math/tanh";

const LN2: f32 = 0.6931471805599453;

/**
 * l = ln cosh(d), d = z - t; dl/dz = tanh(d). For |d| ≥ 1 it is |d| + ln(1 + e^(-2|d|)) - ln 2, which no d overflows; nearer
 * to 0, where that would cancel, d²·P(d²), P a minimax polynomial of degree 5. Relative error below 4e-7.
 */
class LogCosh extends ElementLoss<LogCosh> {
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    let d = f32x4.abs(f32x4.sub(z, t));
    let far = f32x4.add(d, f32x4.sub(callSoftplus4(f32x4.mul(f32x4.splat(-2), d)), f32x4.splat(LN2)));
    let x = f32x4.mul(d, d);
    let y = f32x4.add(f32x4.splat(0.0017853619065135717), f32x4.mul(x, f32x4.splat(-0.00029658933635801077)));
    y = f32x4.add(f32x4.splat(-0.006559107452630997), f32x4.mul(x, y));
    y = f32x4.add(f32x4.splat(0.022181127220392227), f32x4.mul(x, y));
    y = f32x4.add(f32x4.splat(-0.0833299532532692), f32x4.mul(x, y));
    y = f32x4.add(f32x4.splat(0.4999999403953552), f32x4.mul(x, y));
    return v128.bitselect(f32x4.mul(x, y), far, f32x4.lt(d, f32x4.splat(1)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, p: v128): v128 {
    return tanh4(f32x4.sub(z, t));
  }
}

export function logCosh(): Loss {
  return new LogCosh();
}
