/** `trainlet train`: reads data, trains once per seed, reports, and saves the first model. */
import { escaped } from "../errors.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { turn } from "../turn.ts";
import { findData } from "./data-source.ts";
import { htmlReport } from "./html-report.ts";
import { networkFor, rule } from "./network.ts";
import { checkOutputs } from "./out-files.ts";
import type { Context } from "./output.ts";
import type { TrainOptions } from "./settings.ts";
import { type Stopped, stoppedBy } from "./stop.ts";
import { dataLine, dataNotes, meanLine, partOf, sayTrial, seedTable, settings, spread } from "./train-text.ts";
import { checkDataOptions, trainingData } from "./training-data.ts";
import { type Fitted, fitTrial, measure, type Plan, type Trial } from "./trial.ts";

export async function train(
  name: string,
  labels: string | undefined,
  options: TrainOptions,
  context: Context,
): Promise<void> {
  const { output } = context;
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
  const notes = dataNotes(data);
  output.say([dataLine(name, data), ...notes].join("\n"));
  output.say(told.map(([word, value]) => `${word} ${value}`).join(", "));

  const { trials, saved, stopped } = await runAll(plan, seeds, context);
  const first = trials[0];
  if (first && options.report !== undefined) {
    const content = { title: dataLine(name, data), settings: told, trials, model: options.out };
    await writeFileAtomic(options.report, htmlReport(content));
  }
  if (stopped) throw stopped.with(whatWasSaved(saved, plan, first && options.report));

  sayTrial(output, first!);
  if (trials.length > 1) output.say(`\n${seedTable(trials, output.terminal)}\n${meanLine(trials)}`);
  if (options.report !== undefined) output.say(`report written to ${escaped(options.report)}`);
  output.say(`model${trials.length > 1 ? ` of seed ${first!.seed}` : ""} saved to ${escaped(options.out)}`);
  output.result(forPrograms(name, plan, lr, trials, notes));
}

interface Runs {
  trials: Trial[];
  saved: Fitted;
  stopped: Stopped | undefined;
}

/** The first model is kept, and saved as soon as it is trained, since what comes after may still go wrong. */
async function runAll(plan: Plan, seeds: readonly number[], { output, signal }: Context): Promise<Runs> {
  const { options } = plan;
  const trials: Trial[] = [];
  let saved: Fitted | undefined;
  const progress = await output.progress();
  for (const seed of seeds) {
    progress.start(seeds.length > 1 ? `seed ${seed}` : "", options.epochs);
    const fitted = await fitTrial(plan, seed, progress, signal)
      .catch((error: unknown) => {
        if (saved && stoppedBy(signal)) return undefined;
        throw error;
      })
      .finally(() => progress.stop());
    if (!fitted) break;
    if (!saved) await fitted.model.save(options.out);
    saved ??= fitted;
    await turn(); // for signals to be heard
    const stopped = stoppedBy(signal);
    if (!stopped) signal.throwIfAborted();
    // What was cut short is measured only for a report that would be empty without it.
    if (!fitted.interrupted || (options.report !== undefined && trials.length === 0)) {
      trials.push(await measure(fitted));
    }
    if (fitted !== saved) fitted.model.dispose();
    if (stopped) break;
  }
  return { trials, saved: saved!, stopped: stoppedBy(signal) };
}

/** What somebody who interrupted it is told. */
function whatWasSaved({ seed, interrupted, history }: Fitted, { options }: Plan, report: string | undefined): string {
  const best = options.earlyStopping !== undefined && history.length > 0;
  const what = interrupted ? (best ? "the best model so far" : "the model so far") : `the model of seed ${seed}`;
  const where = interrupted ? ` in epoch ${history.length + 1} of ${options.epochs}` : "";
  const also = report === undefined ? "" : `, the report written to ${report}`;
  return `${where}; ${what} was saved to ${options.out}${also}`;
}

function forPrograms(name: string, plan: Plan, lr: number, trials: readonly Trial[], notes: readonly string[]) {
  const { data, network, optimizer, schedule, options } = plan;
  const first = trials[0]!;
  return {
    data: {
      name,
      rows: data.rows,
      features: data.features,
      classes: first.model.classNames,
      targets: targetNames(plan),
      ...(notes.length && { notes }),
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
