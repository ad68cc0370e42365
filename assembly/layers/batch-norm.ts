import { Layer } from "../layer";
import { Parameter, Statistic } from "../parameter";
import { f32At, rowAt, sumLanes64, LANES } from "../kernels/simd";

/**
 * Batch normalisation of each feature: y = γ·x̂ + β, x̂ = (x - mean)/√(var + eps) with the batch's biased variance in
 * training and the running statistics in inference; running = (1 - momentum)·running + momentum·batch, its variance
 * unbiased. dx = γ/√(var + eps)·(dy - mean(dy) - x̂·mean(dy·x̂)). Ioffe, Szegedy 2015.
 */
class BatchNorm extends Layer {
  /** Weight of the batch in the running statistics. @range [0, 1] */
  momentum: f64 = 0.1;
  /** Added to the variance. @range (0, inf) */
  eps: f64 = 1e-5;
  /** Whether γ and β are learnt. */
  affine: bool = true;
  weightTensor: Parameter | null = null;
  biasTensor: Parameter | null = null;
  runningMean: Statistic | null = null;
  runningVar: Statistic | null = null;

  build(): void {
    this.outputs = this.inputs;
    if (this.affine) {
      this.weightTensor = new Parameter(this.inputs, 0, 1);
      this.biasTensor = new Parameter(this.inputs);
    }
    this.runningMean = new Statistic(this.inputs, 0);
    this.runningVar = new Statistic(this.inputs, 1);
  }
  /** mean and 1/√(var + eps) of each feature, side by side. */
  workspaceBytes(panels: i32): usize {
    return f32At(2 * this.inputs);
  }
  /** Features: each is normalised on its own. */
  forwardUnits(): i32 {
    return this.inputs;
  }

  forward(from: i32, to: i32, scratch: usize): void {
    let batch = this.batch!;
    let rows = batch.rows;
    let panels = batch.panels;
    let stride = rowAt(this.inputs);
    let weight = this.weightTensor, bias = this.biasTensor;
    let runningMean = this.runningMean!.value, runningVar = this.runningVar!.value;
    for (let f = from; f < to; f++) {
      let x = this.x + rowAt(f), y = this.y + rowAt(f);
      let mean: f64, variance: f64;
      if (batch.training) {
        mean = sumOf(x, stride, rows, 0, false) / rows;
        variance = sumOf(x, stride, rows, <f32>mean, true) / rows;
        let unbiased = rows > 1 ? (variance * rows) / (rows - 1) : variance;
        if (batch.tracks) {
          let momentum = batch.seen ? 1 / <f64>batch.seen : this.momentum;
          blend(runningMean + f32At(f), mean, momentum);
          blend(runningVar + f32At(f), unbiased, momentum);
        }
      } else {
        mean = load<f32>(runningMean + f32At(f));
        variance = load<f32>(runningVar + f32At(f));
      }
      let inverse = <f32>(1 / sqrt(variance + this.eps));
      store<f32>(this.workspace + f32At(2 * f), <f32>mean);
      store<f32>(this.workspace + f32At(2 * f), inverse, 4);
      let shift = f32x4.splat(<f32>mean);
      let scale = f32x4.splat(weight ? inverse * load<f32>(weight.value + f32At(f)) : inverse);
      let beta = f32x4.splat(bias ? load<f32>(bias.value + f32At(f)) : 0);
      for (let p = 0; p < panels; p++, x += stride, y += stride) {
        v128.store(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), shift), scale), beta));
        v128.store(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x, 16), shift), scale), beta), 16);
      }
    }
  }

  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    let batch = this.batch!;
    let panels = batch.panels;
    let stride = rowAt(this.inputs);
    let weight = this.weightTensor;
    for (let f = from; f < to; f++) {
      let x = this.x + rowAt(f), dy = this.dy + rowAt(f);
      let mean = v128.load_splat<f32>(this.workspace + f32At(2 * f));
      let inverse = load<f32>(this.workspace + f32At(2 * f), 4);
      // Lanes without a row have dy = 0 and add nothing.
      let sum = f32x4.splat(0), dot = f32x4.splat(0);
      for (let p = 0, at: usize = 0; p < panels; p++, at += stride) {
        for (let half: usize = 0; half < 32; half += 16) {
          let g = v128.load(dy + at + half);
          sum = f32x4.add(sum, g);
          dot = f32x4.add(dot, f32x4.mul(g, f32x4.sub(v128.load(x + at + half), mean)));
        }
      }
      let gradSum = sumLanes64(sum);
      let gradDot = sumLanes64(dot) * inverse;
      if (weight && weight.trainable) {
        store<f32>(weight.grad + f32At(f), <f32>gradDot);
        store<f32>(this.biasTensor!.grad + f32At(f), <f32>gradSum);
      }
      if (!this.dx) continue;
      let factor = weight ? inverse * load<f32>(weight.value + f32At(f)) : inverse;
      let scale = f32x4.splat(factor);
      let meanSum = f32x4.splat(<f32>(gradSum / batch.rows));
      let meanDot = f32x4.splat(<f32>((gradDot / batch.rows) * inverse));
      let dx = this.dx + rowAt(f);
      for (let p = 0, at: usize = 0; p < panels; p++, at += stride) {
        let live = min(batch.rows - p * LANES, LANES);
        for (let half: usize = 0; half < 32; half += 16) {
          let centred = f32x4.sub(v128.load(x + at + half), mean);
          let value = f32x4.sub(f32x4.sub(v128.load(dy + at + half), meanSum), f32x4.mul(centred, meanDot));
          v128.store(dx + at + half, v128.and(f32x4.mul(value, scale), liveLanes(live - <i32>(half >> 2))));
        }
      }
    }
  }
}

/** Σ x, or Σ (x - shift)², over the `rows` samples of one feature. */
function sumOf(x: usize, stride: usize, rows: i32, shift: f32, square: bool): f64 {
  let low = f32x4.splat(0), high = f32x4.splat(0);
  let centre = f32x4.splat(shift);
  for (let left = rows; left > 0; left -= LANES, x += stride) {
    let a = f32x4.sub(v128.load(x), centre), b = f32x4.sub(v128.load(x, 16), centre);
    if (square) {
      a = f32x4.mul(a, a);
      b = f32x4.mul(b, b);
    }
    if (left < LANES) {
      a = v128.and(a, liveLanes(left));
      b = v128.and(b, liveLanes(left - 4));
    }
    low = f32x4.add(low, a);
    high = f32x4.add(high, b);
  }
  return sumLanes64(f32x4.add(low, high));
}

/** All bits set in the first `count` lanes. */
// @ts-ignore: decorator
@inline
function liveLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** running = (1 - momentum)·running + momentum·value */
function blend(running: usize, value: f64, momentum: f64): void {
  store<f32>(running, <f32>((1 - momentum) * load<f32>(running) + momentum * value));
}

export function batchNorm(): Layer {
  return new BatchNorm();
}
