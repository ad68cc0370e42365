/** A table and a schema → numbers. Training and prediction both go through here, so they cannot disagree. */
import { show, TrainletError } from "../errors.ts";
import { isMissing, labelIndex, toNumber } from "./cells.ts";
import { type CategoryColumn, type Schema, width } from "./schema.ts";
import type { Table } from "./table.ts";
import { allocate, list } from "./validate.ts";

/** Where the table has each column of the schema. */
export interface Positions {
  readonly columns: readonly number[];
  /** Empty: the labels are not wanted. */
  readonly targets: readonly number[];
}

export interface Encoded {
  /** rows × features */
  x: Float32Array;
  /** Class indices (rows), or targets (rows × targets); empty without target positions. */
  y: Int32Array | Float32Array;
  features: number;
  targets: number;
}

/**
 * @throws NON_FINITE_DATA for a missing cell that the schema cannot fill and for infinities, UNKNOWN_LABEL for a
 * category or class that the schema does not list, INVALID_FILE for text in a column of numbers; each with its line.
 */
export function encode(table: Table, schema: Schema, positions: Positions): Encoded {
  const rows = table.rows.length;
  const features = width(schema);
  const x = allocate(rows, features, `${table.source}: x`);
  const numbers: Slot[] = [];
  const categories: (() => void)[] = [];
  let first = 0;
  for (const [i, column] of schema.columns.entries()) {
    const at = positions.columns[i]!;
    const to = first;
    if (column.kind === "number") numbers.push({ at, to, fill: column.fill });
    else categories.push(() => categoriesInto(x, to, features, table, at, column));
    first += column.kind === "number" ? 1 : column.categories.length;
  }
  numbersInto(x, features, table, numbers, false);
  for (const encodeColumn of categories) encodeColumn();
  const targets = positions.targets.length;
  if (schema.target?.kind !== "class") {
    const y = allocate(rows, targets, `${table.source}: y`);
    const slots = positions.targets.map((at, to) => ({ at, to, fill: undefined }));
    numbersInto(y, targets, table, slots, true);
    return { x, y, features, targets };
  }
  if (targets === 0) return { x, y: new Int32Array(0), features, targets };
  return { x, y: classIndices(table, positions.targets[0]!, schema.target.classes), features, targets };
}

/** A column of numbers: where it stands in the table, where in the output, and what stands for a missing cell. */
interface Slot {
  at: number;
  to: number;
  fill: number | undefined;
}

// Row by row, since a table of thousands of columns read column by column would miss the cache at every cell.
function numbersInto(out: Float32Array, stride: number, table: Table, slots: readonly Slot[], isTarget: boolean): void {
  for (const [row, cells] of table.rows.entries()) {
    for (const { at, to, fill } of slots) {
      const cell = cells[at]!;
      const o = row * stride + to;
      if (isMissing(cell)) {
        if (fill === undefined) throw missingCell(table, row, at, isTarget);
        out[o] = fill;
        continue;
      }
      out[o] = toNumber(cell);
      if (!Number.isFinite(out[o])) throw notFinite(table, row, at);
    }
  }
}

function notFinite(table: Table, row: number, at: number): TrainletError {
  const cell = table.rows[row]![at]!;
  const value = toNumber(cell);
  const where = place(table, row, at);
  if (Number.isNaN(value)) return new TrainletError("INVALID_FILE", `${where}: ${show(cell)} is not a number`);
  const why = Number.isFinite(value) ? "is too large for 32 bits" : "is infinite";
  const message = `${where}: ${cell.slice(0, 60)} ${why}; correct it or leave the row out`;
  return new TrainletError("NON_FINITE_DATA", message);
}

function categoriesInto(
  out: Float32Array,
  first: number,
  stride: number,
  table: Table,
  at: number,
  column: CategoryColumn,
): void {
  const indexOf = labelIndex(column.categories);
  for (let row = 0, o = first; row < table.rows.length; row++, o += stride) {
    let cell = table.rows[row]![at]!;
    if (isMissing(cell)) {
      if (column.fill === undefined) throw missingCell(table, row, at, false);
      cell = column.fill;
    }
    const index = indexOf(cell);
    if (index === undefined) throw unknown(table, row, at, "category", column.categories);
    out[o + index] = 1;
  }
}

function classIndices(table: Table, at: number, classes: readonly string[]): Int32Array {
  const indexOf = labelIndex(classes);
  const y = new Int32Array(table.rows.length);
  for (let row = 0; row < y.length; row++) {
    const cell = table.rows[row]![at]!;
    if (isMissing(cell)) throw missingCell(table, row, at, true);
    const index = indexOf(cell);
    if (index === undefined) throw unknown(table, row, at, "class", classes);
    y[row] = index;
  }
  return y;
}

function place(table: Table, row: number, at: number): string {
  return `${table.source}, line ${table.lines[row]}, column ${show(table.names[at])}`;
}

// A made-up label would teach something false, so a missing target is never filled.
function missingCell(table: Table, row: number, at: number, isTarget: boolean): TrainletError {
  const fills = '"mean", "median", "mostFrequent" or a number';
  const remedy = isTarget ? 'missing: "drop" leaves such rows out' : `set missing to "drop", ${fills}`;
  const what = isTarget ? "the target is missing" : "the value is missing";
  const got = show(table.rows[row]![at]);
  return new TrainletError("NON_FINITE_DATA", `${place(table, row, at)}: ${what} (${got}); ${remedy}`);
}

function unknown(table: Table, row: number, at: number, what: string, known: readonly string[]): TrainletError {
  const got = show(table.rows[row]![at]);
  const message = `${place(table, row, at)}: unknown ${what} ${got}; known: ${list(known)}`;
  return new TrainletError("UNKNOWN_LABEL", message);
}
