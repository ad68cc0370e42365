/** `trainlet compare`: the same training with several rules, or their paths on a test surface. */
import type { Command } from "commander";
import { type ComparedRun, type Comparison, type Contender, compareOptimizers, comparisonOf } from "../compare.ts";
import { sequential } from "../create.ts";
import type { Dataset } from "../data/index.ts";
import { escaped, TrainletError } from "../errors.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { type CompareOptions, ofData, ofSurface } from "./compare-command.ts";
import { comparisonReport } from "./compare-report.ts";
import { compareOnSurface } from "./compare-surface.ts";
import { comparedSettings, comparisonTables, comparisonText, runLine } from "./compare-text.ts";
import { withRates } from "./contenders.ts";
import { findData } from "./data-source.ts";
import { count } from "./format.ts";
import { modelOptions, type Network, networkFor } from "./network.ts";
import { checkOutputs } from "./out-files.ts";
import type { Context } from "./output.ts";
import { noProgress } from "./progress.ts";
import type { TrainOptions } from "./settings.ts";
import { stoppedBy, UsageError } from "./stop.ts";
import { inUnits, type TargetScale, targetScale, withScaledTargets } from "./target-scale.ts";
import { dataLine, dataNotes } from "./train-text.ts";
import { checkDataOptions, divide, type Parts, trainingData } from "./training-data.ts";

export async function compare(
  name: string | undefined,
  labels: string | undefined,
  options: CompareOptions,
  command: Command,
  context: Context,
): Promise<void> {
  if ((name === undefined) === (options.surface === undefined)) {
    const what = name === undefined ? "DATA is missing" : `DATA is ${name}, but --surface needs none`;
    throw new UsageError(`${what}; give data to train on, or --surface`);
  }
  const lone = (options.surface === undefined ? ofSurface : ofData).find(
    attribute => command.getOptionValueSource(attribute) === "cli",
  );
  if (lone !== undefined) {
    const { long } = command.options.find(option => option.attributeName() === lone)!;
    throw new UsageError(
      `${long} is for ${options.surface === undefined ? "--surface" : "training on DATA"}; leave it out`,
    );
  }
  if (options.surface !== undefined) await compareOnSurface(options.surface, options, context);
  else await compareOnData(name!, labels, options, context);
}

async function compareOnData(
  name: string,
  labels: string | undefined,
  options: CompareOptions,
  { output, signal }: Context,
): Promise<void> {
  const { seeds, optimizers, targetLoss, report, ...rest } = options;
  // What train knows as its test part is what is validated on after every epoch here.
  const shared: TrainOptions = {
    ...rest,
    optimizer: optimizers[0]!.optimizer,
    test: options.validation,
    validation: undefined,
  };
  const source = await findData(name, labels);
  await checkDataOptions(source, shared);
  const inputs = source.kind === "builtin" ? [] : [name, source.kind === "idx" ? source.labels : undefined];
  await checkOutputs([{ option: "--report", path: report }], inputs);
  const data = await trainingData(source, shared);
  const network = networkFor(data, shared);
  const contenders = withRates(optimizers, shared);
  if (options.validation !== undefined && options.validation >= data.rows) {
    const message = `--validation ${options.validation} leaves no row to train on: there are ${data.rows}`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  const { train, test: validation } = divide(data, shared, seeds[0]!);
  const scale = targetScale(train, network);
  const told = {
    data: dataLine(name, data),
    settings: comparedSettings(data, network, { ...shared, seeds }, validation?.rows ?? 0),
  };
  output.say([told.data, ...dataNotes(data), told.settings].join("\n"));
  const progress = output.terminal ? await output.progress() : noProgress;
  const scaledTarget = targetLoss && targetLoss / (scale?.lossUnit ?? 1);
  const done = new Map<Contender, ComparedRun[]>(contenders.map(contender => [contender, []]));
  let result: Comparison;
  try {
    result = await compareOptimizers(
      seed => sequential(network.layers, modelOptions(data, network, options, seed)),
      withScaledTargets(train, scale),
      {
        contenders,
        seeds,
        targetLoss: scaledTarget,
        epochs: options.epochs,
        validation: validation && withScaledTargets(validation, scale),
        clipNorm: options.clipNorm,
        clipValue: options.clipValue,
        signal,
        callbacks: (contender, seed) => {
          progress.start(`${contender.name} seed ${seed}`, options.epochs);
          return [log => progress.epoch(inUnits(log, scale))];
        },
        onRun: (contender, run) => {
          progress.stop();
          done.get(contender)!.push(run);
          if (!output.terminal) output.say(runLine(contender.name, runInUnits(run, scale)));
        },
      },
    );
  } catch (error) {
    // What is finished for every rule can be compared.
    const seedsDone = Math.min(...[...done.values()].map(runs => runs.length));
    if (!stoppedBy(signal) || seedsDone === 0) throw error;
    stoppedBy(signal)!.saving = true;
    for (const runs of done.values()) runs.length = seedsDone;
    result = comparisonOf(done, scaledTarget);
  } finally {
    progress.stop();
  }
  const stopped = stoppedBy(signal);
  if (!stopped) signal.throwIfAborted();
  const seedsDone = result.contenders[0]!.runs.length;
  result = comparisonInUnits(result, scale);
  const tables = comparisonTables(result, seedsDone, targetLoss !== undefined);
  if (report !== undefined) {
    const title = `${count(contenders.length, "rule")} on ${name}`;
    await writeFileAtomic(report, comparisonReport({ title, ...told, comparison: result, tables }));
  }
  output.say(`\n${comparisonText(tables, output.terminal)}`);
  if (report !== undefined) output.say(`\nreport written to ${escaped(report)}`);
  if (stopped) {
    const also = report === undefined ? "" : `, the report written to ${report}`;
    throw stopped.with(`; ${seedsDone} of ${count(seeds.length, "seed")} were compared${also}`);
  }
  output.result(forPrograms(name, data, network, { train, validation, test: undefined }, options, result));
}

function runInUnits(run: ComparedRun, scale: TargetScale | undefined): ComparedRun {
  return { ...run, epochs: run.epochs.map(log => inUnits(log, scale)) };
}
function comparisonInUnits({ targetLoss, contenders }: Comparison, scale: TargetScale | undefined): Comparison {
  return {
    targetLoss: targetLoss && targetLoss * (scale?.lossUnit ?? 1),
    contenders: contenders.map(contender => ({
      ...contender,
      runs: contender.runs.map(run => runInUnits(run, scale)),
      final: inUnits(contender.final, scale),
    })),
  };
}

function forPrograms(
  name: string,
  data: Dataset,
  { layers, loss }: Network,
  { train, validation }: Parts,
  options: CompareOptions,
  { targetLoss, contenders }: Comparison,
) {
  return {
    data: { name, rows: data.rows, features: data.features },
    task: data.y instanceof Int32Array ? "classification" : "regression",
    rows: { train: train.rows, validation: validation?.rows ?? 0 },
    network: { layers, inputs: data.features, loss },
    epochs: options.epochs,
    seeds: options.seeds,
    targetLoss,
    report: options.report,
    optimizers: contenders.map(({ runs, ...contender }) => ({
      ...contender,
      diverged: runs.filter(run => run.diverged).length,
      runs: runs.map(({ epochs, ...run }) => ({ ...run, history: epochs })),
    })),
  };
}
