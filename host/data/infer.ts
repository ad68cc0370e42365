/** A table of training data → the schema by which it, and every later file, becomes numbers. */
import { show, TrainletError } from "../errors.ts";
import { isMissing, sortedLabels, toNumber } from "./cells.ts";
import { type Column, type Missing, maxCategories, type Schema, type Target } from "./schema.ts";
import type { Table } from "./table.ts";

export type Task = "classification" | "regression" | "auto";

export interface InferOptions {
  /** Positions of the feature columns. */
  features: readonly number[];
  /** Positions of the target columns; none: no target. */
  targets: readonly number[];
  /** Whether the targets came as a list, which asks for regression. */
  targetList: boolean;
  task: Task;
  missing: Missing;
}

/** @throws INVALID_FILE for a column without a value, with too many categories, or with a few cells that are no numbers */
export function inferSchema(table: Table, options: InferOptions): Schema {
  const kinds = kindsOf(table, options.features);
  return {
    version: 1,
    header: table.header,
    missing: options.missing,
    columns: options.features.map((at, i) => inferColumn(table, at, kinds[i]!, options.missing)),
    target: inferTarget(table, options),
  };
}

function inferColumn(table: Table, at: number, kind: Kind, missing: Missing): Column {
  const name = table.names[at]!;
  const where = `${table.source}: column ${show(name)}`;
  const remedy = `leave it out with exclude: [${show(name)}]`;
  if (kind === "empty") throw new TrainletError("INVALID_FILE", `${where} has no value in any row; ${remedy}`);
  if (kind === "number") {
    const noStatistic = typeof missing === "number" || missing === "error" || missing === "drop";
    return { name, kind, ...numberFill(noStatistic ? [] : numbersOf(table, at), missing) };
  }
  const counts = countsOf(table, at);
  checkTypo(table, at);
  checkDecimalComma(where, counts);
  if (counts.size > maxCategories) {
    const message = `${where} is text with ${counts.size} different values, more than ${maxCategories}; ${remedy}`;
    throw new TrainletError("INVALID_FILE", message);
  }
  const categories = sortedLabels(counts.keys());
  if (missing === "error" || missing === "drop") return { name, kind: "category", categories };
  return { name, kind: "category", categories, fill: mostFrequent(categories, counts) };
}

function inferTarget(table: Table, options: InferOptions): Target | null {
  const { targets, targetList, task } = options;
  if (targets.length === 0) return null;
  const names = targets.map(at => table.names[at]!);
  if (task === "regression" || (task === "auto" && targetList)) return { kind: "number", names };
  if (targets.length > 1) {
    throw new TrainletError("INVALID_ARGUMENT", `csv: classification has one target, got ${targets.length}`);
  }
  const at = targets[0]!;
  const where = `${table.source}: the target ${show(names[0])}`;
  const kind = kindsOf(table, targets)[0]!;
  if (kind === "empty") throw new TrainletError("INVALID_FILE", `${where} has no value in any row`);
  if (task === "auto" && kind === "number" && !fewWholeNumbers(numbersOf(table, at))) return { kind, names };
  const counts = countsOf(table, at);
  if (task === "auto" && kind === "text") {
    checkTypo(table, at);
    checkDecimalComma(where, counts);
  }
  return { kind: "class", name: names[0]!, classes: sortedLabels(counts.keys()) };
}

/** At most 20 different whole numbers, each on two rows or more on average: codes of classes rather than quantities. */
function fewWholeNumbers(numbers: readonly number[]): boolean {
  const distinct = distinctUpTo(21, numbers);
  return distinct <= 20 && numbers.length >= 2 * distinct && numbers.every(Number.isInteger);
}

/** How many different numbers there are, counted no further than `most`. */
function distinctUpTo(most: number, numbers: readonly number[]): number {
  const seen = new Set<number>();
  for (const value of numbers) if (seen.add(value).size === most) break;
  return seen.size;
}

/** Text: some cell that is not missing is no number either. */
type Kind = "empty" | "number" | "text";

// Row by row, since a table of thousands of columns read column by column would miss the cache at every cell.
function kindsOf(table: Table, columns: readonly number[]): Kind[] {
  const kinds: Kind[] = columns.map(() => "empty");
  for (const row of table.rows) {
    for (const [i, at] of columns.entries()) {
      const cell = row[at]!;
      if (kinds[i] !== "text" && !isMissing(cell)) kinds[i] = Number.isNaN(toNumber(cell)) ? "text" : "number";
    }
  }
  return kinds;
}

/** The column's numbers. Missing cells and text are left out. */
function numbersOf(table: Table, at: number): number[] {
  const numbers: number[] = [];
  for (const row of table.rows) {
    const value = isMissing(row[at]!) ? Number.NaN : toNumber(row[at]!);
    if (!Number.isNaN(value)) numbers.push(value);
  }
  return numbers;
}

/** How often each text comes in the column. Missing cells are left out. */
function countsOf(table: Table, at: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of table.rows) {
    const cell = row[at]!;
    if (!isMissing(cell)) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  return counts;
}

/**
 * A measured quantity with a slip ("12..4") would silently become hundreds of categories. So where more than 20
 * different numbers stand in a column and at most one cell in 20 is something else, that cell is taken for an error.
 */
function checkTypo(table: Table, at: number): void {
  const isOther = (row: readonly string[]): boolean => !isMissing(row[at]!) && Number.isNaN(toNumber(row[at]!));
  const others = table.rows.filter(isOther).length;
  const numbers = numbersOf(table, at);
  if (others * 20 > numbers.length + others || distinctUpTo(21, numbers) <= 20) return;
  const row = table.rows.findIndex(isOther);
  const where = `${table.source}, line ${table.lines[row]}, column ${show(table.names[at])}`;
  const message = `${where}: ${show(table.rows[row]![at])} is not a number, while ${numbers.length} other rows have one`;
  throw new TrainletError("INVALID_FILE", `${message}; correct it, empty it (see missing) or exclude the column`);
}

// "1,5" in every cell is a quantity written with a decimal comma, and it is not for this code to guess which way.
function checkDecimalComma(where: string, counts: ReadonlyMap<string, number>): void {
  for (const cell of counts.keys()) if (!/^[+-]?\d*,\d+$/.test(cell) && Number.isNaN(toNumber(cell))) return;
  const example = [...counts.keys()].find(cell => cell.includes(","));
  throw new TrainletError("INVALID_FILE", `${where} holds numbers with a comma, like ${show(example)}; write a point`);
}

function numberFill(values: number[], missing: Missing): { fill?: number } {
  if (typeof missing === "number") return { fill: missing };
  switch (missing) {
    case "error":
    case "drop":
      return {};
    case "mean":
      return { fill: values.reduce((sum, value) => sum + value, 0) / values.length };
    case "median": {
      const sorted = Float64Array.from(values).sort();
      const middle = sorted.length >> 1;
      return { fill: sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2 };
    }
    case "mostFrequent": {
      const counts = new Map<number, number>();
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
      const sorted = [...counts.keys()].sort((a, b) => a - b);
      return { fill: mostFrequent(sorted, counts) };
    }
  }
}

/** Of several equally frequent values, the first of `sorted`. */
function mostFrequent<T extends string | number>(sorted: readonly T[], counts: ReadonlyMap<T, number>): T {
  let best = sorted[0]!;
  for (const value of sorted) if ((counts.get(value) ?? 0) > (counts.get(best) ?? 0)) best = value;
  return best;
}
