import { square4 } from "../kernels/flush";
import { ElementLoss, Loss } from "./loss";

/**
 * Mean squared error: l = (z - t)², mean over every element; dl/dz = 2(z - t).
 */
class Mse extends ElementLoss<Mse> {
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    let d = f32x4.sub(z, t);
    return square4(d);
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, p: v128): v128 {
    return f32x4.mul(f32x4.splat(2), f32x4.sub(z, t));
  }
}

export function mse(): Loss {
  return new Mse();
}
