/** A report of a training as one HTML file: no script, nothing loaded from anywhere. All text is escaped. */
import type { EpochLog } from "../history.ts";
import { chart, escapeHtml, type Series } from "./chart.ts";
import { metric, metricName, seconds, share, whole } from "./format.ts";
import { headline } from "./metrics-text.ts";
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

const style = `
:root { color-scheme: light dark; --a: #2563eb; --b: #ea580c; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { padding: 0.2rem 0.8rem; border-bottom: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, table.settings td { text-align: left; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: currentColor; }
svg .grid { stroke: var(--line); }
svg polyline, svg line { fill: none; stroke-width: 2; }
svg .grid { stroke-width: 1; }
svg .series-0 { stroke: var(--a); }
svg .series-1 { stroke: var(--b); }
svg circle.series-0 { fill: var(--a); }
svg circle.series-1 { fill: var(--b); }
`;

export function htmlReport({ title, settings, trials, model }: ReportContent): string {
  const first = trials[0]!;
  const { part, rows } = partOf(first);
  const known = headline.filter(name => first.metrics[name] !== undefined);
  const sections = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>${escapeHtml(rowsLine(first))}. ${escapeHtml(speedLine(first))}. Model: <code>${escapeHtml(model)}</code></p>`,
    `<h2>Results</h2>\n<p>On the ${part} part (${whole(rows)} rows)${trials.length > 1 ? `, seed ${first.seed}` : ""}.</p>`,
    htmlTable(
      ["metric", "value"],
      known.map(name => [metricName(name), metric(name, first.metrics[name])]),
    ),
    ...(trials.length > 1 ? [seedSection(trials)] : []),
    ...(first.metrics.perClass ? [classSection(first)] : []),
    "<h2>Training</h2>",
    ...charts(first.history),
    `<h2>Settings</h2>\n${htmlTable(["setting", "value"], settings, "settings")}`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${sections.filter(section => section !== "").join("\n")}
</body>
</html>
`;
}

function classSection({ metrics }: Trial): string {
  const rows = metrics.perClass!.map(c => [
    c.class,
    share(c.precision),
    share(c.recall),
    share(c.f1),
    whole(c.support),
  ]);
  return `<h2>Classes</h2>\n${htmlTable(["class", "precision", "recall", "F1", "support"], rows)}`;
}

function seedSection(trials: readonly Trial[]): string {
  const known = headline.filter(name => trials[0]!.metrics[name] !== undefined);
  const rows = trials.map(t => [
    String(t.seed),
    ...known.map(name => metric(name, t.metrics[name])),
    seconds(t.seconds),
  ]);
  return `<h2>Seeds</h2>\n<p>${escapeHtml(meanLine(trials))}</p>\n${htmlTable(["seed", ...known.map(metricName), "time"], rows)}`;
}

function charts(history: readonly EpochLog[]): string[] {
  const series = (name: keyof EpochLog, label: string): Series[] =>
    history.some(log => log[name] !== undefined)
      ? [{ name: label, values: history.map(log => log[name] ?? Number.NaN) }]
      : [];
  const pair = (title: string, name: keyof EpochLog, validation: keyof EpochLog): string => {
    const drawn = chart(title, [...series(name, "training"), ...series(validation, "validation")]);
    return drawn && `<h3>${title}</h3>\n${drawn}`;
  };
  return [
    pair("Loss", "loss", "valLoss"),
    pair("Accuracy", "accuracy", "valAccuracy"),
    pair("RMSE", "rmse", "valRmse"),
  ];
}

function htmlTable(head: readonly string[], rows: readonly (readonly string[])[], name = ""): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map(cell => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map(row => line(row, "td")).join("\n");
  return `<table${name && ` class="${name}"`}>\n<thead>${line(head, "th")}</thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}
