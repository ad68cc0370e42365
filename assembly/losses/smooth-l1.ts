import { square4 } from "../kernels/flush";
import { ElementLoss, Loss } from "./loss";

/**
 * Smooth L1: l = d²/(2β) for |d| < β, else |d| - β/2, d = z - t; dl/dz = d/β clamped to ±1. Girshick 2015.
 */
class SmoothL1 extends ElementLoss<SmoothL1> {
  /** Where the square turns into the line. @range (0, inf) */
  beta: f64 = 1;
  constant(output: i32): v128 {
    return f32x4.splat(<f32>this.beta);
  }
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    let d = f32x4.abs(f32x4.sub(z, t));
    let near = f32x4.div(f32x4.mul(f32x4.splat(0.5), square4(d)), p);
    return v128.bitselect(near, f32x4.sub(d, f32x4.mul(f32x4.splat(0.5), p)), f32x4.lt(d, p));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, p: v128): v128 {
    return f32x4.max(f32x4.min(f32x4.div(f32x4.sub(z, t), p), f32x4.splat(1)), f32x4.splat(-1));
  }
}

export function smoothL1(): Loss {
  return new SmoothL1();
}
