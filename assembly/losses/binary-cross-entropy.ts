import { ElementLoss, Decision, Head, Values, Loss } from "./loss";
import { Domain } from "./domain";
import { Outputs } from "../layer";
import { callLog1p4, callLog4, callSigmoid4, callSoftplus4 } from "../math/called";
import { f32At } from "../kernels/simd";

/**
 * Binary cross-entropy of each output, t in [0, 1], mean over every element: l = -(w·t·ln p + (1 - t)·ln(1 - p)), with
 * t·(1 - ε) + ε/2 for t. From logits p = σ(z) is never formed: l = w·t·softplus(-z) + (1 - t)·softplus(z), both terms from
 * one softplus(-|z|), dl/dz = (1 - t)·p - w·t·(1 - p). From probabilities the logarithms stop at -100 and p(1 - p) at
 * 1e-12, as in PyTorch's BCELoss. Relative error of l below 4e-7; of dl/dz below 4e-7 of its larger term.
 */
class BinaryCrossEntropy extends ElementLoss<BinaryCrossEntropy> {
  /** Whether the network gives logits, which is the stable form, or probabilities (a sigmoid of its own). */
  fromLogits: bool = true;
  /** Weight w of the positive class of each output, or one for all. @range (0, inf) */
  posWeight: Values | null = null;
  /** ε: how far targets are drawn from 0 and 1 towards one half. Szegedy et al. 2015. @range [0, 1) */
  labelSmoothing: f64 = 0;

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
  value(z: v128, target: v128, w: v128): v128 {
    let t = this.smooth(target);
    let rest = f32x4.sub(f32x4.splat(1), t);
    let weight = f32x4.mul(w, t);
    if (this.fromLogits) {
      let zero = f32x4.splat(0);
      let tail = callSoftplus4(v128.or(z, f32x4.splat(-0.0)));
      let yes = f32x4.add(tail, f32x4.pmax(f32x4.neg(z), zero));
      let no = f32x4.add(tail, f32x4.pmax(z, zero));
      return f32x4.add(f32x4.mul(weight, yes), f32x4.mul(rest, no));
    }
    let yes = f32x4.max(callLog4(z), f32x4.splat(-100));
    let no = f32x4.max(callLog1p4(f32x4.neg(z)), f32x4.splat(-100));
    return f32x4.neg(f32x4.add(f32x4.mul(weight, yes), f32x4.mul(rest, no)));
  }
  // @ts-ignore: decorator
  @inline
  derivative(z: v128, target: v128, w: v128): v128 {
    let t = this.smooth(target);
    let one = f32x4.splat(1);
    if (this.fromLogits) {
      let no = f32x4.mul(f32x4.sub(one, t), callSigmoid4(z));
      return f32x4.sub(no, f32x4.mul(f32x4.mul(w, t), callSigmoid4(f32x4.neg(z))));
    }
    // (1 - t)·p - w·t·(1 - p), so that p near t keeps its digits.
    let q = f32x4.sub(one, z);
    let slope = f32x4.sub(f32x4.sub(z, t), f32x4.mul(f32x4.mul(f32x4.sub(w, one), t), q));
    return f32x4.div(slope, f32x4.max(f32x4.mul(z, q), f32x4.splat(1e-12)));
  }
  // @ts-ignore: decorator
  @inline
  private smooth(t: v128): v128 {
    let e = <f32>this.labelSmoothing;
    return e ? f32x4.add(f32x4.mul(t, f32x4.splat(1 - e)), f32x4.splat(0.5 * e)) : t;
  }
}

export function binaryCrossEntropy(): Loss {
  return new BinaryCrossEntropy();
}
