import { LEAST, flush4 } from "../kernels/flush";
import { Layer } from "../layer";
import { Parameter } from "../parameter";
import { f32At, rowAt, sumLanes64, ROW } from "../kernels/simd";

/**
 * Parametric ReLU: y = x for x > 0, else a·x with a learnt slope a, one for all features or one each;
 * dx = dy or a·dy, da = Σ dy·min(x, 0). He, Zhang, Ren, Sun 2015.
 */
class Prelu extends Layer {
  /** Slope to start from. @range (-inf, inf) */
  init: f64 = 0.25;
  /** Whether each feature has a slope of its own. */
  perFeature: bool = false;
  weightTensor: Parameter | null = null;

  build(): void {
    this.outputs = this.inputs;
    this.weightTensor = new Parameter(this.perFeature ? this.inputs : 1, 0, <f32>this.init);
  }
  /** da of each feature, float64. */
  workspaceBytes(panels: i32): f64 {
    return <f64>this.inputs * 8;
  }
  forwardUnits(): i32 {
    return this.inputs;
  }
  private slope(f: i32): v128 {
    return v128.load_splat<f32>(this.weightTensor!.value + (this.perFeature ? f32At(f) : 0));
  }

  forward(from: i32, to: i32, scratch: usize): void {
    let stride = rowAt(this.inputs);
    for (let f = from; f < to; f++) {
      let slope = this.slope(f);
      let end = <usize>this.batch!.panels * stride;
      for (let at = rowAt(f); at < end; at += stride) {
        for (let half: usize = 0; half < ROW; half += 16) {
          let x = v128.load(this.x + at + half);
          v128.store(this.y + at + half, flush4(v128.bitselect(x, f32x4.mul(slope, x), f32x4.gt(x, f32x4.splat(0))), LEAST));
        }
      }
    }
  }

  phases(): i32 {
    return 2;
  }
  backwardUnits(phase: i32): i32 {
    return phase == 0 ? this.inputs : 1;
  }
  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    if (phase == 1) return this.combine();
    let stride = rowAt(this.inputs);
    for (let f = from; f < to; f++) {
      let slope = this.slope(f);
      let sum = f32x4.splat(0);
      let end = <usize>this.batch!.panels * stride;
      for (let at = rowAt(f); at < end; at += stride) {
        for (let half: usize = 0; half < ROW; half += 16) {
          let x = v128.load(this.x + at + half);
          let dy = v128.load(this.dy + at + half);
          let positive = f32x4.gt(x, f32x4.splat(0));
          sum = f32x4.add(sum, v128.andnot(f32x4.mul(dy, x), positive));
          if (this.dx) v128.store(this.dx + at + half, flush4(v128.bitselect(dy, f32x4.mul(slope, dy), positive), LEAST));
        }
      }
      store<f64>(this.workspace + (<usize>f << 3), sumLanes64(sum));
    }
  }
  private combine(): void {
    let weight = this.weightTensor!;
    if (!weight.trainable) return;
    let total: f64 = 0;
    for (let f = 0; f < this.inputs; f++) {
      let sum = load<f64>(this.workspace + (<usize>f << 3));
      if (this.perFeature) store<f32>(weight.grad + f32At(f), <f32>sum);
      total += sum;
    }
    if (!this.perFeature) store<f32>(weight.grad, <f32>total);
  }
}

export function prelu(): Layer {
  return new Prelu();
}
