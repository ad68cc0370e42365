/** What `trainlet compare` says to people. */
import type { ComparedContender, ComparedRun, Comparison, Spread } from "../compare.ts";
import type { Dataset } from "../data/index.ts";
import { count, decimal, metric, metricName, seconds, table, whole } from "./format.ts";
import { type Network, networkLine, specLine } from "./network.ts";
import { printableName } from "./output.ts";
import { describe, shown } from "./progress.ts";
import type { TrainOptions } from "./settings.ts";
import { scalesTargets } from "./target-scale.ts";

/** "network 64 → 64 relu → 10, loss crossEntropy, …" */
export function comparedSettings(
  data: Dataset,
  network: Network,
  options: TrainOptions & { seeds: readonly number[] },
  validationRows: number,
): string {
  const words = [
    `network ${networkLine(data.features, network.layers)}`,
    `loss ${specLine(network.loss)}`,
    `${whole(data.rows - validationRows)} rows to train, ${whole(validationRows)} to validate`,
    count(options.epochs, "epoch"),
    `batch size ${options.batchSize}`,
    ...(options.schedule ? [`schedule ${specLine(options.schedule)}`] : []),
    ...(options.clipNorm === undefined ? [] : [`clip norm ${options.clipNorm}`]),
    ...(options.clipValue === undefined ? [] : [`clip value ${options.clipValue}`]),
    ...(data.scale === undefined ? [] : [`scaling ${data.scale}`]),
    ...(scalesTargets(data, network) ? ["targets standardised while training"] : []),
    `${options.seeds.length > 1 ? "seeds" : "seed"} ${options.seeds.join(", ")}`,
  ];
  return words.join(", ");
}

/** A line a run, where no terminal shows a bar. */
export function runLine(name: string, run: ComparedRun): string {
  const last = run.epochs.at(-1);
  const numbers = run.diverged ? divergence([run]) : describe(last!, shown, "  ");
  return `${printableName(name)} seed ${run.seed}  ${numbers}  ${seconds(run.seconds)}`;
}

/** A table of the comparison and what stands above it, for text and for pages alike. */
export interface ComparisonTable {
  title: string;
  head: string[];
  rows: string[][];
  aligns: ("left" | "right")[];
}

/** First how fast a loss was reached, unless every run diverged, then what the last epoch came to. */
export function comparisonTables(
  { targetLoss, contenders }: Comparison,
  seedCount: number,
  given: boolean,
): ComparisonTable[] {
  const tables: ComparisonTable[] = [];
  if (targetLoss !== undefined) {
    tables.push({
      title: `to a training loss of ${decimal(targetLoss)}${given ? "" : ", with which the median rule ends"}`,
      head: ["", "epochs", "steps", "time", "seeds"],
      rows: contenders.map(c => [printableName(c.name), ...targetCells(c, seedCount)]),
      aligns: ["left", "right", "right", "right", "right"],
    });
  }
  const names = tellingNames(new Set(contenders.flatMap(c => Object.keys(c.final))));
  const noted = contenders.some(c => c.runs.some(run => run.diverged));
  tables.push({
    title: `after the last epoch, ${seedCount > 1 ? `mean (least–greatest) of ${count(seedCount, "seed")}` : "one seed"}`,
    head: ["", ...names.map(name => (name === "loss" ? "train loss" : metricName(name))), ...(noted ? ["note"] : [])],
    rows: contenders.map(c => [
      printableName(c.name),
      ...names.map(name => spreadText(c.final[name], value => metric(name, value))),
      ...(noted ? [c.runs.some(run => run.diverged) ? divergence(c.runs) : ""] : []),
    ]),
    aligns: ["left", ...names.map(() => "right" as const), ...(noted ? ["left" as const] : [])],
  });
  return tables;
}

export function comparisonText(tables: readonly ComparisonTable[], lines: boolean): string {
  return tables
    .map(({ title, head, rows, aligns }) => `${title}:\n${table(head, rows, { lines, aligns })}`)
    .join("\n\n");
}

function targetCells({ target, runs }: ComparedContender, seedCount: number): string[] {
  if (!target) return [runs.every(run => run.diverged) ? "diverged" : "not reached", "", "", `0 of ${seedCount}`];
  return [
    spreadText(target.epochs, short),
    spreadText(target.iterations, short),
    spreadText(target.seconds, seconds),
    `${target.runs} of ${seedCount}`,
  ];
}

function short(value: number): string {
  return Number.isInteger(value) ? whole(value) : value.toFixed(1);
}

/** "12.3 (11–14)", or the one value. */
function spreadText(spread: Spread | undefined, text: (value: number) => string): string {
  if (!spread) return "";
  const { mean, min, max } = spread;
  return text(min) === text(max) ? text(mean) : `${text(mean)} (${text(min)}–${text(max)})`;
}

/** Of these metrics the training loss, and of the validation part (or where there is none of the training part) the loss and what else tells most. */
export function tellingNames(known: ReadonlySet<string>): string[] {
  const ofValidation = known.has("valLoss");
  const wanted = ofValidation ? ["loss", "valLoss", "valAccuracy", "valRmse"] : ["loss", "accuracy", "rmse"];
  return wanted.filter(name => known.has(name));
}

/** "diverged after step 12", "diverged: seeds 1, 3 after steps 12, 15" */
function divergence(runs: readonly ComparedRun[]): string {
  const bad = runs.filter(run => run.diverged);
  const steps = bad.map(run => whole(run.diverged!.steps)).join(", ");
  if (runs.length === 1) return `diverged after step ${steps}`;
  if (bad.length === runs.length) return `diverged after steps ${steps}`;
  return `diverged: ${bad.length > 1 ? "seeds" : "seed"} ${bad.map(run => run.seed).join(", ")} after ${bad.length > 1 ? "steps" : "step"} ${steps}`;
}
