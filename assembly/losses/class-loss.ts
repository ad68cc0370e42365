import { Loss, Target, Decision, Values } from "./loss";
import { f32At } from "../kernels/simd";

/** What the losses over class indices share: weights of the classes, and a label that is passed over. */
export abstract class ClassLoss extends Loss {
  /** Weight of each class; the mean is taken over these weights. @range [0, inf) */
  classWeights: Values | null = null;
  /** Samples with this label count for nothing. */
  ignoreIndex: i32 = -100;

  accepts(target: i32): bool {
    return target == Target.index;
  }
  ignores(label: i32): bool {
    return this.target == Target.index && label == this.ignoreIndex;
  }
  decision(): i32 {
    return Decision.largest;
  }
  perSample(): f64 {
    return 1;
  }
  /** Weight of class `label`. */
  classWeight(label: i32): f32 {
    let weights = this.classWeights;
    return weights ? load<f32>(weights.data + f32At(label)) : 1;
  }
  weightSum(): f64 {
    if (this.target == Target.value) return super.weightSum();
    let sum: f64 = 0;
    for (let i = 0, rows = this.batch!.rows; i < rows; i++) {
      let label = load<i32>(this.labels + f32At(i));
      let weight = load<f32>(this.weights + f32At(i));
      if (label != this.ignoreIndex && weight != 0) sum += <f64>weight * <f64>this.classWeight(label);
    }
    return sum;
  }
  /** Weight of class `c` for four samples. */
  // @ts-ignore: decorator
  @inline
  weightAt(c: i32): v128 {
    let weights = this.classWeights;
    return weights ? v128.load_splat<f32>(weights.data + f32At(c)) : f32x4.splat(1);
  }
}
