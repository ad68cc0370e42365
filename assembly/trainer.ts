// What becomes of the gradients: clipping, accumulation, the rules, and what can be put around any rule. One object a
// plan; the host sets its fields.
import { Network } from "./network";
import { Parameter } from "./parameter";
import { Objective, Rule } from "./optimizers/rule";
import { sumSquares, clipUnits } from "./kernels/norms";
import { addScaled, blend, dotFlat, scaleFlat } from "./kernels/flat";
import { LEAST, LEAST_WEIGHT, flushArray, flushSampled } from "./kernels/flush";
import { firstNonFinite } from "./kernels/finite";
import { UpdateJob } from "./jobs";
import { failed, muster } from "./team";

/** Steps after which what became tiny in weights and state is flushed: a mean that keeps half of itself a step is still normal. */
const FLUSH_EVERY: u32 = 16;

export class Trainer extends Objective {
  network: Network | null = null;
  rules: Rule | null = null;
  /** Learning rates of the steps to come: f64 [steps]. */
  rates: usize = 0;
  /** Momenta of the steps to come, alike; 0 where the rules keep their own. */
  momenta: usize = 0;
  /** All values, and all gradients laid out alike: `bytes` bytes each. */
  values: usize = 0;
  grads: usize = 0;
  bytes: usize = 0;

  /** Bound on each gradient; 0 for none. */
  clipValue: f64 = 0;
  /** Bound on the norm of each tensor's gradient; 0 for none. */
  clipTensorNorm: f64 = 0;
  /** Bound on the norm of all gradients together; 0 for none. */
  clipNorm: f64 = 0;
  /** Bound on the gradient's norm of each unit, relative to its weights' norm; 0 for none. Brock et al. 2021. */
  clipAdaptive: f64 = 0;
  /** Norm of all gradients in the last step, before clipping by it; only with clipNorm. */
  gradientNorm: f64 = 0;

  /** Batches whose gradients are averaged for one update, each by its weight. */
  accumulate: i32 = 1;
  /** Gradients of the batches so far, and how many. */
  sums: usize = 0;
  waiting: i32 = 0;
  /** Their weights together, that of the first as 1 (`waitingUnit`); -1 where the update is left out. */
  waitingWeight: f64 = 0;
  waitingUnit: f64 = 0;
  /** Whether an update is left out when a loss or a gradient is not finite, and how many were. */
  skipNonFinite: bool = false;
  skipped: f64 = 0;
  /** Sharpness-aware minimisation: the gradient is taken `samRho` uphill; 0 for off. Foret et al. 2020. */
  samRho: f64 = 0;
  /** Lookahead: every `lookaheadEvery` updates the slow weights go `lookaheadAlpha` of the way to the fast ones. */
  lookaheadEvery: i32 = 0;
  lookaheadAlpha: f64 = 0.5;
  slow: usize = 0;
  /** Exponential moving average of the weights; 0 for off. With a warm-up the t-th update has at most (1 + t)/(10 + t). */
  emaDecay: f64 = 0;
  emaWarmup: bool = false;
  /** Average of the weights, for inference, by decay or by epoch, and the epochs in it. */
  average: usize = 0;
  averaged: i32 = 0;
  /** Room for the values while others stand in their place. */
  kept: usize = 0;
  /** Updates made. */
  updates: f64 = 0;

  /** Loss of the step's batch before its update. */
  batchLoss: f64 = 0;
  /** Σ loss·weight and Σ weight over the batches since the host last set them to 0: the epoch, however it is reported on. */
  epochLoss: f64 = 0;
  epochWeight: f64 = 0;
  private fresh: bool = true;
  private threads: i32 = 1;
  private updateJob: UpdateJob = new UpdateJob();

