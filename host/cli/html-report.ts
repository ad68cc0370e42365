/** The report of a training: metrics, curves and settings. */
import type { EpochLog } from "../history.ts";
import { type Curve, chart, chartStyle } from "./chart.ts";
import { metric, metricName, seconds, share, whole } from "./format.ts";
import { escapeHtml, htmlTable, page } from "./html-page.ts";
import { markStyle } from "./marks.ts";
import { headline } from "./metrics-text.ts";
import { plotStyle } from "./plot.ts";
import { meanLine, partOf, rowsLine, speedLine } from "./train-text.ts";
import type { Trial } from "./trial.ts";

export interface ReportContent {
  title: string;
  settings: readonly (readonly [string, string])[];
  /** The first is shown in full. */
  trials: readonly Trial[];
  /** Where the model was saved. */
  model: string;
}

export function htmlReport({ title, settings, trials, model }: ReportContent): string {
  const first = trials[0]!;
  const { part, rows } = partOf(first);
  const known = headline.filter(name => first.metrics[name] !== undefined);
  const sections = [
    `<p>${escapeHtml(rowsLine(first))}. ${escapeHtml(speedLine(first))}. Model: <code>${escapeHtml(model)}</code></p>`,
    `<h2>Results</h2>\n<p>On the ${part} part (${whole(rows)} rows)${trials.length > 1 ? `, seed ${first.seed}` : ""}.</p>`,
    htmlTable({
      head: ["metric", "value"],
      rows: known.map(name => [metricName(name), metric(name, first.metrics[name])]),
    }),
    ...(trials.length > 1 ? [seedSection(trials)] : []),
    ...(first.metrics.perClass ? [classSection(first)] : []),
    `<h2>Training${trials.length > 1 ? `, seed ${first.seed}` : ""}</h2>`,
    ...charts(first.history),
    "<h2>Settings</h2>",
    htmlTable({ head: ["setting", "value"], rows: settings, aligns: ["left", "left"] }),
  ];
  return page(title, sections, [markStyle, plotStyle, chartStyle]);
}

function classSection({ metrics }: Trial): string {
  const rows = metrics.perClass!.map(c => [
    c.class,
    share(c.precision),
    share(c.recall),
    share(c.f1),
    whole(c.support),
  ]);
  return `<h2>Classes</h2>\n${htmlTable({ head: ["class", "precision", "recall", "F1", "support"], rows })}`;
}

function seedSection(trials: readonly Trial[]): string {
  const known = headline.filter(name => trials[0]!.metrics[name] !== undefined);
  const rows = trials.map(t => [
    String(t.seed),
    ...known.map(name => metric(name, t.metrics[name])),
    seconds(t.seconds),
  ]);
  return `<h2>Seeds</h2>\n<p>${escapeHtml(meanLine(trials))}</p>\n${htmlTable({ head: ["seed", ...known.map(metricName), "time"], rows })}`;
}

function charts(history: readonly EpochLog[]): string[] {
  const curves = (name: keyof EpochLog, label: string): Curve[] =>
    history.some(log => log[name] !== undefined)
      ? [{ name: label, values: history.map(log => log[name] ?? Number.NaN) }]
      : [];
  const pair = (title: string, name: keyof EpochLog, validation: keyof EpochLog, log = false): string => {
    const both = [...curves(name, "training"), ...curves(validation, "validation")];
    const drawn = chart(title, both, { log });
    return drawn && `<h3>${title}</h3>\n${drawn}`;
  };
  return [
    pair("Loss", "loss", "valLoss", true),
    pair("Accuracy", "accuracy", "valAccuracy"),
    pair("RMSE", "rmse", "valRmse", true),
  ];
}
