/**
 * CSV text → rows of cells as they stand there, untrimmed (RFC 4180). Outside of quotes a line ends with LF, CRLF or CR,
 * whichever comes, also mixed. Every search goes on where the last of its kind ended, so the time is linear in the text.
 */
import { TrainletError } from "../errors.ts";
import { beyond, type TableLimits } from "./limits.ts";

export interface Row {
  cells: string[];
  /** The line on which it starts, counted from 1. */
  line: number;
}

/** @throws INVALID_FILE for a quote that never closes, text after one that does, and more than the limits let in */
export function* splitRows(
  text: string,
  source: string,
  delimiter: string,
  limits: Required<TableLimits>,
): Generator<Row> {
  const { maxRows, maxColumns, maxCells } = limits;
  const lf = finder(text, "\n");
  const cr = finder(text, "\r");
  const quote = finder(text, '"');
  const next = finder(text, delimiter);
  const lineEnd = (from: number): number => Math.min(lf(from), cr(from), text.length);

  /** The cells from `at` on, some of which are quoted; moves `at` to the end of the row and `line` to where that is. */
  const quotedCells = (): string[] => {
    const cells: string[] = [];
    const started = line;
    const broken = (what: string) => new TrainletError("INVALID_FILE", `${source}, line ${started}: ${what}`);
    for (;;) {
      if (text[at] === '"') {
        let close = quote(at + 1);
        while (text[close + 1] === '"') close = quote(close + 2);
        if (close === Number.POSITIVE_INFINITY) throw broken("a quote opens and never closes");
        const cell = text.slice(at + 1, close);
        if (lineEnd(at) < close) line += cell.match(/\r\n?|\n/g)!.length;
        cells.push(cell.replaceAll('""', '"'));
        at = close + 1;
        const end = Math.min(next(at), lineEnd(at));
        if (!isBlank(text, at, end)) throw broken("text follows a closing quote");
        at = end;
      } else {
        const end = Math.min(next(at), lineEnd(at));
        cells.push(text.slice(at, end));
        at = end;
      }
      if (text[at] !== delimiter) return cells.slice(); // without the room to grow that a list has
      if (cells.length >= maxColumns) throw beyond(source, maxColumns, "columns", "maxColumns");
      at++;
    }
  };

  if (quote(0) === Number.POSITIVE_INFINITY) checkCounts(text, source, delimiter, limits);
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  let total = 0;
  for (let rows = 1; at < text.length; rows++) {
    if (rows > maxRows) throw beyond(source, maxRows, "rows", "maxRows");
    const started = line;
    const end = lineEnd(at);
    let cells: string[];
    if (quote(at) < end) cells = quotedCells();
    else {
      if (end - at >= maxColumns) checkColumns(text, at, end, delimiter, source, maxColumns);
      cells = text.slice(at, end).split(delimiter);
      at = end;
    }
    total += cells.length;
    if (total > maxCells) throw beyond(source, maxCells, "cells", "maxCells");
    yield { cells, line: started };
    at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
    line++;
  }
}

/** Gives where `mark` comes next, from a position that never goes back; Infinity after the last. */
function finder(text: string, mark: string): (from: number) => number {
  let found = -1;
  return from => {
    if (found < from) {
      found = text.indexOf(mark, from);
      if (found < 0) found = Number.POSITIVE_INFINITY;
    }
    return found;
  };
}

function isBlank(text: string, from: number, to: number): boolean {
  return from === to || text.slice(from, to).trim() === "";
}

/** Counts before anything is made of the text, where no quote hides what ends a row or a cell. */
function checkCounts(text: string, source: string, delimiter: string, limits: Required<TableLimits>): void {
  const { maxRows, maxCells } = limits;
  let rows = text.length > maxRows ? count(text, "\n", maxRows) : 0;
  if (rows === 0 && text.length > maxRows) rows = count(text, "\r", maxRows);
  if (rows > maxRows) throw beyond(source, maxRows, "rows", "maxRows");
  if (text.length > maxCells && rows + count(text, delimiter, maxCells) > maxCells) {
    throw beyond(source, maxCells, "cells", "maxCells");
  }
}

/** How often `mark` comes, counted no further than one beyond `most`. */
function count(text: string, mark: string, most: number): number {
  let found = 0;
  for (let at = text.indexOf(mark); at >= 0 && found <= most; at = text.indexOf(mark, at + 1)) found++;
  return found;
}

/** Looks before a line of millions of cells is split. */
function checkColumns(text: string, from: number, to: number, delimiter: string, source: string, max: number): void {
  const columns = 1 + count(text.slice(from, to), delimiter, max);
  if (columns > max) throw beyond(source, max, "columns", "maxColumns");
}
