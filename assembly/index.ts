// The core's exports. Factories of everything that can be chosen come from the lists; the rest is the plan's own.
import { Network } from "./network";
import { Trainer } from "./trainer";
import { ERRORS } from "./metrics";
import { Layer, Outputs } from "./layer";
import { Loss, Values, Target, Decision, Head } from "./losses/loss";
import { Parameter } from "./parameter";
import { Rule } from "./optimizers/rule";
import { Initializer } from "./initializers/initializer";
import { Random, permute } from "./random/random";
import { Purpose } from "./random/philox";
import { failed, scratchFor } from "./team";
import { Domain, firstUnfit } from "./losses/domain";
import { allFinite64, firstNonFinite, firstOutside } from "./kernels/finite";
import { fitScaler, Scaling } from "./kernels/scaler";

export * from "./activations";
export * from "./layers";
export * from "./losses";
export * from "./optimizers";
export * from "./initializers";
export * from "./data";

export { link, panelsFor, lanesFor } from "./layer";
export { tallTiles } from "./kernels/tile";
export { assemble, work, join, dismiss, giveUp } from "./team";
export { checksum } from "./kernels/checksum";
export { firstNonFinite, firstOutside, fitScaler };

/** Whether multiply and add round once. */
export function fused(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}
/** Bytes of scratch memory that so many threads need. */
export function scratchBytes(threads: i32): usize {
  return scratchFor(threads);
}
/** Whether a thread was lost. */
export function threadLost(): bool {
  return failed();
}
/** Frees every object, for a new plan. */
export function reset(): void {
  heap.reset();
}
/** First byte past the objects: the plan's arrays start behind it. */
export function objectsEnd(): usize {
  return heap.alloc(16) + 16;
}
export function network(): Network {
  return new Network();
}
export function trainer(): Trainer {
  return new Trainer();
}
export function parameter(rows: i32, columns: i32): Parameter {
  return new Parameter(rows, columns);
}
export function random(): Random {
  return new Random();
}
export function values(count: i32): Values {
  return new Values(count);
}

export function build(layer: Layer): void {
  layer.build();
}
export function workspaceBytes(layer: Layer, panels: i32): f64 {
  return layer.workspaceBytes(panels);
}
export function separate(layer: Layer): bool {
  return layer.separate();
}
export function drives(rule: Rule): bool {
  return rule.drives();
}
export function passes(rule: Rule): i32 {
  return rule.passes();
}
export function tensorBytes(rule: Rule, tensor: Parameter): f64 {
  return rule.tensorBytes(tensor);
}
/** Whether a rule can go on from what stands there as its state, for its parameters from `first` on. */
export function sound(rule: Rule, first: Parameter): bool {
  if (!allFinite64(rule.shared, <usize>rule.sharedBytes()) || !rule.sound()) return false;
  for (let p: Parameter | null = first; p !== null; p = p!.next) if (p.rule === rule && !rule.soundTensor(p)) return false;
  return true;
}
export function sharedBytes(rule: Rule): f64 {
  return rule.sharedBytes();
}
export function workBytes(rule: Rule, tensor: Parameter): f64 {
  return rule.workBytes(tensor);
}
export function initialise(initializer: Initializer, tensor: Parameter, stream: Random, seed: u32, place: u32, work: usize): void {
  stream.begin(seed, Purpose.initialise, place, 0);
  initializer.fill(tensor, stream, work);
}
export function accepts(loss: Loss, target: i32): bool {
  return loss.accepts(target);
}
export function decision(loss: Loss): i32 {
  return loss.decision();
}
/** What the numbers of its targets may be. */
export function domain(loss: Loss): i32 {
  return loss.domain();
}
/** Index of the first target that makes no sense to the loss, or -1: float32, or int32 for the only output. */
export function firstUnfitTarget(loss: Loss, targets: usize, count: i32, whole: bool): i32 {
  return firstUnfit(loss.domain(), targets, count, loss.outputs, whole);
}
/** What the loss wants of the outputs where those of this last layer make no sense to it, else 0. */
export function misfit(loss: Loss, last: Layer): i32 {
  if (loss.outputs < 2) {
    if (loss.decision() == Decision.largest) return Head.several;
    if (last.yields() >= Outputs.probabilities) return Head.changing;
  }
  return loss.misfit(last.yields());
}
export function states(rule: Rule): i32 {
  return rule.states();
}
/** order[0..count): the order in which the rows come in epoch `epoch`. */
export function shuffle(order: usize, count: i32, stream: Random, seed: u32, epoch: u32): void {
  stream.begin(seed, Purpose.shuffle, 0, epoch);
  permute(order, count, stream);
}
/** order[0..count): a permutation for whoever splits data. */
export function permutation(order: usize, count: i32, stream: Random, seed: u32): void {
  stream.begin(seed, Purpose.data, 5, 0);
  permute(order, count, stream);
}

export function train(trainer: Trainer, steps: i32): i32 {
  return trainer.train(steps);
}
/** One update by the gradients that stand there. */
export function update(trainer: Trainer, rate: f64): void {
  trainer.update(rate);
}
/** The update that waits for more batches. */
export function flush(trainer: Trainer, rate: f64): void {
  trainer.flush(rate);
}
export function startTraining(trainer: Trainer): void {
  trainer.start();
}
export function syncWeights(trainer: Trainer): void {
  trainer.sync();
}
export function averageEpoch(trainer: Trainer): void {
  trainer.averageEpoch();
}
export function separates(trainer: Trainer): bool {
  return trainer.separates();
}
/** The weights meant for inference, laid out as the values, at `out`. */
export function inferenceValues(trainer: Trainer, out: usize): void {
  trainer.inferenceValues(out);
}
export function refreshStatistics(net: Network): void {
  net.refreshStatistics();
}
export function evaluate(net: Network): void {
  net.evaluate();
}
export function predict(net: Network, out: usize): void {
  net.predict(out);
}
/** Bytes that the sums of errors take. */
export function errorBytes(outputs: i32): f64 {
  return <f64>outputs * ERRORS;
}
export function resetMetrics(net: Network): void {
  net.metrics.reset();
}
export function writeGradients(net: Network): void {
  net.writeGradients();
}
export function blame(net: Network): i32 {
  return net.blame();
}
export function brokenLayer(net: Network): i32 {
  return net.brokenLayer();
}

// The core's own numbers for what the host names.
export function standardScaling(): i32 {
  return Scaling.standard;
}
export function minmaxScaling(): i32 {
  return Scaling.minmax;
}
export function indexTarget(): i32 {
  return Target.index;
}
export function valueTarget(): i32 {
  return Target.value;
}
export function noDecision(): i32 {
  return Decision.none;
}
export function largestDecision(): i32 {
  return Decision.largest;
}
export function thresholdDecision(): i32 {
  return Decision.threshold;
}
