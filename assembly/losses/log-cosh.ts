import { ElementLoss, Loss } from "./loss";
import { callSoftplus4 } from "../math/called";
import { tanh4 } from "../math/tanh";

const LN2: f32 = 0.6931471805599453;

/**
 * l = ln cosh(d) = |d| + ln(1 + e^(-2|d|)) - ln 2, d = z - t, which no d overflows; dl/dz = tanh(d).
 */
class LogCosh extends ElementLoss<LogCosh> {
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    let d = f32x4.abs(f32x4.sub(z, t));
    return f32x4.add(d, f32x4.sub(callSoftplus4(f32x4.mul(f32x4.splat(-2), d)), f32x4.splat(LN2)));
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
