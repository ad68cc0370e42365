import { ElementLoss, Loss } from "./loss";
import { sign4 } from "../kernels/sign";

/**
 * Mean absolute error: l = |z - t|, mean over every element; dl/dz = sign(z - t), 0 at 0.
 */
class Mae extends ElementLoss<Mae> {
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    return f32x4.abs(f32x4.sub(z, t));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, p: v128): v128 {
    return sign4(f32x4.sub(z, t));
  }
}

export function mae(): Loss {
  return new Mae();
}
