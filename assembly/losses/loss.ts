// A loss reads the network's output z (sample panels [panels][outputs][8]) and writes dL/dz and each sample's loss.
// L = Σ wᵢ·lᵢ / Σ wᵢ with the sample weights w: a sample of weight 2 counts as two alike. Lanes that no row fills have
// weight 0; where a weight is 0, loss and gradient are 0 whatever stands there.
import { Batch } from "../batch";
import { Domain } from "./domain";
import { LEAST, flush4 } from "../kernels/flush";
import { f32At, rowAt, ROW, LANES } from "../kernels/simd";

/** A list of numbers among a loss's options, one for each class or output. */
export class Values {
  data: usize = 0;
  constructor(public count: i32) {}
}

/** What a target is. */
export const enum Target {
  /** A class index a sample: i32 [8·panels] */
  index = 0,
  /** A number, or a probability, an output: sample panels [panels][outputs][8] */
  value = 1,
}

/** How an output becomes a decision, for accuracy and its kin. */
export const enum Decision {
  /** None: a regression. */
  none = 0,
  /** The largest output is the class. */
  largest = 1,
  /** Each output above `threshold` says yes. */
  threshold = 2,
}

/** What a loss wants of the outputs, where it does not take any. */
export const enum Head {
  any = 0,
  /** Of either sign: the loss squashes them itself, or decides by the sign. */
  logits = 1,
  /** Probabilities. */
  probabilities = 2,
  /** Logarithms of probabilities. */
  logProbabilities = 3,
  /** More than one: the loss tells classes by the largest. */
  several = 4,
  /** Any that change: a softmax of one output does not. */
  changing = 5,
}

export abstract class Loss {
  outputs: i32 = 0;
  z: usize = 0;
  dz: usize = 0;
  /** Class indices i32 [8·panels], where the targets are indices. */
  labels: usize = 0;
  /** Targets as sample panels, where they are values. */
  targets: usize = 0;
  /** Which of the two this batch has. */
  target: i32 = Target.value;
  /** Sample weights f32 [8·panels]. */
  weights: usize = 0;
  /** The loss of each sample, unweighted: f32 [8·panels]. */
  losses: usize = 0;
  batch: Batch | null = null;

  /** Whether targets of this kind make sense. */
  accepts(target: i32): bool {
    return target == Target.value;
  }
  /** Whether samples of this class count for nothing. */
  ignores(label: i32): bool {
    return false;
  }
  decision(): i32 {
    return Decision.none;
  }
  threshold(): f32 {
    return 0;
  }
  /** Where a target counts as yes, for a decision by threshold. */
  targetThreshold(): f32 {
    return 0.5;
  }
  /** What the numbers of a target may be. */
  domain(): i32 {
    return Domain.any;
  }
  /** Whether outputs that are like this (`Outputs`) make no sense to the loss, and what it wants instead. */
  misfit(outputs: i32): i32 {
    return Head.any;
  }
  /** Targets that stand for class indices: of the only output, for an index of 0 or 1, … */
  single(label: i32): f32 {
    return <f32>label;
  }
  /** … and for the outputs of the other classes. */
  no(): f32 {
    return 0;
  }
  /** Denominator for a sum over the outputs: the mean over them unless a loss says otherwise. */
  perSample(): f64 {
    return this.outputs;
  }
  /** Losses and, when dz is asked for, gradients of panels `from` to `to`; `scale` = 1/(Σ w · perSample). */
  abstract evaluate(from: i32, to: i32, scale: f32, gradient: bool): void;

  /** Σ of the weights that the loss is divided by, in order. */
  weightSum(): f64 {
    let sum: f64 = 0;
    for (let i = 0, rows = this.batch!.rows; i < rows; i++) sum += load<f32>(this.weights + f32At(i));
    return sum;
  }
  /** Σ wᵢ·lᵢ, in order. */
  lossSum(): f64 {
    let sum: f64 = 0;
    for (let i = 0, rows = this.batch!.rows; i < rows; i++) {
      let w = load<f32>(this.weights + f32At(i));
      if (w != 0) sum += <f64>w * <f64>load<f32>(this.losses + f32At(i));
    }
    return sum;
  }
}

/** A loss that is a sum over outputs of `value(z, t)`; T gives it and its `derivative` in z on four lanes. */
export abstract class ElementLoss<T> extends Loss {
  /** The option that the formula needs, in all lanes. */
  constant(output: i32): v128 {
    return f32x4.splat(0);
  }
  evaluate(from: i32, to: i32, scale: f32, gradient: bool): void {
    let self = changetype<T>(this);
    let bytes = rowAt(this.outputs);
    let mean = f32x4.splat(<f32>(1 / this.perSample()));
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let offset = <usize>p * bytes + half;
        let lane = f32At(p * LANES) + half;
        let weight = v128.load(this.weights + lane);
        let live = f32x4.ne(weight, f32x4.splat(0));
        let factor = f32x4.mul(weight, f32x4.splat(scale));
        let sum = f32x4.splat(0);
        for (let i = 0; i < this.outputs; i++) {
          let at = offset + rowAt(i);
          let constant = self.constant(i);
          let z = v128.load(this.z + at);
          let t = v128.load(this.targets + at);
          sum = f32x4.add(sum, self.value(z, t, constant));
          if (!gradient) continue;
          let slope = flush4(self.derivative(z, t, constant), LEAST);
          v128.store(this.dz + at, v128.and(f32x4.mul(slope, factor), live));
        }
        v128.store(this.losses + lane, v128.and(f32x4.mul(sum, mean), live));
      }
    }
  }
}
