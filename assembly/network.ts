// The walk over the plan: gather a batch, forward, loss, backward, penalties. The host links the objects and deals out
// the memory; nothing is allocated here. What becomes of the gradients is trainer.ts's.
import { Batch } from "./batch";
import { Layer } from "./layer";
import { Parameter } from "./parameter";
import { Loss, Target } from "./losses/loss";
import { Metrics } from "./metrics";
import { gatherSamples, samplesToRows } from "./kernels/layout";
import { addPenalty, penalty } from "./kernels/norms";
import { firstNonFinite } from "./kernels/finite";
import { f32At, rowAt, LANES, panelsOf } from "./kernels/simd";
import { BackwardJob, ForwardJob, GatherJob } from "./jobs";
import { muster } from "./team";

/** Rows that are looked at together, where batches are smaller: the more, the less each look waits. */
const AHEAD: i32 = 128;

export class Network {
  batch: Batch = new Batch();
  metrics: Metrics = new Metrics();
  first: Layer | null = null;
  last: Layer | null = null;
  /** The lowest layer with something to train: the backward pass ends there. */
  lowest: Layer | null = null;
  loss: Loss | null = null;
  parameters: Parameter | null = null;
  scratch: usize = 0;
  /** Threads that share the work. */
  threads: i32 = 1;
  private forwardJob: ForwardJob = new ForwardJob();
  private backwardJob: BackwardJob = new BackwardJob();
  private gatherJob: GatherJob = new GatherJob();

  // The data set in linear memory: rows of features, and of targets where they are values.
  rows: i32 = 0;
  features: i32 = 0;
  x: usize = 0;
  /** Class indices i32 [rows], or 0. */
  labels: usize = 0;
  /** Targets f32 [rows][outputs], or 0. */
  targets: usize = 0;
  /** Sample weights f32 [rows], or 0 for all 1. */
  sampleWeights: usize = 0;
  /** Factor on the weight of each class f32 [classes], or 0. */
  classFactors: usize = 0;
  /** Features are scaled as (x - offset)·factor; f32 [features] each, or 0. */
  offset: usize = 0;
  factor: usize = 0;
  /** Which row comes when: u32 [rows], or 0 for the order they stand in. */
  order: usize = 0;
  /** Rows of a batch, and the row of `order` that the next batch starts with. */
  batchSize: i32 = 0;
  position: i32 = 0;

  /** Loss of the batch in hand, penalties included, and the weights that it is the mean over. */
  batchLoss: f64 = 0;
  batchWeight: f64 = 0;
  private seen: u32 = 0;
  /** Rows of the order that have been looked at ahead of their batch. */
  private touched: i32 = 0;
  /** Σ loss·weight and Σ weight over the batches since the host last set them to 0. */
  lossSum: f64 = 0;
  weightSum: f64 = 0;