  /** Takes up to `steps` steps, the batches following each other through the data; ends at a loss that is not finite. */
  train(steps: i32): i32 {
    let net = this.network!;
    net.batch.training = true;
    net.threads = this.threads = muster();
    for (let i = 0; i < steps; i++) {
      net.gather(min(net.rows - net.position, net.batchSize));
      let at = <usize>i << 3;
      if (this.momenta) this.setMomentum(load<f64>(this.momenta + at));
      if (!this.take(load<f64>(this.rates + at))) return i;
      if (failed()) return i;
      net.batch.step++;
      net.position += net.batch.rows;
      if (net.position >= net.rows) net.position = 0;
    }
    return steps;
  }
  private setMomentum(value: f64): void {
    for (let rule: Rule | null = this.rules; rule !== null; rule = rule!.next) {
      if (rule.momentumAt) store<f64>(changetype<usize>(rule) + rule.momentumAt, value);
    }
  }
  /** One step on the batch in hand; false where the loss is not finite and nothing was updated. */
  private take(rate: f64): bool {
    this.fresh = true;
    let batch = this.network!.batch;
    batch.defers = batch.rows == 1 && this.looksAtNoGradient();
    let rule = this.rules;
    if (rule !== null && rule.drives()) {
      rule.t++;
      this.seed = this.network!.batch.seed;
      this.step = this.network!.batch.step;
      rule.drive(this, this.values, this.grads, this.parameters!.state, this.bytes, rate);
      if (!isFinite(this.batchLoss)) return false;
      this.follow();
      return true;
    }
    this.measure();
    let finite = isFinite(this.batchLoss);
    if (!finite && !this.skipNonFinite) return false;
    if (finite && this.samRho > 0) this.measureUphill();
    if (failed()) return true; // a gradient in which a share is missing changes nothing
    if (this.skipNonFinite && !(finite && firstNonFinite(this.grads, <i32>(this.bytes >> 2)) < 0)) {
      if (this.waitingWeight >= 0) this.skipped += 1;
      if (this.accumulate == 1) return true;
      this.waitingWeight = -1;
    }
    if (this.accumulate > 1 && !this.gatherGradients()) return true;
    this.update(rate);
    this.follow();
    return true;
  }
  /** The update that waits for more batches, by those there are. */
  flush(rate: f64): void {
    this.threads = muster();
    if (this.waiting == 0 || !this.takeWaiting()) return;
    this.update(rate);
    this.follow();
  }
  /** Whether nobody but the rules sees the gradients. */
  private looksAtNoGradient(): bool {
    let rule = this.rules;
    if (rule === null || rule.drives() || this.accumulate > 1 || this.samRho > 0 || this.skipNonFinite) return false;
    return this.clipValue == 0 && this.clipTensorNorm == 0 && this.clipNorm == 0 && this.clipAdaptive == 0;
  }
  /** Loss without gradients, for rules that need no more. */
  value(): f64 {
    let net = this.network!;
    net.forward();
    net.evaluateLoss(false);
    return this.counted();
  }
  measure(): f64 {
    let net = this.network!;
    net.forward();
    net.evaluateLoss(true);
    let loss = this.counted();
    if (isFinite(loss)) net.backward();
    return loss;
  }
  /** A step that measures several times counts the first, as every other does; a loss that is not finite counts for nothing. */
  private counted(): f64 {
    let net = this.network!;
    if (this.fresh) {
      this.fresh = false;
      this.batchLoss = net.batchLoss;
      if (isFinite(net.batchLoss)) {
        net.count();
        net.track();
        this.epochLoss += net.batchLoss * net.batchWeight;
        this.epochWeight += net.batchWeight;
      }
    }
    return net.batchLoss;
  }
  /** Gradients where the loss is higher by about rho·‖g‖: at w + rho·g/‖g‖. */
  private measureUphill(): void {
    let norm = sqrt(dotFlat(this.grads, this.grads, this.bytes));
    if (!(norm > 0) || !isFinite(norm)) return;
    memory.copy(this.kept, this.values, this.bytes);
    addScaled(this.values, this.grads, this.samRho / norm, this.bytes);
    this.measure();
    memory.copy(this.values, this.kept, this.bytes);
  }
  /**
   * Adds the gradients to those that wait; true when they are enough, their mean in the gradients' place. A batch counts by
   * the weights that its loss is the mean over, so that batches come to what one large one would.
   */
  private gatherGradients(): bool {
    let weight = this.network!.batchWeight;
    if (weight > 0 && this.waitingWeight >= 0) {
      if (this.waitingUnit == 0) this.waitingUnit = weight;
      let share = weight / this.waitingUnit;
      addScaled(this.sums, this.grads, share, this.bytes);
      this.waitingWeight += share;
    }
    return ++this.waiting == this.accumulate && this.takeWaiting();
  }
  /** Puts the mean of what waits in the gradients' place, where penalties alone stand if nothing has weight; false if it is left out. */
  private takeWaiting(): bool {
    let weight = this.waitingWeight;
    if (weight > 0) {
      memory.copy(this.grads, this.sums, this.bytes);
      scaleFlat(this.grads, 1 / weight, this.bytes);
    }
    this.dropWaiting();
    return weight >= 0;
  }
  private dropWaiting(): void {
    this.waiting = 0;
    this.waitingWeight = this.waitingUnit = 0;
    if (this.sums) memory.fill(this.sums, 0, this.bytes);
  }

