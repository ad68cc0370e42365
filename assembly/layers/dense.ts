import { Layer } from "../layer";
import { Parameter } from "../parameter";
import { gemmForward, gemmInput, gemmWeight, tilesOf } from "../kernels/gemm";
import { samplesToFeatures } from "../kernels/layout";
import { sumSamples } from "../kernels/reduce";
import { rowAt, panelsOf, LANES } from "../kernels/simd";
import { TILE } from "../kernels/tile";

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
  /** The inputs as feature panels, for the weight gradient. */
  workspaceBytes(panels: i32): usize {
    return rowAt(panelsOf(this.inputs) * panels * LANES);
  }
  separate(): bool {
    return true;
  }

  forwardUnits(): i32 {
    return tilesOf(this.units);
  }
  forward(from: i32, to: i32, scratch: usize): void {
    let bias = this.biasTensor;
    let b = bias ? bias.value : 0;
    gemmForward(this.y, this.x, this.weightTensor!.value, b, this.batch!.panels, this.units, this.inputs, from, to, scratch);
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
    if (phase == 0) {
      samplesToFeatures(this.workspace, this.x, panels, k, from, to);
    } else if (phase == 1) {
      gemmWeight(weight.grad, this.dy, this.workspace, panels, n, k, from, to, scratch);
      let bias = this.biasTensor;
      if (bias) sumSamples(bias.grad, this.dy, panels, n, from * TILE, min(to * TILE, n));
    } else {
      gemmInput(this.dx, this.dy, weight.value, panels, n, k, from, to, scratch);
    }
  }
}

export function dense(): Layer {
  return new Dense();
}
