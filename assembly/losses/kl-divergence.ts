import { ElementLoss, Decision, Head, Loss } from "./loss";
import { Domain } from "./domain";
import { Outputs } from "../layer";
import { callLog4 } from "../math/called";

/**
 * Kullback-Leibler divergence from log-probabilities z to probabilities t: Σ t·(ln t - z), mean over samples; dl/dz = -t.
 * Error below 5e-7 of the largest term.
 */
class KlDivergence extends ElementLoss<KlDivergence> {
  perSample(): f64 {
    return 1;
  }
  domain(): i32 {
    return Domain.distribution;
  }
  misfit(outputs: i32): i32 {
    return outputs == Outputs.logProbabilities ? Head.any : Head.logProbabilities;
  }
  decision(): i32 {
    return Decision.largest;
  }
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, p: v128): v128 {
    return v128.and(f32x4.mul(t, f32x4.sub(callLog4(t), z)), f32x4.gt(t, f32x4.splat(0)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, p: v128): v128 {
    return f32x4.neg(t);
  }
}

export function klDivergence(): Loss {
  return new KlDivergence();
}
