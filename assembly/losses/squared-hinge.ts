import { square4 } from "../kernels/flush";
import { ElementLoss, Decision, Head, Loss } from "./loss";
import { Domain } from "./domain";
import { Outputs } from "../layer";

/**
 * l = max(0, 1 - t·z)², t in {-1, 1}, mean over every element; dl/dz = -2t(1 - t·z) inside the margin.
 */
class SquaredHinge extends ElementLoss<SquaredHinge> {
  domain(): i32 {
    return Domain.sign;
  }
  misfit(outputs: i32): i32 {
    return outputs == Outputs.any ? Head.any : Head.logits;
  }
  decision(): i32 {
    return Decision.threshold;
  }
  targetThreshold(): f32 {
    return 0;
  }
  single(label: i32): f32 {
    return label > 0 ? 1 : -1;
  }
  no(): f32 {
    return -1;
  }
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    let m = f32x4.pmax(f32x4.sub(f32x4.splat(1), f32x4.mul(t, z)), f32x4.splat(0));
    return square4(m);
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, p: v128): v128 {
    let m = f32x4.pmax(f32x4.sub(f32x4.splat(1), f32x4.mul(t, z)), f32x4.splat(0));
    return f32x4.mul(f32x4.mul(f32x4.splat(-2), t), m);
  }
}

export function squaredHinge(): Loss {
  return new SquaredHinge();
}
