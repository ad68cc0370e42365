/** What `trainlet train` says to people before and after. */
import type { Dataset } from "../data/index.ts";
import { escaped, show } from "../errors.ts";
import { count, decimal, metric, metricName, seconds, share, table, whole } from "./format.ts";
import { classTable, headline, metricsLine } from "./metrics-text.ts";
import { networkLine, specLine } from "./network.ts";
import type { Output } from "./output.ts";
import { scalesTargets } from "./target-scale.ts";
import type { Plan, Trial } from "./trial.ts";

/** "digits: 1,797 rows, 64 features, 10 classes" */
export function dataLine(name: string, data: Dataset): string {
  const goal = data.y instanceof Int32Array ? count(data.classes, "class") : count(data.classes, "target");
  return `${escaped(name)}: ${count(data.rows, "row")}, ${count(data.features, "feature")}, ${goal}`;
}

/** What about the data is likely to be a mistake. */
export function dataNotes({ schema, rows, classes }: Dataset): string[] {
  const { target } = schema ?? {};
  if (target?.kind !== "class" || classes <= 50 || rows >= 5 * classes) return [];
  const what = `the target ${show(target.name)} has ${whole(classes)} different values in ${count(rows, "row")}`;
  return [`note: ${what}: it looks like an identifier; if it is one, name another --target`];
}

/** What is trained and how, as pairs of a word and its value. */
export function settings(plan: Plan, lr: number, seeds: readonly number[]): [string, string][] {
  const { network, optimizer, schedule, options, data } = plan;
  const pairs: [string, string | undefined][] = [
    ["network", networkLine(data.features, network.layers)],
    ["loss", specLine(network.loss)],
    ["optimizer", specLine({ lr, ...optimizer })],
    ["schedule", schedule && specLine(schedule)],
    ["epochs", String(options.epochs)],
    ["batch size", String(options.batchSize)],
    ["scaling", data.scale],
    ["targets", scalesTargets(data, network) ? "standardised while training" : undefined],
    ["clip norm", options.clipNorm?.toString()],
    ["clip value", options.clipValue?.toString()],
    [
      "early stopping",
      options.earlyStopping === undefined
        ? undefined
        : `after ${count(options.earlyStopping, "epoch")} without improvement`,
    ],
    [seeds.length > 1 ? "seeds" : "seed", seeds.join(", ")],
  ];
  return pairs.filter((pair): pair is [string, string] => pair[1] !== undefined);
}

/** The part that the final metrics are of. */
export function partOf(trial: Trial): { part: string; rows: number } {
  return trial.rows.test ? { part: "test", rows: trial.rows.test } : { part: "training", rows: trial.rows.train };
}

/** "1,437 to train, 360 to test" */
export function rowsLine({ rows }: Trial): string {
  const parts = [`${whole(rows.train)} to train`];
  if (rows.validation) parts.push(`${whole(rows.validation)} to validate`);
  if (rows.test) parts.push(`${whole(rows.test)} to test`);
  return parts.join(", ");
}

/** "20 epochs of 1,437 rows in 0.07 s, 736,641 samples/s" */
export function speedLine(trial: Trial): string {
  const early = trial.stoppedEarly ? " (stopped early, best weights kept)" : "";
  const epochs = `${count(trial.history.length, "epoch")} of ${count(trial.rows.train, "row")}`;
  return `${epochs}${early} in ${seconds(trial.seconds)}, ${whole(trial.samplesPerSecond)} samples/s`;
}

export function sayTrial(output: Output, trial: Trial): void {
  const { part, rows } = partOf(trial);
  output.say(`\n${metricsLine(part, trial.metrics, rows)}`);
  if (trial.metrics.accuracy !== undefined) output.say(classTable(trial.metrics, output.terminal));
  output.say(speedLine(trial));
}

export interface Spread {
  mean: number;
  min: number;
  max: number;
}
/** Mean and range of every metric over the trials. */
export function spread(trials: readonly Trial[]): Record<string, Spread> {
  const known = headline.filter(name => trials[0]!.metrics[name] !== undefined);
  const entries = known.map((name): [string, Spread] => {
    const values = trials.map(trial => trial.metrics[name]!);
    return [
      name,
      { mean: values.reduce((a, b) => a + b, 0) / values.length, min: Math.min(...values), max: Math.max(...values) },
    ];
  });
  return Object.fromEntries(entries);
}

/** A row per seed, and below them what they come to together. */
export function seedTable(trials: readonly Trial[], lines: boolean): string {
  const overall = spread(trials);
  const names = Object.keys(overall) as (keyof typeof overall & (typeof headline)[number])[];
  const rows = trials.map(trial => [
    String(trial.seed),
    ...names.map(name => metric(name, trial.metrics[name])),
    String(trial.history.length),
    seconds(trial.seconds),
  ]);
  for (const word of ["mean", "min", "max"] as const) {
    rows.push([word, ...names.map(name => metric(name, overall[name]![word])), "", ""]);
  }
  return table(["seed", ...names.map(metricName), "epochs", "time"], rows, { lines });
}

/** The line that a reader looks for: the mean of the first metric. */
export function meanLine(trials: readonly Trial[]): string {
  const [name, { mean, min, max }] = Object.entries(spread(trials))[0]!;
  const show = name === "accuracy" || name === "r2" ? share : decimal;
  const { part } = partOf(trials[0]!);
  return `mean ${part} ${metricName(name)} ${show(mean)} (${show(min)}–${show(max)}) of ${count(trials.length, "seed")}`;
}
