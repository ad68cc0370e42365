import { ElementLoss, Decision, Head, Values, Loss } from "./loss";
import { Domain } from "./domain";
import { Outputs } from "../layer";
import { callLog4, callSigmoid4, callSoftplus4 } from "../math/called";
import { log1p4 } from "../math/log";
import { f32At } from "../kernels/simd";

/**
 * Binary cross-entropy of each output, t in [0, 1], mean over every element: l = -(w·t·ln p + (1 - t)·ln(1 - p)).
 * From logits p = σ(z) is never formed: l = (1 - t)·z + (1 + (w - 1)t)·softplus(-z), dl/dz = (1 - t)·p - w·t·(1 - p).
 * From probabilities the logarithms stop at -100 and p(1 - p) at 1e-12, as in PyTorch's BCELoss.
 */
class BinaryCrossEntropy extends ElementLoss<BinaryCrossEntropy> {
  /** Whether the network gives logits, which is the stable form, or probabilities (a sigmoid of its own). */
  fromLogits: bool = true;
  /** Weight w of the positive class of each output, or one for all. @range (0, inf) */
  posWeight: Values | null = null;

  domain(): i32 {
    return Domain.share;
  }
  misfit(outputs: i32): i32 {
    if (this.fromLogits) return outputs == Outputs.any ? Head.any : Head.logits;
    return outputs == Outputs.share || outputs == Outputs.probabilities ? Head.any : Head.probabilities;
  }
  decision(): i32 {
    return Decision.threshold;
  }
  threshold(): f32 {
    return this.fromLogits ? 0 : 0.5;
  }
  constant(output: i32): v128 {
    let weight = this.posWeight;
    if (!weight) return f32x4.splat(1);
    return v128.load_splat<f32>(weight.data + (weight.count > 1 ? f32At(output) : 0));
  }
  // @ts-ignore: decorator
  @inline
  value(z: v128, t: v128, w: v128): v128 {
    let rest = f32x4.sub(f32x4.splat(1), t);
    if (this.fromLogits) {
      let factor = f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.sub(w, f32x4.splat(1)), t));
      return f32x4.add(f32x4.mul(rest, z), f32x4.mul(factor, callSoftplus4(f32x4.neg(z))));
    }
    let yes = f32x4.max(callLog4(z), f32x4.splat(-100));
    let no = f32x4.max(log1p4(f32x4.neg(z)), f32x4.splat(-100));
    return f32x4.neg(f32x4.add(f32x4.mul(f32x4.mul(w, t), yes), f32x4.mul(rest, no)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, t: v128, w: v128): v128 {
    let p = this.fromLogits ? callSigmoid4(z) : z;
    let q = this.fromLogits ? callSigmoid4(f32x4.neg(z)) : f32x4.sub(f32x4.splat(1), z);
    let slope = f32x4.sub(f32x4.mul(f32x4.sub(f32x4.splat(1), t), p), f32x4.mul(f32x4.mul(w, t), q));
    return this.fromLogits ? slope : f32x4.div(slope, f32x4.max(f32x4.mul(p, q), f32x4.splat(1e-12)));
  }
}

export function binaryCrossEntropy(): Loss {
  return new BinaryCrossEntropy();
}
