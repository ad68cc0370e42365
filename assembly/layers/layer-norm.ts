import { LEAST, flush4 } from "../kernels/flush";
import { Layer } from "../layer";
import { Parameter } from "../parameter";
import { sumSamples, sumProducts } from "../kernels/reduce";
import { f32At, rowAt, ROW } from "../kernels/simd";

/**
 * Layer normalisation over the features of each sample: y = γ·x̂ + β, x̂ = (x - mean)/√(var + eps), biased variance.
 * dx = (g - mean(g) - x̂·mean(g·x̂))/√(var + eps) with g = γ·dy. Ba, Kiros, Hinton 2016.
 */
class LayerNorm extends Layer {
  /** Added to the variance. @range (0, inf) */
  eps: f64 = 1e-5;
  /** Whether γ and β are learnt. */
  affine: bool = true;
  weightTensor: Parameter | null = null;
  biasTensor: Parameter | null = null;

  build(): void {
    this.outputs = this.inputs;
    if (this.affine) {
      this.weightTensor = new Parameter(this.inputs, 0, 1);
      this.biasTensor = new Parameter(this.inputs);
    }
  }
  /** 1/√(var + eps) of each sample [panels][8], then x̂ laid out as x. */
  workspaceBytes(panels: i32): f64 {
    return <f64>panels * (1 + <f64>this.inputs) * ROW;
  }
  private get normalised(): usize {
    return this.workspace + rowAt(this.batch!.panels);
  }

  forward(from: i32, to: i32, scratch: usize): void {
    let n = this.inputs;
    let bytes = rowAt(n);
    let weight = this.weightTensor, bias = this.biasTensor;
    let gamma = weight ? weight.value : 0;
    let beta = bias ? bias.value : 0;
    let inverse = f32x4.splat(1 / <f32>n);
    let eps = f32x4.splat(<f32>this.eps);
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let offset = <usize>p * bytes + half;
        let x = this.x + offset, y = this.y + offset, hat = this.normalised + offset;
        let mean = f32x4.splat(0);
        for (let at: usize = 0; at < bytes; at += ROW) mean = f32x4.add(mean, v128.load(x + at));
        mean = f32x4.mul(mean, inverse);
        let square = f32x4.splat(0);
        for (let at: usize = 0; at < bytes; at += ROW) {
          let d = f32x4.sub(v128.load(x + at), mean);
          square = f32x4.add(square, f32x4.mul(d, d));
        }
        let scale = f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(f32x4.mul(square, inverse), eps)));
        v128.store(this.workspace + rowAt(p) + half, scale);
        for (let i = 0; i < n; i++) {
          let at = rowAt(i);
          let value = f32x4.mul(f32x4.sub(v128.load(x + at), mean), scale);
          v128.store(hat + at, value);
          if (gamma) value = f32x4.add(f32x4.mul(value, v128.load_splat<f32>(gamma + f32At(i))), v128.load_splat<f32>(beta + f32At(i)));
          v128.store(y + at, value);
        }
      }
    }
  }

  phases(): i32 {
    return 2;
  }
  backwardUnits(phase: i32): i32 {
    if (phase == 1) return this.dx ? this.batch!.panels : 0;
    let weight = this.weightTensor;
    return weight && weight.trainable ? this.inputs : 0;
  }
  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    let n = this.inputs;
    let bytes = rowAt(n);
    let weight = this.weightTensor;
    if (phase == 0) {
      if (!weight) return;
      let panels = this.batch!.panels;
      sumProducts(weight.grad, this.dy, this.normalised, panels, n, from, to);
      sumSamples(this.biasTensor!.grad, this.dy, panels, n, from, to);
      return;
    }
    let gamma = weight ? weight.value : 0;
    let inverse = f32x4.splat(1 / <f32>n);
    for (let p = from; p < to; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let offset = <usize>p * bytes + half;
        let dy = this.dy + offset, dx = this.dx + offset, hat = this.normalised + offset;
        let sum = f32x4.splat(0), dot = f32x4.splat(0);
        for (let i = 0; i < n; i++) {
          let g = scaled(dy + rowAt(i), gamma, i);
          sum = f32x4.add(sum, g);
          dot = f32x4.add(dot, f32x4.mul(g, v128.load(hat + rowAt(i))));
        }
        sum = f32x4.mul(sum, inverse);
        dot = f32x4.mul(dot, inverse);
        let scale = v128.load(this.workspace + rowAt(p) + half);
        for (let i = 0; i < n; i++) {
          let rest = f32x4.sub(scaled(dy + rowAt(i), gamma, i), sum);
          v128.store(dx + rowAt(i), flush4(f32x4.mul(scale, f32x4.sub(rest, f32x4.mul(v128.load(hat + rowAt(i)), dot))), LEAST));
        }
      }
    }
  }
}

/** γ·dy of feature `i`. */
// @ts-ignore: decorator
@inline
function scaled(dy: usize, gamma: usize, i: i32): v128 {
  let g = v128.load(dy);
  return gamma ? f32x4.mul(g, v128.load_splat<f32>(gamma + f32At(i))) : g;
}

export function layerNorm(): Layer {
  return new LayerNorm();
}
