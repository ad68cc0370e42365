// The learning-rate range test (Smith 2015): a few steps, each with a larger rate, until the loss gets out of hand.

import { show, TrainletError } from "./errors.ts";
import type { FitOptions } from "./fit.ts";
import type { Data } from "./inputs.ts";
import { fromBytes } from "./load.ts";
import { checkObject, checkSpec, type Options, type Spec } from "./make-spec.ts";
import type { Model } from "./model.ts";
import { resolve } from "./network-spec.ts";
import { power } from "./schedules/powers.ts";

export interface RangeTestStep {
  /** Counts from 1. */
  step: number;
  lr: number;
  /** Of the step's batch, before the update. */
  loss: number;
  /** Exponential average of the losses so far, its start corrected. */
  smoothed: number;
}

type OfFit = Omit<FitOptions, "epochs" | "schedule" | "validation" | "callbacks" | "swa">;
export interface RangeTestOptions extends OfFit {
  /** The rule whose rate is looked for; its own rate matters only for what goes in proportion to it, the rates of groups
   * and `auxLr` of muon. */
  optimizer: Spec | { type: string };
  /** Rate of the first step. Default 1e-6. */
  minLr?: number;
  /** Rate of the last step. Default 10. */
  maxLr?: number;
  /** Mini-batches. Default 200. */
  steps?: number;
  /** Weight of the past in the smoothed loss. Default 0.9. */
  smoothing?: number;
  /** The test ends when the smoothed loss exceeds its best by this factor, or, where losses fall below 0, grows by as much
   * in proportion to the losses at the start. Default 4. */
  stopFactor?: number;
  /** Called after each step. */
  onStep?: (step: RangeTestStep) => void;
}

export interface RangeTest {
  /** The rate at which the smoothed loss falls steepest over log(rate); undefined where it never falls beyond noise. */
  suggestion: number | undefined;
  /** From where the loss has begun to fall (by a tenth of its fall) to where it is lowest. */
  range: { from: number; to: number } | undefined;
  /** Why it ended: all steps taken, the loss grew by the factor, or it was no longer finite. */
  end: "steps" | "growth" | "divergence";
  steps: RangeTestStep[];
}

const positive = { type: "f64", range: "(0, inf)" };
const own: Options = {
  optimizer: { type: "any" },
  minLr: positive,
  maxLr: positive,
  steps: { type: "i32", range: "[10, inf)" },
  smoothing: { type: "f64", range: "[0, 1)" },
  stopFactor: { type: "f64", range: "(1, inf)" },
  onStep: { type: "any" },
};

/** Runs the test on a copy of the model, which stays as it is. */
export async function findLearningRate(model: Model, data: Data, options: RangeTestOptions): Promise<RangeTest> {
  checkObject("findLearningRate", options, "{ optimizer: adam() }");
  const { optimizer: rule, minLr = 1e-6, maxLr = 10, steps = 200, smoothing = 0.9, stopFactor = 4, onStep } = options;
  const fit: Record<string, unknown> = { ...options };
  for (const name of Object.keys(own)) delete fit[name];
  checkSpec("findLearningRate", Object.fromEntries(Object.entries(options).filter(([name]) => name in own)), own);
  for (const name of ["epochs", "schedule", "validation", "callbacks", "swa"]) {
    if (fit[name] === undefined) continue;
    throw new TrainletError("UNKNOWN_OPTION", `findLearningRate: ${name} has no place in a range test; leave it out`);
  }
  if (minLr >= maxLr) {
    const message = `findLearningRate: minLr is ${show(minLr)}; it should be below maxLr, which is ${show(maxLr)}`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  const optimizer = resolve("optimizer", rule, "findLearningRate: optimizer");
  // Rates in place of the rule's own, which what is in proportion to it still refers to.
  const gamma = power(maxLr / minLr, 1 / (steps - 1));
  const rate = (step: number) => minLr * power(gamma, step);
  const schedule = { type: "manual", rate, per: "batch" as const };
  const taken: RangeTestStep[] = [];
  const settled = burnIn(steps);
  let average = 0;
  let best = Infinity;
  let signed = false;
  let size = 0;
  let end: RangeTest["end"] = "steps";
  const copy = await fromBytes(model.toBytes(), { maxBytes: 2 ** 32 });
  const onBatchEnd = ({ lr, loss }: { lr: number; loss: number }) => {
    if (!Number.isFinite(loss)) {
      end = "divergence"; // skipNonFinite would go on
      return false;
    }
    const step = taken.length + 1;
    signed ||= loss < 0;
    if (step <= settled) size = Math.max(size, Math.abs(loss));
    average = smoothing * average + (1 - smoothing) * loss;
    const smoothed = average / (1 - power(smoothing, step));
    taken.push({ step, lr, loss, smoothed });
    onStep?.(taken.at(-1)!);
    if (step >= settled) best = Math.min(best, smoothed);
    // A factor says nothing of losses around 0.
    const bound = signed ? best + (stopFactor - 1) * Math.max(size, Math.abs(best)) : stopFactor * best;
    if (smoothed > bound) end = "growth";
    return step < steps && end === "steps";
  };
  try {
    // An epoch has at least one step.
    await copy.fit(data, { ...fit, optimizer, schedule, epochs: steps, callbacks: [{ onBatchEnd }] });
  } catch (error) {
    if (!(error instanceof TrainletError) || error.code !== "DIVERGED") throw error;
    if (end === "steps") end = "divergence";
  } finally {
    copy.dispose();
  }
  return { ...judge(taken, smoothing, steps), end, steps: taken };
}

/** Steps at the start in which nothing is learnt yet, but by whose noise a fall can be told. */
function burnIn(steps: number): number {
  return Math.max(5, Math.round(steps / 10));
}

/** Where the smoothed loss falls, and where it falls steepest. */
function judge(
  taken: readonly RangeTestStep[],
  smoothing: number,
  steps: number,
): Pick<RangeTest, "suggestion" | "range"> {
  const none = { suggestion: undefined, range: undefined };
  const settled = burnIn(steps);
  const first = taken.slice(0, settled).map(s => s.loss);
  const smoothed = taken.map(s => s.smoothed);
  if (taken.length < settled) return none;
  const start = first.reduce((a, b) => a + b, 0) / first.length;
  const variance = first.reduce((sum, loss) => sum + (loss - start) ** 2, 0) / first.length;
  const lowest = smoothed.reduce((at, loss, i) => (i >= settled - 1 && loss < smoothed[at]! ? i : at), settled - 1);
  const fall = start - smoothed[lowest]!;
  // The average of losses around a constant has this share of their variance.
  const noise = Math.sqrt((variance * (1 - smoothing)) / (1 + smoothing));
  if (!(fall > 4 * noise) || !(fall > 1e-3 * Math.abs(start))) return none;
  // The last time that it stood above a tenth of the fall, before it was lowest.
  let begin = lowest;
  while (begin > 0 && smoothed[begin - 1]! < start - fall / 10) begin--;
  const reach = Math.max(1, Math.round(steps / 40));
  const slope = (i: number) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(lowest, i + reach);
    return (smoothed[to]! - smoothed[from]!) / Math.max(1, to - from);
  };
  let steepest = begin;
  for (let i = begin; i <= lowest; i++) if (slope(i) < slope(steepest)) steepest = i;
  return { suggestion: taken[steepest]!.lr, range: { from: taken[begin]!.lr, to: taken[lowest]!.lr } };
}
