// Precision, recall and F1 of each class; fetched when somebody asks for a report.
import type { ClassReport, Metrics } from "./metrics.ts";

/** What follows from truth by decision, `confusion[truth][decision]`. */
export function reportOf(
  confusion: readonly number[][],
  names: readonly string[] | undefined,
): Pick<Metrics, "perClass" | "macro"> {
  const perClass = confusion.map((_, i) => classReport(confusion, i, names?.[i] ?? String(i)));
  const mean = (key: "precision" | "recall" | "f1") => sum(perClass.map(c => c[key])) / perClass.length;
  return { perClass, macro: { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") } };
}

function classReport(confusion: readonly number[][], i: number, name: string): ClassReport {
  const right = confusion[i]![i]!;
  const support = sum(confusion[i]!);
  const decided = sum(confusion.map(row => row[i]!));
  const precision = decided ? right / decided : 0;
  const recall = support ? right / support : 0;
  const f1 = right ? (2 * precision * recall) / (precision + recall) : 0;
  return { class: name, precision, recall, f1, support };
}

function sum(list: readonly number[]): number {
  return list.reduce((a, b) => a + b, 0);
}
