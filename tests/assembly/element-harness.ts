// Follows an elementwise rule from one weight through given gradients, plain and through clipping; and mirrors the options
// of these rules, field by field in their order (see layer-harness.ts).
import { Rule } from "../../assembly/optimizers/rule";
import { fresh, get, expectClose, expectSame, expectTrue, room } from "./helpers";
import { Run } from "./rule-harness";

/** Five elements, so that three of padding follow: the weight and its mirror image in turns. */
const COUNT: i32 = 5;

function all(value: f64, mirrored: bool): f64[] {
  let list: f64[] = [];
  for (let i = 0; i < COUNT; i++) list.push(mirrored && i & 1 ? -value : value);
  return list;
}

/**
 * From `start` with the gradients `g` and the rate `lr` to the weights `expected` after each step. Once with gradients twice
 * as large that are halved; once with a bound that the largest just meets; once plain: that run is returned.
 */
export function follow(rule: Rule, start: f64, g: f64[], lr: f64, expected: f64[], mirrored: bool = true): Run {
  let largest: f64 = 0;
  for (let t = 0; t < g.length; t++) largest = max(largest, abs(g[t]));
  pass(rule, start, g, lr, expected, mirrored, 2, 0.5, f32.MAX_VALUE);
  pass(rule, start, g, lr, expected, mirrored, 1, 1, <f32>largest);
  return pass(rule, start, g, lr, expected, mirrored, 1, 1, f32.MAX_VALUE);
}
function pass(rule: Rule, start: f64, g: f64[], lr: f64, expected: f64[], mirrored: bool, factor: f64, scale: f32, limit: f32): Run {
  fresh();
  rule.gradScale = scale;
  rule.gradLimit = limit;
  let run = new Run(rule).add(COUNT, 0, all(start, mirrored)).start();
  for (let t = 0; t < g.length; t++) {
    run.step(all(factor * g[t], mirrored), lr);
    run.expect("w at t = " + (t + 1).toString(), 0, all(expected[t], mirrored));
  }
  rule.gradScale = 1;
  rule.gradLimit = f32.MAX_VALUE;
  return run;
}

/** The same with a rate of its own for each step, plain. */
export function followRates(rule: Rule, start: f64, g: f64[], rates: f64[], expected: f64[]): void {
  fresh();
  let run = new Run(rule).add(COUNT, 0, all(start, true)).start();
  for (let t = 0; t < g.length; t++) run.step(all(g[t], true), rates[t]).expect("w at t = " + (t + 1).toString(), 0, all(expected[t], true));
}

/** The weights for inference after a run. */
export function expectEval(run: Run, value: f64, mirrored: bool = true): void {
  let p = run.tensors[0];
  let out = room(p.paddedBytes);
  run.rule.evalTensor(out, p, run.states[0], p.paddedBytes + 32, p.paddedBytes);
  for (let i = 0; i < COUNT; i++) expectClose("inference", get(out, i), mirrored && i & 1 ? -value : value, 2e-6, 1e-6);
  for (let i = COUNT; i < COUNT + 3; i++) expectTrue("padding of inference", get(out, i) == 0);
}

/** A weight whose gradient is always 0 keeps its bits, with padding 0 (which `Run` checks). */
export function expectStill(what: string, rule: Rule): void {
  fresh();
  let run = new Run(rule).add(7, 0, [1, -2, 0.1, 3e-3, 1e6, -0.3, 7]).start();
  let before = new Run(rule).add(7, 0, [1, -2, 0.1, 3e-3, 1e6, -0.3, 7]).tensors[0].value;
  for (let t = 0; t < 4; t++) run.step([0, 0, 0, 0, 0, 0, 0], 0.5);
  expectSame(what + " without gradients", run.tensors[0].value, before, 7);
}

/** The first options, all float64. */
export function expectDefaults(rule: Rule, values: f64[], at: usize = offsetof<AsgdFields>("lr")): void {
  for (let i = 0; i < values.length; i++) {
    expectClose("default of option " + i.toString(), load<f64>(changetype<usize>(rule) + at + (<usize>i << 3)), values[i], 0);
  }
}

export abstract class AsgdFields extends Rule {
  lr: f64 = 0;
  lambd: f64 = 0;
  alpha: f64 = 0;
  t0: f64 = 0;
  weightDecay: f64 = 0;
}
export abstract class RpropFields extends Rule {
  lr: f64 = 0;
  etaMinus: f64 = 0;
  etaPlus: f64 = 0;
  stepMin: f64 = 0;
  stepMax: f64 = 0;
}
export abstract class AdagradFields extends Rule {
  lr: f64 = 0;
  lrDecay: f64 = 0;
  weightDecay: f64 = 0;
  initialAccumulator: f64 = 0;
  eps: f64 = 0;
  epsInsideSqrt: bool = false;
}
export abstract class AdadeltaFields extends Rule {
  lr: f64 = 0;
  rho: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
}
export abstract class RmspropFields extends Rule {
  lr: f64 = 0;
  alpha: f64 = 0;
  eps: f64 = 0;
  momentum: f64 = 0;
  centered: bool = false;
  weightDecay: f64 = 0;
  epsInsideSqrt: bool = false;
  initialAccumulator: f64 = 0;
  lrInMomentum: bool = false;
}
/** What adamax, radam and laprop have, and nadam, yogi and adabelief first. */
export abstract class MomentFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  eps: f64 = 0;
}
export abstract class DecayFields extends MomentFields {
  weightDecay: f64 = 0;
}
export abstract class NadamFields extends MomentFields {
  momentumDecay: f64 = 0;
  weightDecay: f64 = 0;
  muTwice: bool = false;
}
export abstract class AdabeliefFields extends DecayFields {
  weightDecouple: bool = false;
  rectify: bool = false;
  amsgrad: bool = false;
}
export abstract class YogiFields extends DecayFields {
  initialAccumulator: f64 = 0;
}
export abstract class AdoptFields extends DecayFields {
  decouple: bool = false;
  clip: i32 = 0;
}
export abstract class LionFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  weightDecay: f64 = 0;
}
export abstract class SignSgdFields extends Rule {
  lr: f64 = 0;
  momentum: f64 = 0;
  weightDecay: f64 = 0;
}
export abstract class AdanFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  beta3: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  noProx: bool = false;
}
export abstract class AdemamixFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  beta3: f64 = 0;
  alpha: f64 = 0;
  alphaWarmup: i32 = 0;
  beta3Warmup: i32 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
}
export abstract class MadgradFields extends Rule {
  lr: f64 = 0;
  momentum: f64 = 0;
  weightDecay: f64 = 0;
  eps: f64 = 0;
}
export abstract class FtrlFields extends Rule {
  lr: f64 = 0;
  lrPower: f64 = 0;
  beta: f64 = 0;
  l1: f64 = 0;
  l2: f64 = 0;
}
/** The schedule-free rules keep two scalars of a step before their options. */
abstract class ScheduleFreeFields extends Rule {
  share: f64 = 0;
  warmth: f64 = 0;
  lr: f64 = 0;
}
export abstract class ScheduleFreeSgdFields extends ScheduleFreeFields {
  momentum: f64 = 0;
  weightDecay: f64 = 0;
  warmupSteps: i32 = 0;
  r: f64 = 0;
  weightLrPower: f64 = 0;
}
export abstract class ScheduleFreeAdamwFields extends ScheduleFreeFields {
  beta1: f64 = 0;
  beta2: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  warmupSteps: i32 = 0;
  r: f64 = 0;
  weightLrPower: f64 = 0;
}
