/** CSV text → a rectangle of trimmed cells with column names and, for messages, line numbers. */
import { show, TrainletError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { turn } from "../turn.ts";
import { isMissing, toNumber } from "./cells.ts";
import type { TableLimits } from "./limits.ts";
import { splitRows } from "./split-rows.ts";
import { list } from "./validate.ts";

export interface Table {
  /** How messages call the file. */
  readonly source: string;
  /** Without a header: c0, c1, … */
  readonly names: readonly string[];
  readonly header: boolean;
  readonly rows: readonly (readonly string[])[];
  /** lines[i]: the line of the file on which rows[i] starts, counted from 1. */
  readonly lines: readonly number[];
}

export interface TableOptions {
  source: string;
  header: boolean | "auto";
  delimiter: "auto" | string;
  /** Column names that the caller relies on: a first row that holds one of them is a header. */
  expected: readonly string[];
  limits: Required<TableLimits>;
}

export const delimiters = [",", ";", "\t", "|"];

/**
 * Reads the text. Blank lines are left out; line ends may be LF, CRLF and CR, also mixed; cells are trimmed.
 * @throws INVALID_FILE for text without a row, rows of unequal length, broken quotes, repeated column names and more
 * than the limits let in.
 */
export async function parseTable(text: string, options: TableOptions): Promise<Table> {
  const { source } = options;
  const delimiter = options.delimiter === "auto" ? await guessDelimiter(text) : options.delimiter;
  const rows: string[][] = [];
  const lines: number[] = [];
  for (const { cells, line } of splitRows(text, source, delimiter, options.limits)) {
    for (let c = 0; c < cells.length; c++) cells[c] = cells[c]!.trim();
    if (cells.length === 1 && cells[0] === "") continue;
    rows.push(cells);
    lines.push(line);
    if (rows.length % 32_768 === 0) await turn(); // a long file holds up neither a page nor Ctrl-C
    if (cells.length !== rows[0]!.length) {
      const message = `line ${line} has ${cells.length} cells, but line ${lines[0]} has ${rows[0]!.length}`;
      throw new TrainletError("INVALID_FILE", `${source}, ${message} (delimiter ${show(delimiter)})`);
    }
  }
  if (rows.length === 0) throw new TrainletError("INVALID_FILE", `${source} is empty`);
  const header = options.header === "auto" ? looksLikeHeader(rows, options.expected) : options.header;
  const first = rows[0]!;
  const names = first.map((name, c) => (header && name !== "" ? name : `c${c}`));
  if (header) checkHeader(names, source);
  const from = header ? 1 : 0;
  if (rows.length === from) throw new TrainletError("INVALID_FILE", `${source} has a header, but no row after it`);
  return { source, names, header, rows: rows.slice(from), lines: lines.slice(from) };
}

/** Where each name stands. */
export function positionsOf({ names }: Table): ReadonlyMap<string, number> {
  return new Map(names.map((name, at) => [name, at]));
}

/** The position of the column with this name. @throws INVALID_ARGUMENT with the nearest name */
export function columnAt(table: Table, positions: ReadonlyMap<string, number>, name: string, what: string): number {
  const at = positions.get(name);
  if (at !== undefined) return at;
  const message = `${what} ${show(name)} is not a column of ${table.source}: it has ${list(table.names)}`;
  const hint = table.header
    ? `; did you mean ${show(nearest(name, table.names))}?`
    : " (no header was found; header: true takes the first row as one)";
  throw new TrainletError("INVALID_ARGUMENT", message + hint);
}

/** The table with only the rows for which `keep` is true. */
export function filterRows(table: Table, keep: (row: readonly string[]) => boolean): Table {
  const kept = table.rows.map(keep);
  const by = (_: unknown, index: number): boolean => kept[index]!;
  return { ...table, rows: table.rows.filter(by), lines: table.lines.filter(by) };
}

// The start is enough to guess from, and trial runs over all of a large file would cost more than reading it.
async function guessDelimiter(text: string): Promise<string> {
  const loaded = await import("papaparse");
  const papa = loaded.default ?? loaded;
  const limit = 1 << 16;
  const start = text.slice(0, limit).replace(/\r\n?/g, "\n");
  const end = text.length > limit ? start.lastIndexOf("\n") : start.length;
  return papa.parse(start.slice(0, end > 0 ? end : limit), {
    newline: "\n",
    preview: 20,
    skipEmptyLines: "greedy",
    delimitersToGuess: delimiters,
  }).meta.delimiter;
}

/**
 * A first row is a header when it holds a name that the caller relies on; otherwise when none of its cells is a number
 * or a mark for a missing value, and either a column has a number below it, or no cell comes again in its own column.
 */
function looksLikeHeader(rows: readonly string[][], expected: readonly string[]): boolean {
  const first = rows[0]!;
  if (first.some(cell => expected.includes(cell))) return true;
  if (first.some(cell => !Number.isNaN(toNumber(cell)) || (cell !== "" && isMissing(cell)))) return false;
  const below = rows.slice(1);
  if (first.some((_, c) => below.some(cells => !Number.isNaN(toNumber(cells[c]!))))) return true;
  return !first.some((cell, c) => cell !== "" && below.some(cells => cells[c] === cell));
}

function checkHeader(names: readonly string[], source: string): void {
  const seen = new Map<string, number>();
  for (const [c, name] of names.entries()) {
    const before = seen.get(name);
    if (before !== undefined) {
      const message = `${source}: columns ${before + 1} and ${c + 1} are both named ${show(name)}; rename one`;
      throw new TrainletError("INVALID_FILE", message);
    }
    seen.set(name, c);
  }
}