  /** Writes gradients that have been left as factors, before something else takes the factors' place. */
  writeGradients(): void {
    for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) p.writeGradient();
  }
  /** Loss, metrics and decisions of every row in turn, without training. */
  evaluate(): void {
    this.begin();
    this.batch.training = false;
    for (this.position = 0; this.position < this.rows; this.position += this.batch.rows) {
      this.gather(min(this.rows - this.position, this.batchSize));
      this.forward();
      this.evaluateLoss(false);
      this.count();
    }
    this.position = 0;
  }
  /** Outputs of every row in turn, row-major at `out`: f32 [rows][outputs]. */
  predict(out: usize): void {
    this.begin();
    this.batch.training = false;
    let outputs = this.last!.outputs;
    for (let row = 0; row < this.rows; row += this.batch.rows) {
      this.setRows(min(this.rows - row, this.batchSize));
      this.position = row;
      this.gatherInputs();
      this.forward();
      samplesToRows(out + ((<usize>row * outputs) << 2), this.last!.y, this.batch.rows, outputs);
    }
    this.position = 0;
  }

  /** Before anything but training takes the network. */
  private begin(): void {
    this.threads = muster();
    this.writeGradients();
  }
  private setRows(rows: i32): void {
    this.batch.rows = rows;
    this.batch.panels = panelsOf(rows);
  }
  /** Inputs, targets and weights of the next `rows` rows. */
  gather(rows: i32): void {
    this.setRows(rows);
    if (this.order && (this.position == 0 || this.position + rows > this.touched)) this.touch(max(rows, AHEAD));
    this.gatherInputs();
    let loss = this.loss!;
    let panels = this.batch.panels;
    let order = this.order ? this.order + f32At(this.position) : 0;
    for (let i = 0; i < panels * LANES; i++) {
      let weight: f32 = 0;
      let label = -1;
      if (i < rows) {
        let row = order ? load<u32>(order + f32At(i)) : this.position + i;
        weight = this.sampleWeights ? load<f32>(this.sampleWeights + f32At(row)) : 1;
        if (this.labels) {
          label = load<i32>(this.labels + f32At(row));
          // A class of -1 is the no of a hinge.
          if (this.classFactors && label < max(loss.outputs, 2)) weight *= load<f32>(this.classFactors + f32At(max(label, 0)));
        }
      }
      store<f32>(loss.weights + f32At(i), weight);
      store<i32>(loss.labels + f32At(i), label);
    }
    if (this.targets) {
      let targets = order ? this.targets : this.targets + ((<usize>this.position * loss.outputs) << 2);
      gatherSamples(loss.targets, targets, order, rows, loss.outputs, 0, 0, 0, panels, this.scratch);
    } else if (loss.target == Target.value) {
      this.encodeLabels(panels);
    }
  }
  /**
   * Looks at the beginning of the next rows. In a shuffled order they stand anywhere, and while one of these looks waits for
   * memory the next ones are on their way; copying row after row would wait for each.
   */
  private touch(rows: i32): void {
    let seen: u32 = 0;
    let end = this.touched = min(this.position + rows, this.rows);
    for (let i = this.position; i < end; i++) {
      let row = <usize>load<u32>(this.order + f32At(i));
      seen ^= load<u32>(this.x + ((row * this.features) << 2));
      if (this.labels) seen ^= load<u32>(this.labels + (row << 2));
      if (this.targets) seen ^= load<u32>(this.targets + ((row * this.loss!.outputs) << 2));
    }
    this.seen = seen;
  }
  /** Class indices for a loss over values: rows of 0 and 1, or the index itself where there is one output. */
  private encodeLabels(panels: i32): void {
    let loss = this.loss!;
    let n = loss.outputs;
    for (let p = 0; p < panels; p++) {
      for (let c = 0; c < n; c++) {
        let at = loss.targets + rowAt(p * n + c);
        for (let lane = 0; lane < LANES; lane++) {
          let label = load<i32>(loss.labels + f32At(p * LANES + lane));
          store<f32>(at + f32At(lane), n == 1 ? loss.single(label) : label == c ? 1 : loss.no());
        }
      }
    }
  }
  private gatherInputs(): void {
    let order = this.order ? this.order + f32At(this.position) : 0;
    let x = order ? this.x : this.x + ((<usize>this.position * this.features) << 2);
    let job = this.gatherJob;
    job.x = this.first!.x;
    job.source = x;
    job.order = order;
    job.rows = this.batch.rows;
    job.k = this.features;
    job.offset = this.offset;
    job.factor = this.factor;
    job.run(this.batch.panels, this.threads, this.scratch);
  }

  forward(): void {
    let job = this.forwardJob;
    for (let layer: Layer | null = this.first; layer !== null; layer = layer!.next) {
      job.run(layer, this.threads, this.scratch);
      if (layer.takesNext) layer = layer.next!;
    }
  }
  /** The batch's loss and, for training, dL/dz. */
  evaluateLoss(gradient: bool): void {
    let loss = this.loss!;
    let weight = loss.weightSum();
    let scale = weight > 0 ? 1 / (weight * loss.perSample()) : 0;
    loss.evaluate(0, this.batch.panels, <f32>scale, gradient);
    let mean = weight > 0 ? loss.lossSum() / weight : 0;
    let extra: f64 = 0;
    for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) {
      if (p.l1 != 0 || p.l2 != 0) extra += penalty(p.value, p.count, p.l1, p.l2);
    }
    this.batchLoss = mean + extra;
    this.batchWeight = weight;
  }
  /** Adds the batch to the sums and the metrics. */
  count(): void {
    this.lossSum += this.batchLoss * this.batchWeight;
    this.weightSum += this.batchWeight;
    this.metrics.add();
  }
  /** Takes the batch into the running statistics. */
  track(): void {
    for (let layer: Layer | null = this.first; layer !== null; layer = layer!.next) layer.track();
  }
  backward(): void {
    let job = this.backwardJob;
    let end = this.lowest ? this.lowest!.previous : this.last;
    for (let layer: Layer | null = this.last; layer !== null && layer !== end; layer = layer!.previous) {
      for (let phase = 0, phases = layer.phases(); phase < phases; phase++) {
        job.run(layer, phase, this.threads, this.scratch);
      }
      if (layer.takesPrevious && layer.dx) layer = layer.previous!;
    }
    for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) {
      if (!p.trainable || (p.l1 == 0 && p.l2 == 0)) continue;
      p.writeGradient();
      addPenalty(p.grad, p.value, p.count, <f32>p.l1, <f32>p.l2);
    }
  }
  /**
   * Where the first number that is not finite stands in the batch in hand: the position in the list of the layer whose
   * parameters hold it (code 1) or whose output does (code 2), as 4·position + code; 3 for the input, 0 for none.
   */
  blame(): i32 {
    let panels = this.batch.panels;
    if (firstNonFinite(this.first!.x, panels * this.first!.inputs * LANES) >= 0) return 3;
    for (let layer: Layer | null = this.first; layer !== null; layer = layer!.next) {
      for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) {
        if (p.layer == layer.index && firstNonFinite(p.value, p.count) >= 0) return 4 * layer.index + 1;
      }
      if (firstNonFinite(layer.y, panels * layer.outputs * LANES) >= 0) return 4 * layer.index + 2;
    }
    return 0;
  }
  /**
   * Running statistics anew, as plain means over the batches of the data in hand: after weights were averaged, those
   * that training kept belong to other weights.
   */
  refreshStatistics(): void {
    this.begin();
    this.batch.training = true;
    this.batch.seen = 0;
    for (this.position = 0; this.position < this.rows; this.position += this.batch.rows) {
      this.setRows(min(this.rows - this.position, this.batchSize));
      this.gatherInputs();
      if (this.batch.rows > 1) this.batch.seen++;
      this.forward();
      this.track();
    }
    this.batch.seen = 0;
    this.position = 0;
  }
  /** Position of the first layer whose parameters are not all finite, or -1. */
  brokenLayer(): i32 {
    for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) if (firstNonFinite(p.value, p.count) >= 0) return p.layer;
    return -1;
  }
}