  /** Clips and updates. Clipping happens as the rules read; but for the adaptive one the gradients stay as they are. */
  update(rate: f64): void {
    let limit: f32 = this.clipValue > 0 ? <f32>this.clipValue : f32.MAX_VALUE;
    let scale = this.clip(limit);
    for (let rule: Rule | null = this.rules; rule !== null; rule = rule!.next) {
      rule.gradLimit = limit;
      rule.gradScale = scale;
      rule.t++;
      rule.rate = rate;
      rule.begin();
      if (!rule.takesOuter()) this.writeGradients(rule);
      for (let pass = 0, passes = rule.passes(); pass < passes; pass++) {
        for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) {
          if (p.rule !== rule || !p.trainable) continue;
          rule.turnTo(p, scale);
          rule.look(pass, p, p.state, rule.stride, p.paddedBytes, rate * p.lrScale);
        }
        rule.endPass(pass);
      }
      for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) {
        if (p.rule !== rule || !p.trainable) continue;
        rule.turnTo(p, scale);
        if (!p.outerRows) flushSampled(p.grad, p.paddedBytes, LEAST, rule.t);
        this.updateJob.run(rule, p, rate * p.lrScale, this.threads);
        if (rule.t % FLUSH_EVERY == 0) {
          flushArray(p.value, p.paddedBytes, LEAST_WEIGHT);
          rule.flushState(p, p.state, rule.stride, p.paddedBytes);
        }
      }
    }
  }
  private writeGradients(rule: Rule): void {
    for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) if (p.rule === rule) p.writeGradient();
  }
  /** Sets each tensor's clipScale; gives the factor for all. */
  private clip(limit: f32): f32 {
    if (this.clipAdaptive > 0) {
      for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) {
        if (p.trainable) clipUnits(p.grad, p.value, p.rows, p.columns, this.clipAdaptive);
      }
    }
    if (this.clipNorm == 0 && this.clipTensorNorm == 0) return 1;
    let sum: f64 = 0;
    for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) {
      if (!p.trainable) continue;
      let square = sumSquares(p.grad, p.paddedBytes, limit);
      p.clipScale = this.clipTensorNorm > 0 ? toBound(this.clipTensorNorm, sqrt(square)) : 1;
      sum += square * p.clipScale * p.clipScale;
    }
    this.gradientNorm = sqrt(sum);
    return this.clipNorm > 0 ? toBound(this.clipNorm, this.gradientNorm) : 1;
  }

  /** What follows an update: slow weights, averages. */
  private follow(): void {
    this.updates += 1;
    if (this.lookaheadEvery > 0 && <u64>this.updates % this.lookaheadEvery == 0) {
      blend(this.slow, this.values, this.lookaheadAlpha, this.bytes);
      memory.copy(this.values, this.slow, this.bytes);
    }
    if (this.emaDecay == 0) return;
    let decay = this.emaWarmup ? min(this.emaDecay, (1 + this.updates) / (10 + this.updates)) : this.emaDecay;
    blend(this.average, this.values, 1 - decay, this.bytes);
  }
  /** Before the first step: slow weights and averages start where the weights are. */
  start(): void {
    this.updates = 0;
    this.averaged = 0;
    this.skipped = 0;
    this.dropWaiting();
    this.sync();
  }
  /** Slow weights and averages go on from the values, which came from elsewhere. */
  sync(): void {
    this.averaged = 0;
    if (this.slow) memory.copy(this.slow, this.values, this.bytes);
    if (this.average) memory.copy(this.average, this.values, this.bytes);
  }
  /** Takes the weights that stand there into the average over epochs. Izmailov et al. 2018. */
  averageEpoch(): void {
    blend(this.average, this.values, 1 / <f64>++this.averaged, this.bytes);
  }

  /** Whether the weights meant for inference are others than the values. */
  separates(): bool {
    if (this.emaDecay > 0 || this.averaged > 0) return true;
    for (let rule: Rule | null = this.rules; rule !== null; rule = rule!.next) if (rule.separates()) return true;
    return false;
  }
  /** Writes the weights meant for inference, laid out as the values, from `out` on. */
  inferenceValues(out: usize): void {
    if (this.emaDecay > 0 || this.averaged > 0) {
      memory.copy(out, this.average, this.bytes);
      return;
    }
    for (let p: Parameter | null = this.parameters; p !== null; p = p!.next) {
      let at = out + (p.value - this.values);
      let rule = p.rule;
      if (p.trainable && rule) rule.evalTensor(at, p, p.state, rule.stride, p.paddedBytes);
      else memory.copy(at, p.value, p.paddedBytes);
    }
  }
}

/** PyTorch's form of bound/norm, at most 1, which a norm of 0 does not break. */
function toBound(bound: f64, norm: f64): f32 {
  return <f32>min(bound / (norm + 1e-6), 1.0);
}
