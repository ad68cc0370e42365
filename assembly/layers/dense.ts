import { LEAST, flush4 } from "../kernels/flush";
import { Layer } from "../layer";
import { Parameter } from "../parameter";
import { gemmForward, gemmInput, gemmWeight, tileRow, tilesOf } from "../kernels/gemm";
import { samplesToFeatures } from "../kernels/layout";
import { sumSamples } from "../kernels/reduce";
import { forwardSingle, inputSingle, takeLane } from "../kernels/single";
import { f32At, rowAt, panelsOf, LANES, ROW } from "../kernels/simd";

/**
 * Tiles of rows after which an activation follows: what they have written is still in the cache. The products are called in
 * two places each, and so stay functions of their own: inside this loop V8 would find fewer registers for theirs (tiny
 * networks were 10 % slower).
 */
const TILES: i32 = 16;

/**
 * Fully connected layer: y = x·Wᵀ + b, W [units, inputs], b [units]. dW = dyᵀ·x, db = Σ dy, dx = dy·W.
 * @host activation: Activation - What follows the product: an activation, softmax or logSoftmax.
 * @host init: Initializer - How the weights start; by default what suits the activation.
 * @host biasInit: Initializer - How the biases start; zeros by default.
 */
class Dense extends Layer {
  /** Outputs. @positional @range [1, inf) */
  units: i32 = 0;
  /** Whether a bias is added. */
  bias: bool = true;
  weightTensor: Parameter | null = null;
  biasTensor: Parameter | null = null;

  build(): void {
    this.outputs = this.units;
    this.weightTensor = new Parameter(this.units, this.inputs);
    if (!this.bias) return;
    let bias = new Parameter(this.units);
    bias.fanIn = this.inputs;
    this.biasTensor = bias;
  }
  /** The inputs as feature panels, for the weight gradient; of one sample the inputs and dy, then room for dx. */
  workspaceBytes(panels: i32): f64 {
    let samples = <f64>panelsOf(this.inputs) * panels * (LANES * ROW);
    return max(samples, <f64>this.dyAt + 4 * (<f64>this.units + this.inputs) + 32);
  }
  /** Where dy of a single sample stands in the workspace. */
  private get dyAt(): usize {
    return (f32At(this.inputs) + 15) & ~15;
  }
  separate(): bool {
    return true;
  }

  operations(): f64 {
    let rows = this.batch!.rows;
    return rows == 1 ? 0 : <f64>rows * this.units * this.inputs * 2; // one sample has ways of its own
  }
  forwardUnits(): i32 {
    return tilesOf(this.units);
  }
  absorbs(): bool {
    return true;
  }
  forward(from: i32, to: i32, scratch: usize): void {
    let bias = this.biasTensor;
    let b = bias ? bias.value : 0;
    let w = this.weightTensor!.value;
    let n = this.units, k = this.inputs;
    let panels = this.batch!.panels;
    if (this.batch!.rows == 1) {
      takeLane(this.workspace, this.x, k);
      forwardSingle(this.y, this.workspace, w, b, k, tileRow(from, n), tileRow(to, n));
      if (this.takesNext) this.next!.forward(tileRow(from, n), tileRow(to, n), scratch);
      return;
    }
    if (!this.takesNext) {
      gemmForward(this.y, this.x, w, b, panels, n, k, from, to, scratch);
      if (this.next) flushRows(this.y, panels, n, tileRow(from, n), tileRow(to, n));
      return;
    }
    let next = this.next!;
    for (let t = from; t < to; t += TILES) {
      let end = min(t + TILES, to);
      gemmForward(this.y, this.x, w, b, panels, n, k, t, end, scratch);
      if (end - t == tilesOf(n)) next.forward(0, panels * n, scratch);
      else for (let p = 0, row = tileRow(t, n), stop = tileRow(end, n); p < panels; p++) next.forward(p * n + row, p * n + stop, scratch);
    }
  }

  phases(): i32 {
    return 3;
  }
  backwardUnits(phase: i32): i32 {
    if (phase == 2) return this.dx ? tilesOf(this.inputs) : 0;
    let trains = this.weightTensor!.trainable;
    if (phase == 0) return trains ? this.batch!.panels : 0;
    return trains ? tilesOf(this.units) : 0;
  }
  backward(phase: i32, from: i32, to: i32, scratch: usize): void {
    let panels = this.batch!.panels;
    let n = this.units;
    let k = this.inputs;
    let weight = this.weightTensor!;
    if (from >= to) return;
    if (this.batch!.rows == 1) return this.backwardSingle(phase);
    if (phase == 0) {
      samplesToFeatures(this.workspace, this.x, panels, k, from, to);
    } else if (phase == 1) {
      weight.outerRows = 0; // of a batch of one before this one, where its rule has used the factors
      gemmWeight(weight.grad, this.dy, this.workspace, panels, n, k, from, to, scratch);
      let bias = this.biasTensor;
      if (bias) sumSamples(bias.grad, this.dy, panels, n, tileRow(from, n), tileRow(to, n));
    } else {
      if (!this.takesPrevious) {
        gemmInput(this.dx, this.dy, weight.value, panels, n, k, from, to, scratch);
        flushRows(this.dx, panels, k, tileRow(from, k), tileRow(to, k));
        return;
      }
      let previous = this.previous!;
      for (let t = from; t < to; t += TILES) {
        let end = min(t + TILES, to);
        gemmInput(this.dx, this.dy, weight.value, panels, n, k, t, end, scratch);
        if (end - t == tilesOf(k)) previous.backward(0, 0, panels * k, scratch);
        else for (let p = 0, row = tileRow(t, k), stop = tileRow(end, k); p < panels; p++) previous.backward(0, p * k + row, p * k + stop, scratch);
      }
    }
  }
  /** All units at once: a single sample is not shared out. */
  private backwardSingle(phase: i32): void {
    let n = this.units, k = this.inputs;
    let x = this.workspace, dy = x + this.dyAt;
    let weight = this.weightTensor!;
    if (phase == 0) {
      takeLane(dy, this.dy, n);
    } else if (phase == 1) {
      weight.outerRows = dy;
      weight.outerColumns = x;
      if (!this.batch!.defers) weight.writeGradient();
      let bias = this.biasTensor;
      if (bias) memory.copy(bias.grad, dy, f32At(n));
    } else {
      if (!weight.trainable) takeLane(dy, this.dy, n);
      inputSingle(this.dx, dy, weight.value, n, k, dy + ((f32At(n) + 15) & ~15));
      if (this.takesPrevious && this.dx) this.previous!.backward(0, 0, k, 0);
    }
  }
}

/** Writes 0 over what is tiny in rows `from` to `to` of sample panels with `rows` each. */
function flushRows(x: usize, panels: i32, rows: i32, from: i32, to: i32): void {
    for (let p = 0; p < panels; p++) {
    let at = x + rowAt(p * rows + from);
    for (let end = at + rowAt(to - from); at < end; at += 16) v128.store(at, flush4(v128.load(at), LEAST));
  }
}

export function dense(): Layer {
  return new Dense();
}
