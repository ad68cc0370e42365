// The same training with different rules: for each seed the same initial weights and the same order of rows.
import { show, TrainletError } from "./errors.ts";
import type { FitOptions } from "./fit.ts";
import type { EpochLog } from "./history.ts";
import type { Data } from "./inputs.ts";
import { checkObject, type Spec } from "./make-spec.ts";
import type { Model } from "./model.ts";
import { resolve } from "./network-spec.ts";
import { turn } from "./turn.ts";

/** What is compared: a rule, and where they are to differ, batch size and schedule. */
export interface Contender {
  name: string;
  optimizer: Spec | { type: string };
  batchSize?: number | "full";
  schedule?: FitOptions["schedule"];
}

/** What every run has in common is given as to `fit`. */
export interface CompareOptions extends Omit<FitOptions, "optimizer" | "callbacks"> {
  contenders: readonly Contender[];
  /** One run of each contender per seed. Default [1, 2, 3]. */
  seeds?: readonly number[];
  /** The loss to reach; by default what the median contender ends with. */
  targetLoss?: number;
  /** Callbacks for a run. */
  callbacks?: (contender: Contender, seed: number) => FitOptions["callbacks"];
  /** Called after each run. */
  onRun?: (contender: Contender, run: ComparedRun) => void;
}

export interface ComparedRun {
  seed: number;
  /** Every epoch's curve, up to where a run diverged. */
  epochs: EpochLog[];
  /** Steps taken. */
  iterations: number;
  /** Time for training, validation not included. */
  seconds: number;
  /** Where the numbers were no longer finite: after how many steps, and what was said. */
  diverged?: { steps: number; message: string };
  /** Epochs, steps and seconds of training until an epoch's mean training loss was at the target or below. */
  target?: { epochs: number; iterations: number; seconds: number };
}

export interface Spread {
  mean: number;
  min: number;
  max: number;
}
export interface ComparedContender extends Contender {
  runs: ComparedRun[];
  /** The last epoch's numbers over the runs that did not diverge: `loss`, `valLoss`, `valAccuracy`, … */
  final: Record<string, Spread>;
  /** Over the runs that reached the target. */
  target: { runs: number; epochs: Spread; iterations: Spread; seconds: Spread } | undefined;
}
export interface Comparison {
  /** Undefined where every run diverged. */
  targetLoss: number | undefined;
  contenders: ComparedContender[];
}

/** Trains what `build` makes of a seed, once per contender and seed. A run that diverges is a result, not an error. */
export async function compareOptimizers(
  build: (seed: number) => Promise<Model>,
  data: Data,
  options: CompareOptions,
): Promise<Comparison> {
  checkObject("compareOptimizers", options, "{ contenders: [{ name, optimizer }] }");
  const { contenders, seeds = [1, 2, 3], targetLoss: given, callbacks, onRun, ...fit } = options;
  check(contenders, seeds, given);
  await warmUp(build, data, { ...fit, ...ofFit(contenders[0]!), validation: undefined }, seeds[0]!);
  const runs = new Map<Contender, ComparedRun[]>(contenders.map(c => [c, []]));
  for (const seed of seeds) {
    for (const contender of contenders) {
      await turn(); // runs may be too short to let anyone interrupt
      const own = callbacks?.(contender, seed) ?? [];
      const run = await runOne(await build(seed), data, seed, { ...fit, ...ofFit(contender), callbacks: own });
      runs.get(contender)!.push(run);
      onRun?.(contender, run);
    }
  }
  return comparisonOf(runs, given);
}

/** What runs come to: as many of each contender. */
export function comparisonOf(runs: ReadonlyMap<Contender, ComparedRun[]>, given: number | undefined): Comparison {
  const all = [...runs];
  const finals = all.map(([, own]) => mean(finished(own).map(lossOf))).filter(Number.isFinite);
  const targetLoss = given ?? upperMedian(finals);
  return { targetLoss, contenders: all.map(([contender, own]) => summarise(contender, own, targetLoss)) };
}

