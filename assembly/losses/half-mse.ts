import { square4 } from "../kernels/flush";
import { ElementLoss, Loss } from "./loss";

/**
 * Half squared error: L = 1/(2n)·Σ (z - t)² over every element, n samples; dl/dz = z - t.
 */
class HalfMse extends ElementLoss<HalfMse> {
  perSample(): f64 {
    return 1;
  }
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    let d = f32x4.sub(z, t);
    return f32x4.mul(f32x4.splat(0.5), square4(d));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, p: v128): v128 {
    return f32x4.sub(z, t);
  }
}

export function halfMse(): Loss {
  return new HalfMse();
}
