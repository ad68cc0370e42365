import { square4 } from "../kernels/flush";
import { ElementLoss, Loss } from "./loss";

/**
 * Huber loss: l = d²/2 for |d| ≤ δ, else δ(|d| - δ/2), d = z - t; dl/dz = d clamped to ±δ. Huber 1964.
 */
class Huber extends ElementLoss<Huber> {
  /** Where the square turns into the line. @range (0, inf) */
  delta: f64 = 1;
  constant(output: i32): v128 {
    return f32x4.splat(<f32>this.delta);
  }
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    let d = f32x4.abs(f32x4.sub(z, t));
    let far = f32x4.mul(p, f32x4.sub(d, f32x4.mul(f32x4.splat(0.5), p)));
    return v128.bitselect(f32x4.mul(f32x4.splat(0.5), square4(d)), far, f32x4.le(d, p));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, p: v128): v128 {
    return f32x4.max(f32x4.min(f32x4.sub(z, t), p), f32x4.neg(p));
  }
}

export function huber(): Loss {
  return new Huber();
}
