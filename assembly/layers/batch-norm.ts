import { LEAST, flush4 } from "../kernels/flush";
import { Layer } from "../layer";
import { Parameter, Statistic } from "../parameter";
import { f32At, rowAt, sumLanes64, LANES } from "../kernels/simd";

/** Panels whose sums stay in float32. */
const BLOCK: i32 = 256;

// A feature's place in the workspace: how far the passes shift it, f32, 1/√(var + eps), f32, and the batch's mean and
// unbiased variance, f64.
const MEAN: usize = 8;
const VARIANCE: usize = 16;
const STATISTICS: usize = 24;

/**
 * Batch normalisation of each feature: y = γ·x̂ + β, x̂ = (x - mean)/√(var + eps) with the batch's biased variance in
 * training and the running statistics in inference; running = (1 - momentum)·running + momentum·batch, its variance
 * unbiased, unless the batch is one row, which has none. dx = γ/√(var + eps)·(dy - mean(dy) - x̂·mean(dy·x̂)). A layer
 * that is not trainable keeps its running statistics and uses them, as in Keras. Ioffe, Szegedy 2015.
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
  workspaceBytes(panels: i32): f64 {
    return <f64>this.inputs * STATISTICS;
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
    let own = batch.training && this.trainable;
    for (let f = from; f < to; f++) {
      let x = this.x + rowAt(f), y = this.y + rowAt(f), place = this.place(f);
      let mean: f64, variance: f64, centre: f32;
      if (own) {
        // Around a row of its own, then around the mean as float32 has it: features far from 0 keep their digits.
        let first = load<f32>(x);
        centre = <f32>(first + f64x2.extract_lane(sums(false, x, stride, rows, first), 0) / rows);
        let around = sums(true, x, stride, rows, centre);
        let rest = f64x2.extract_lane(around, 0) / rows;
        mean = centre + rest;
        variance = max(f64x2.extract_lane(around, 1) / rows - rest * rest, 0);
        store<f64>(place, mean, MEAN);
        store<f64>(place, rows > 1 ? (variance * rows) / (rows - 1) : variance, VARIANCE);
      } else {
        mean = centre = load<f32>(this.runningMean!.value + f32At(f));
        variance = load<f32>(this.runningVar!.value + f32At(f));
      }
      let inverse = <f32>(1 / sqrt(variance + this.eps));
      store<f32>(place, centre);
      store<f32>(place, inverse, 4);
      let factor = weight ? inverse * load<f32>(weight.value + f32At(f)) : inverse;
      let shift = f32x4.splat(centre);
      let scale = f32x4.splat(factor);
      let beta = f32x4.splat(<f32>((bias ? load<f32>(bias.value + f32At(f)) : 0) - (mean - centre) * factor));
      for (let p = 0; p < panels; p++, x += stride, y += stride) {
        v128.store(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), shift), scale), beta));
        v128.store(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x, 16), shift), scale), beta), 16);
      }
    }
  }

  track(): void {
    let batch = this.batch!;
    if (batch.rows < 2 || !this.trainable) return;
    let momentum = batch.seen ? 1 / <f64>batch.seen : this.momentum;
    for (let f = 0; f < this.inputs; f++) {
      let mean = load<f64>(this.place(f), MEAN), variance = load<f64>(this.place(f), VARIANCE);
      if (!isFinite(<f32>variance)) continue; // nothing that running statistics could ever forget
      blend(this.runningMean!.value + f32At(f), mean, momentum);
      blend(this.runningVar!.value + f32At(f), variance, momentum);
    }
  }
  private place(f: i32): usize {
    return this.workspace + <usize>f * STATISTICS;
  }

  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    let batch = this.batch!;
    let panels = batch.panels;
    let stride = rowAt(this.inputs);
    let weight = this.weightTensor;
    for (let f = from; f < to; f++) {
      let x = this.x + rowAt(f), dy = this.dy + rowAt(f), place = this.place(f);
      let shift = v128.load_splat<f32>(place);
      let inverse = load<f32>(place, 4);
      let rest = this.trainable ? load<f64>(place, MEAN) - load<f32>(place) : 0;
      // Lanes without a row have dy = 0 and add nothing.
      let sum = f32x4.splat(0), dot = f32x4.splat(0);
      for (let p = 0, at: usize = 0; p < panels; p++, at += stride) {
        for (let half: usize = 0; half < 32; half += 16) {
          let g = v128.load(dy + at + half);
          sum = f32x4.add(sum, g);
          dot = f32x4.add(dot, f32x4.mul(g, f32x4.sub(v128.load(x + at + half), shift)));
        }
      }
      let gradSum = sumLanes64(sum);
      let gradDot = (sumLanes64(dot) - rest * gradSum) * inverse;
      if (weight && weight.trainable) {
        store<f32>(weight.grad + f32At(f), <f32>gradDot);
        store<f32>(this.biasTensor!.grad + f32At(f), <f32>gradSum);
      }
      if (!this.dx) continue;
      let factor = weight ? inverse * load<f32>(weight.value + f32At(f)) : inverse;
      let scale = f32x4.splat(factor);
      // Running statistics do not depend on x.
      let dotShare = this.trainable ? (gradDot / batch.rows) * inverse : 0;
      let meanDot = f32x4.splat(<f32>dotShare);
      let meanSum = f32x4.splat(this.trainable ? <f32>(gradSum / batch.rows - dotShare * rest) : 0);
      let dx = this.dx + rowAt(f);
      for (let p = 0, at: usize = 0; p < panels; p++, at += stride) {
        let live = min(batch.rows - p * LANES, LANES);
        for (let half: usize = 0; half < 32; half += 16) {
          let centred = f32x4.sub(v128.load(x + at + half), shift);
          let value = f32x4.sub(f32x4.sub(v128.load(dy + at + half), meanSum), f32x4.mul(centred, meanDot));
          v128.store(dx + at + half, flush4(v128.and(f32x4.mul(value, scale), liveLanes(live - <i32>(half >> 2))), LEAST));
        }
      }
    }
  }
}

/** Σ (x - shift) over the `rows` samples of one feature, and with `squares` Σ (x - shift)² beside it. */
function sums(squares: bool, x: usize, stride: usize, rows: i32, shift: f32): v128 {
  let centre = f32x4.splat(shift);
  let total: f64 = 0, totalSquares: f64 = 0;
  for (let left = rows; left > 0; ) {
    let low = f32x4.splat(0), high = f32x4.splat(0), lowSquares = f32x4.splat(0), highSquares = f32x4.splat(0);
    for (let end = left - BLOCK * LANES; left > 0 && left > end; left -= LANES, x += stride) {
      let a = f32x4.sub(v128.load(x), centre), b = f32x4.sub(v128.load(x, 16), centre);
      if (left < LANES) {
        a = v128.and(a, liveLanes(left));
        b = v128.and(b, liveLanes(left - 4));
      }
      low = f32x4.add(low, a);
      high = f32x4.add(high, b);
      if (squares) {
        lowSquares = f32x4.add(lowSquares, f32x4.mul(a, a));
        highSquares = f32x4.add(highSquares, f32x4.mul(b, b));
      }
    }
    total += sumLanes64(f32x4.add(low, high));
    totalSquares += sumLanes64(f32x4.add(lowSquares, highSquares));
  }
  return f64x2.replace_lane(f64x2.splat(total), 1, totalSquares);
}

/** All bits set in the first `count` lanes. */
// @ts-ignore: decorator
@inline
function liveLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** running = (1 - momentum)·running + momentum·value, 0 before it becomes subnormal. */
function blend(running: usize, value: f64, momentum: f64): void {
  let next = (1 - momentum) * load<f32>(running) + momentum * value;
  store<f32>(running, abs(next) < 1e-30 ? 0 : <f32>next);
}

export function batchNorm(): Layer {
  return new BatchNorm();
}
