/** `trainlet train`: reads data, trains once per seed, reports, and saves the first model. */
import { writeFileAtomic } from "../files/atomic.ts";
import { findData } from "./data-source.ts";
import { htmlReport } from "./html-report.ts";
import { networkFor, rule } from "./network.ts";
import { checkOutputs } from "./out-files.ts";
import type { Context } from "./output.ts";
import type { TrainOptions } from "./settings.ts";
import { dataLine, meanLine, partOf, sayTrial, seedTable, settings, spread } from "./train-text.ts";
import { checkDataOptions, trainingData } from "./training-data.ts";
import { type Plan, runTrial, type Trial } from "./trial.ts";

export async function train(
  name: string,
  labels: string | undefined,
  options: TrainOptions,
  context: Context,
): Promise<void> {
  const { output, signal } = context;
  const source = await findData(name, labels);
  await checkDataOptions(source, options);
  const outputs = [
    { option: "--out", path: options.out },
    { option: "--report", path: options.report },
  ];
  await checkOutputs(
    outputs,
    source.kind === "builtin" ? [] : [name, source.kind === "idx" ? source.labels : undefined],
  );
  const data = await trainingData(source, options);
  const { optimizer, schedule, lr } = rule(options);
  const plan: Plan = { data, network: networkFor(data, options), optimizer, schedule, options };
  const seeds = options.seeds ?? [options.seed ?? 0];
  const told = settings(plan, lr, seeds);
  output.say(dataLine(name, data));
  output.say(told.map(([word, value]) => `${word} ${value}`).join(", "));

  const trials = await runAll(plan, seeds, context);
  const first = trials[0]!;
  signal.throwIfAborted();
  await first.model.save(options.out);
  if (options.report !== undefined) {
    await writeFileAtomic(
      options.report,
      htmlReport({ title: dataLine(name, data), settings: told, trials, model: options.out }),
    );
  }

  sayTrial(output, first);
  if (trials.length > 1) output.say(`\n${seedTable(trials, output.terminal)}\n${meanLine(trials)}`);
  if (options.report !== undefined) output.say(`report written to ${options.report}`);
  output.say(`model${trials.length > 1 ? ` of seed ${first.seed}` : ""} saved to ${options.out}`);
  output.result(forPrograms(name, plan, lr, trials));
}

/** Only the first model is kept: it is the one to be saved. */
async function runAll(plan: Plan, seeds: readonly number[], { output, signal }: Context): Promise<Trial[]> {
  const trials: Trial[] = [];
  const progress = await output.progress();
  for (const seed of seeds) {
    progress.start(seeds.length > 1 ? `seed ${seed}` : "", plan.options.epochs);
    try {
      trials.push(await runTrial(plan, seed, progress, signal));
    } finally {
      progress.stop();
    }
    if (trials.length > 1) trials.at(-1)!.model.dispose();
  }
  return trials;
}

function forPrograms(name: string, plan: Plan, lr: number, trials: readonly Trial[]) {
  const { data, network, optimizer, schedule, options } = plan;
  const first = trials[0]!;
  return {
    data: {
      name,
      rows: data.rows,
      features: data.features,
      classes: first.model.classNames,
      targets: targetNames(plan),
    },
    task: data.y instanceof Int32Array ? "classification" : "regression",
    rows: first.rows,
    network: first.model.spec,
    loss: network.loss,
    optimizer: { ...optimizer, lr },
    schedule,
    batchSize: options.batchSize,
    seed: first.seed,
    epochs: first.history.length,
    stoppedEarly: first.stoppedEarly,
    seconds: first.seconds,
    samplesPerSecond: first.samplesPerSecond,
    evaluatedOn: partOf(first).part,
    metrics: first.metrics,
    history: first.history,
    model: options.out,
    report: options.report,
    ...(trials.length > 1 && { seeds: trials.map(seedResult), spread: spread(trials) }),
  };
}

function seedResult({ seed, metrics, history, seconds, samplesPerSecond }: Trial) {
  const { confusion: _, perClass: __, macro: ___, ...numbers } = metrics;
  return { seed, metrics: numbers, epochs: history.length, seconds, samplesPerSecond };
}

function targetNames({ data }: Plan): readonly string[] | undefined {
  return data.schema?.target?.kind === "number" ? data.schema.target.names : undefined;
}
