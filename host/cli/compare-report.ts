/** The report of a comparison: its tables, each rule's mean curves in one picture, and each rule's runs in one of its own. */
import type { ComparedContender, ComparedRun, Comparison } from "../compare.ts";
import type { EpochLog } from "../history.ts";
import { type Curve, chart, chartStyle } from "./chart.ts";
import { type ComparisonTable, tellingNames } from "./compare-text.ts";
import { escapeHtml, htmlTable, page } from "./html-page.ts";
import { markStyle, sample } from "./marks.ts";
import { specLine } from "./network.ts";
import { printableName } from "./output.ts";
import { panelStyle, panels } from "./panels.ts";
import { plotStyle } from "./plot.ts";

export interface ComparisonContent {
  title: string;
  data: string;
  settings: string;
  comparison: Comparison;
  tables: readonly ComparisonTable[];
}

export function comparisonReport({ title, data, settings, comparison, tables }: ComparisonContent): string {
  const { contenders } = comparison;
  const runs = contenders.flatMap(c => c.runs);
  const logs = runs.flatMap(run => run.epochs[0] ?? []);
  const metrics = tellingNames(new Set(logs.flatMap(log => Object.keys(log)))) as (keyof EpochLog)[];
  const charts = metrics.flatMap(name => {
    const curves = contenders.map((c, i) => curveOf(numbered(c.name, i), c.runs, name));
    const title = metricTitle(name);
    const drawn = chart(title, curves, { log: /loss|rmse/i.test(name), numbered: true });
    return drawn && [`<h3>${title}</h3>`, drawn];
  });
  const seeds = contenders[0]!.runs.length;
  const sections = [
    `<p>${escapeHtml(data)}; ${escapeHtml(settings)}.</p>`,
    ...tables.flatMap(table => [`<h2>${escapeHtml(capital(table.title))}</h2>`, comparedTable(table)]),
    "<h2>Epoch by epoch</h2>",
    `<p>${charts.length ? howToRead(runs, seeds) : "No rule finished its first epoch: there is nothing to draw."}</p>`,
    ...charts,
    ...(charts.length
      ? [
          "<h2>Rule by rule</h2>",
          panels(
            contenders.map(c => c.runs),
            contenders.map(nameOf),
          ),
        ]
      : []),
    "<h2>Rules</h2>",
    ruleTable(contenders),
  ];
  return page(title, sections, [markStyle, plotStyle, chartStyle, panelStyle]);
}

function howToRead(runs: readonly ComparedRun[], seeds: number): string {
  const broken = runs.some(run => run.diverged);
  return [
    ...(seeds > 1 ? [`Lines are means of ${seeds} seeds; shades reach from the least to the greatest.`] : []),
    "The training loss is the mean over an epoch's batches while they were trained on; validation comes after it.",
    ...(broken && seeds > 1
      ? ["Runs that diverged are left out of the means where others of the same rule did not."]
      : []),
    ...(broken ? ["A cross is where numbers were no longer finite."] : []),
  ].join(" ");
}

/** The runs' mean and range by epoch: of those that finished; if none did, as far as all of them came. */
function curveOf(name: string, runs: readonly ComparedRun[], metric: keyof EpochLog): Curve {
  const finished = runs.filter(run => !run.diverged);
  const shown = finished.length ? finished : runs;
  const length = Math.min(...shown.map(run => run.epochs.length));
  const epochs = Array.from({ length }, (_, i) => shown.map(run => run.epochs[i]![metric] ?? Number.NaN));
  return {
    name: finished.length ? name : `${name} (diverged)`,
    values: epochs.map(values => values.reduce((a, b) => a + b, 0) / values.length),
    range:
      shown.length > 1
        ? { low: epochs.map(values => Math.min(...values)), high: epochs.map(values => Math.max(...values)) }
        : undefined,
    broken: finished.length === 0,
  };
}

function comparedTable({ head, rows, aligns }: ComparisonTable): string {
  return htmlTable({
    head,
    rows: rows.map(([name, ...cells], i) => [numbered(name!, i), ...cells]),
    aligns,
    keys: rows.map((_, i) => sample(i)),
  });
}

function ruleTable(contenders: readonly ComparedContender[]): string {
  return htmlTable({
    head: ["", "rule", "batch size"],
    rows: contenders.map((c, i) => [nameOf(c, i), specLine(c.optimizer), String(c.batchSize)]),
    aligns: ["left", "left", "right"],
    keys: contenders.map((_, i) => sample(i)),
  });
}

function nameOf({ name }: { name: string }, index: number): string {
  return numbered(printableName(name), index);
}
function numbered(name: string, index: number): string {
  return `${index + 1} ${name}`;
}

/** "loss" → "Training loss", "valRmse" → "Validation RMSE" */
function metricTitle(name: string): string {
  const part = name.startsWith("val") ? "Validation" : "Training";
  return `${part} ${name.replace(/^val/, "").toLowerCase().replace("rmse", "RMSE")}`;
}
function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
