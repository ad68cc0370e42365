/** Metrics for people: a line, and a table of the classes. */
import type { Dataset } from "../data/index.ts";
import type { Metrics } from "../metrics.ts";
import { metric, metricName, share, table, whole } from "./format.ts";
import { printableName } from "./output.ts";

/** The numbers that a run comes to, the most telling one first. */
export const headline = ["accuracy", "rmse", "mae", "r2", "loss"] as const;

/** "test accuracy 0.9111  loss 0.3245  (360 rows)" */
export function metricsLine(part: string, metrics: Metrics, rows: number): string {
  const known = headline.filter(name => metrics[name] !== undefined);
  const words = known.map(name => `${metricName(name)} ${metric(name, metrics[name])}`);
  return `${part} ${words.join("  ")}  (${whole(rows)} rows)`;
}

/** More classes than this have no use for a table, and truth by decision would take their square of numbers. */
const maxClasses = 1000;

/** Whether precision and recall of each class are asked for. */
export function reportsClasses({ y, classes }: Pick<Dataset, "y" | "classes">): boolean {
  return y instanceof Int32Array && classes <= maxClasses;
}

/** More rows than this say nothing to people; programs get them all. */
const maxRows = 50;

export function classTable(metrics: Metrics, lines: boolean): string {
  const { perClass, macro } = metrics;
  if (!perClass) return `no table of precision and recall: there are more than ${whole(maxClasses)} classes`;
  const row = (name: string, c: { precision: number; recall: number; f1: number }, support: number) => [
    name,
    ...[c.precision, c.recall, c.f1].map(share),
    whole(support),
  ];
  const rows = perClass.slice(0, maxRows).map(c => row(printableName(c.class), c, c.support));
  if (perClass.length > maxRows) rows.push([`… ${perClass.length - maxRows} more`, "", "", "", ""]);
  const all = perClass.reduce((sum, c) => sum + c.support, 0);
  if (macro) rows.push(row("mean of classes", macro, all));
  return table(["class", "precision", "recall", "F1", "support"], rows, { lines });
}
