/** CSV text → a rectangle of trimmed cells with column names and, for messages, line numbers. */
import { show, TrainletError } from "../errors.ts";
import { isMissing, toNumber } from "./cells.ts";
import { list, nearest } from "./validate.ts";

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
}

export const delimiters = [",", ";", "\t", "|"];

/**
 * Reads the text. Blank lines are left out; line ends may be LF, CRLF (also mixed) or CR; cells are trimmed.
 * @throws INVALID_FILE for text without a row, rows of unequal length, broken quotes and repeated column names.
 */
export async function parseTable(text: string, options: TableOptions): Promise<Table> {
  const { source } = options;
  // With "\n", the "\r" of CRLF ends up in the last cell, where trimming takes it away: so mixed line ends work.
  const newline = text.includes("\n") ? "\n" : "\r";
  const loaded = await import("papaparse");
  const papa = loaded.default ?? loaded;
  const delimiter = options.delimiter === "auto" ? guessDelimiter(papa, text, newline) : options.delimiter;
  const parsed = papa.parse<string[]>(text, { delimiter, newline });

  const rows: string[][] = [];
  const lines: number[] = [];
  const starts = lineStarts(parsed.data, newline, text.includes('"'));
  const broken = parsed.errors.find(error => error.type === "Quotes");
  if (broken) {
    const what = broken.code === "MissingQuotes" ? "a quote opens and never closes" : "text follows a closing quote";
    throw new TrainletError("INVALID_FILE", `${source}, line ${starts(broken.row ?? 0)}: ${what}`);
  }
  for (const [index, cells] of parsed.data.entries()) {
    for (let c = 0; c < cells.length; c++) cells[c] = cells[c]!.trim();
    if (cells.length === 1 && cells[0] === "") continue;
    rows.push(cells);
    lines.push(starts(index));
    if (cells.length !== rows[0]!.length) {
      const message = `has ${cells.length} cells, but line ${lines[0]} has ${rows[0]!.length}`;
      throw new TrainletError(
        "INVALID_FILE",
        `${source}, line ${starts(index)} ${message} (delimiter ${show(delimiter)})`,
      );
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

/** The position of the column with this name. @throws INVALID_ARGUMENT with the nearest name */
export function columnAt(table: Table, name: string, what: string): number {
  const index = table.names.indexOf(name);
  if (index >= 0) return index;
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

// The start is enough to guess from, and four trial runs over all of a large file would cost more than reading it.
function guessDelimiter(papa: typeof import("papaparse"), text: string, newline: "\n" | "\r"): string {
  const limit = 1 << 16;
  const end = text.length > limit ? text.lastIndexOf(newline, limit) : text.length;
  const start = text.slice(0, end > 0 ? end : limit);
  return papa.parse(start, { newline, preview: 20, skipEmptyLines: "greedy", delimitersToGuess: delimiters }).meta
    .delimiter;
}

/** Row number → line number: they differ once a quoted cell holds a line end. */
function lineStarts(rows: readonly string[][], newline: string, quoted: boolean): (row: number) => number {
  if (!quoted) return row => row + 1;
  const starts = [1];
  for (const cells of rows) {
    let ends = 1;
    for (const cell of cells) for (let at = cell.indexOf(newline); at >= 0; at = cell.indexOf(newline, at + 1)) ends++;
    starts.push(starts.at(-1)! + ends);
  }
  return row => starts[row]!;
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
