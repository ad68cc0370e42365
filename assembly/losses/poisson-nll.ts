import { ElementLoss, Loss } from "./loss";
import { Domain } from "./domain";
import { callExp4, callLog4 } from "../math/called";

/**
 * Poisson negative log-likelihood, mean over every element. With z = ln rate: l = eᶻ - t·z, dl/dz = eᶻ - t; else
 * l = z - t·ln(z + eps), dl/dz = 1 - t/(z + eps). `full` adds Stirling's t·ln t - t + ln(2πt)/2 for t > 1. Error below 4e-7
 * of the largest term.
 */
class PoissonNll extends ElementLoss<PoissonNll> {
  /** Whether the network gives the logarithm of the rate. */
  logInput: bool = true;
  /** Whether Stirling's approximation of ln t! is added. */
  full: bool = false;
  /** Keeps the logarithm of a rate of 0 finite. @range (0, inf) */
  eps: f64 = 1e-8;

  domain(): i32 {
    return Domain.positive;
  }
  constant(output: i32): v128 {
    return f32x4.splat(<f32>this.eps);
  }
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, eps: v128): v128 {
    let value = this.logInput
      ? f32x4.sub(callExp4(z), f32x4.mul(t, z))
      : f32x4.sub(z, f32x4.mul(t, callLog4(f32x4.add(z, eps))));
    if (!this.full) return value;
    let log = callLog4(t);
    let half = f32x4.mul(f32x4.splat(0.5), f32x4.add(f32x4.splat(1.8378770664093453), log));
    let stirling = f32x4.add(f32x4.sub(f32x4.mul(t, log), t), half);
    return f32x4.add(value, v128.and(stirling, f32x4.gt(t, f32x4.splat(1))));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, eps: v128): v128 {
    if (this.logInput) return f32x4.sub(callExp4(z), t);
    // 1 - t/(z + eps), so that z near t keeps its digits.
    return f32x4.div(f32x4.add(f32x4.sub(z, t), eps), f32x4.add(z, eps));
  }
}

export function poissonNll(): Loss {
  return new PoissonNll();
}