function check(contenders: unknown, seeds: unknown, target: unknown): void {
  const fail = (message: string) => new TrainletError("INVALID_ARGUMENT", `compareOptimizers: ${message}`);
  if (!Array.isArray(contenders) || contenders.length === 0) {
    throw fail(`contenders is ${show(contenders)}; give a list of { name, optimizer }`);
  }
  if (!Array.isArray(seeds) || seeds.length === 0) throw fail(`seeds is ${show(seeds)}; give a list of numbers`);
  if (target !== undefined && !Number.isFinite(target)) throw fail(`targetLoss is ${show(target)}; give a number`);
  [...contenders].forEach((contender, i) => {
    checkObject(`compareOptimizers: contenders[${i}]`, contender, '{ name: "adam", optimizer: adam() }');
    resolve("optimizer", contender.optimizer, `compareOptimizers: contenders[${i}].optimizer`);
  });
}

/** What a contender says of `fit`. */
function ofFit({ optimizer, batchSize, schedule }: Contender): FitOptions {
  return { optimizer, ...(batchSize !== undefined && { batchSize }), ...(schedule !== undefined && { schedule }) };
}

async function runOne(model: Model, data: Data, seed: number, options: FitOptions): Promise<ComparedRun> {
  const epochs: EpochLog[] = [];
  let diverged: ComparedRun["diverged"];
  const keep = (log: EpochLog) => void epochs.push(log);
  try {
    await model.fit(data, { ...options, callbacks: [keep, ...(options.callbacks ?? [])] });
  } catch (error) {
    if (!(error instanceof TrainletError) || error.code !== "DIVERGED") throw error;
    diverged = { steps: model.iterations, message: error.message };
  }
  const { iterations } = model;
  model.dispose();
  const seconds = epochs.reduce((sum, log) => sum + log.seconds, 0);
  return { seed, epochs, iterations, seconds, ...(diverged && { diverged }) };
}

/** A quarter of a second that nobody times: engines compile code better when it has run for a while. */
async function warmUp(
  build: (seed: number) => Promise<Model>,
  data: Data,
  options: FitOptions,
  seed: number,
): Promise<void> {
  const model = await build(seed);
  const until = performance.now() + 250;
  const onBatchEnd = () => performance.now() < until;
  try {
    await model.fit(data, { ...options, epochs: 100, callbacks: [{ onBatchEnd }] });
  } catch (error) {
    if (!(error instanceof TrainletError) || error.code !== "DIVERGED") throw error;
  } finally {
    model.dispose();
  }
}

function finished(runs: readonly ComparedRun[]): ComparedRun[] {
  return runs.filter(run => !run.diverged);
}
function lossOf(run: ComparedRun): number {
  return run.epochs.at(-1)!.loss;
}
function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
/** The larger of the two in the middle, so that at least half of the contenders come that far. */
function upperMedian(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
function spreadOf(values: readonly number[]): Spread {
  return { mean: mean(values), min: Math.min(...values), max: Math.max(...values) };
}

function summarise(contender: Contender, runs: ComparedRun[], targetLoss: number | undefined): ComparedContender {
  for (const run of runs) {
    const at = targetLoss === undefined ? -1 : run.epochs.findIndex(log => log.loss <= targetLoss);
    if (at < 0) continue;
    const until = run.epochs.slice(0, at + 1);
    const seconds = until.reduce((sum, log) => sum + log.seconds, 0);
    run.target = { epochs: at + 1, iterations: until.at(-1)!.iterations, seconds };
  }
  const ends = finished(runs).map(run => run.epochs.at(-1)!);
  const names = Object.keys(ends[0] ?? {}).filter(name => /loss|accuracy|mae|rmse|r2/i.test(name)) as "loss"[];
  const reached = runs.flatMap(run => run.target ?? []);
  const of = (name: "epochs" | "iterations" | "seconds") => spreadOf(reached.map(t => t[name]));
  return {
    ...contender,
    runs,
    final: Object.fromEntries(names.map(name => [name, spreadOf(ends.map(log => log[name]))])),
    target: reached.length
      ? { runs: reached.length, epochs: of("epochs"), iterations: of("iterations"), seconds: of("seconds") }
      : undefined,
  };
}
