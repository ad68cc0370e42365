// What is counted beside the loss, over as many batches as the host likes: decisions that were right, the confusion of
// classes, and the sums that mean errors and R² are made of. Samples of weight 0 and ignored labels do not count; others count
// once, or by their weight.
import { Batch } from "./batch";
import { Loss, Target, Decision } from "./losses/loss";
import { f32At, rowAt, ROW, LANES } from "./kernels/simd";

/** Bytes of the sums of one output. */
export const ERRORS: usize = 40;

export class Metrics {
  batch: Batch | null = null;
  loss: Loss | null = null;
  /** How outputs become decisions; the host takes the loss's word unless the targets say more. */
  decision: i32 = Decision.none;
  /** Whether a sample counts by its weight. */
  weighted: bool = false;
  /** The class decided for each sample: i32 [8·panels]. */
  decided: usize = 0;
  /** f64 [classes][classes], truth by decision; 0 when not wanted. */
  confusion: usize = 0;
  /** How many of the largest outputs may hold the truth for it to count in `topCount`; 0 when not wanted. */
  topK: i32 = 0;
  /** Decisions made, right ones, and those with the truth among the first k. */
  count: f64 = 0;
  right: f64 = 0;
  topCount: f64 = 0;
  /**
   * Σ|z - t|, Σ(z - t)², Σ(t - t₀), Σ(t - t₀)² and t₀, the first target, of each output: f64 [outputs][5]; 0 when not
   * wanted. Without t₀, targets far from 0 would lose their variance to rounding.
   */
  errors: usize = 0;
  /** Samples in `errors`, by what they count. */
  samples: f64 = 0;

  reset(): void {
    this.count = this.right = this.topCount = this.samples = 0;
    let n: usize = this.loss!.outputs;
    if (this.confusion) memory.fill(this.confusion, 0, (n < 2 ? 4 : n * n) << 3);
    if (this.errors) memory.fill(this.errors, 0, n * ERRORS);
  }
  /** Adds the batch whose outputs and targets stand in the loss. */
  add(): void {
    if (this.decision == Decision.largest) this.addClasses();
    else if (this.decision == Decision.threshold) this.addThresholds();
    if (this.errors) this.addErrors();
  }

  /** decided[i] = the output that is largest, the first among equals. */
  decide(): void {
    let loss = this.loss!;
    let bytes = rowAt(loss.outputs);
    for (let p = 0; p < this.batch!.panels; p++) {
      for (let half: usize = 0; half < ROW; half += 16) {
        let z = loss.z + <usize>p * bytes + half;
        let best = v128.load(z);
        let index = i32x4.splat(0);
        for (let c = 1; c < loss.outputs; c++) {
          let value = v128.load(z + rowAt(c));
          let larger = f32x4.gt(value, best);
          best = v128.bitselect(value, best, larger);
          index = v128.bitselect(i32x4.splat(c), index, larger);
        }
        v128.store(this.decided + f32At(p * LANES) + half, index);
      }
    }
  }
  private addClasses(): void {
    this.decide();
    let loss = this.loss!;
    let n = loss.outputs;
    for (let i = 0, rows = this.batch!.rows; i < rows; i++) {
      let truth = this.truth(i);
      if (load<f32>(loss.weights + f32At(i)) == 0 || <u32>truth >= <u32>n || loss.ignores(truth)) continue;
      let decided = load<i32>(this.decided + f32At(i));
      let weight = this.weight(i);
      this.count += weight;
      if (decided == truth) this.right += weight;
      if (this.confusion) raise(this.confusion, truth * n + decided, weight);
      if (this.topK && this.rank(i, truth) < this.topK) this.topCount += weight;
    }
  }
  /** What sample i counts. */
  private weight(i: i32): f64 {
    return this.weighted ? load<f32>(this.loss!.weights + f32At(i)) : 1;
  }
  /** The class index of sample i, or the largest of its target values. */
  private truth(i: i32): i32 {
    let loss = this.loss!;
    if (loss.target == Target.index) return load<i32>(loss.labels + f32At(i));
    let t = this.at(loss.targets, i);
    let best = 0;
    for (let c = 1; c < loss.outputs; c++) if (load<f32>(t + rowAt(c)) > load<f32>(t + rowAt(best))) best = c;
    return best;
  }
  /** How many outputs are larger than that of `truth`; equals before it count as larger. */
  private rank(i: i32, truth: i32): i32 {
    let loss = this.loss!;
    let z = this.at(loss.z, i);
    let own = load<f32>(z + rowAt(truth));
    let rank = 0;
    for (let c = 0; c < loss.outputs; c++) {
      let value = load<f32>(z + rowAt(c));
      if (value > own || (value == own && c < truth)) rank++;
    }
    return rank;
  }
  private addThresholds(): void {
    let loss = this.loss!;
    let threshold = loss.threshold();
    let targetThreshold = loss.targetThreshold();
    for (let i = 0, rows = this.batch!.rows; i < rows; i++) {
      if (load<f32>(loss.weights + f32At(i)) == 0) continue;
      let z = this.at(loss.z, i), t = this.at(loss.targets, i);
      let weight = this.weight(i);
      for (let c = 0; c < loss.outputs; c++) {
        let yes = load<f32>(z + rowAt(c)) > threshold;
        let truth = load<f32>(t + rowAt(c)) > targetThreshold;
        this.count += weight;
        if (yes == truth) this.right += weight;
        if (this.confusion && loss.outputs == 1) raise(this.confusion, (truth ? 2 : 0) + (yes ? 1 : 0), weight);
      }
    }
  }
  private addErrors(): void {
    let loss = this.loss!;
    for (let i = 0, rows = this.batch!.rows; i < rows; i++) {
      if (load<f32>(loss.weights + f32At(i)) == 0) continue;
      let first = this.samples == 0;
      let weight = this.weight(i);
      this.samples += weight;
      let z = this.at(loss.z, i), t = this.at(loss.targets, i);
      for (let c = 0; c < loss.outputs; c++) {
        let truth: f64 = load<f32>(t + rowAt(c));
        let d = <f64>load<f32>(z + rowAt(c)) - truth;
        let sums = this.errors + <usize>c * ERRORS;
        if (first) store<f64>(sums, truth, 32);
        let shifted = truth - load<f64>(sums, 32);
        store<f64>(sums, load<f64>(sums) + weight * abs(d));
        store<f64>(sums, load<f64>(sums, 8) + weight * d * d, 8);
        store<f64>(sums, load<f64>(sums, 16) + weight * shifted, 16);
        store<f64>(sums, load<f64>(sums, 24) + weight * shifted * shifted, 24);
      }
    }
  }
  /** Output 0 of sample i in sample panels. */
  private at(panels: usize, i: i32): usize {
    return panels + rowAt((i / LANES) * this.loss!.outputs) + f32At(i % LANES);
  }
}

function raise(counts: usize, at: i32, by: f64): void {
  let p = counts + (<usize>at << 3);
  store<f64>(p, load<f64>(p) + by);
}
