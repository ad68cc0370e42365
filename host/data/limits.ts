/** How much a table may hold, since a file of kilobytes can unpack to more than a process holds. */
import { TrainletError } from "../errors.ts";
import { checkWhole } from "./validate.ts";

export interface TableLimits {
  /** Refuse a source of more bytes than this, before or after decompression. Default 512 MiB, about the longest string. */
  maxBytes?: number;
  /** Refuse more rows than this, blank lines included. Default 10 million. */
  maxRows?: number;
  /** Refuse more columns than this. Default 100,000. */
  maxColumns?: number;
  /** Refuse more cells than this. Default 50 million. */
  maxCells?: number;
}

export const tableLimits: Readonly<Required<TableLimits>> = {
  maxBytes: 2 ** 29,
  maxRows: 1e7,
  maxColumns: 1e5,
  maxCells: 5e7,
};

/** The limits that are given, checked, and the defaults of the rest. `where` is the function that has the options. */
export function limitsOf(given: TableLimits, where: string): Required<TableLimits> {
  const limits = { ...tableLimits };
  for (const name of Object.keys(limits) as (keyof TableLimits)[]) {
    if (given[name] !== undefined) limits[name] = checkWhole(given[name], `${where}: ${name}`, 1);
  }
  return limits;
}

/** What to do about a source beyond a limit: the option, and the command line's flag for it. */
export function raise(name: keyof TableLimits): string {
  return `raise ${name} (--${name.replace(/[A-Z]/, letter => `-${letter.toLowerCase()}`)}) if the source is to be trusted`;
}

/** The error for a source that holds more than a limit lets in. */
export function beyond(source: string, limit: number, what: string, name: keyof TableLimits): TrainletError {
  return new TrainletError("INVALID_FILE", `${source} has more than ${limit} ${what}; ${raise(name)}`);
}

/** Runs what may ask for more than the engine has: its RangeErrors (strings, arrays, maps too long) become OUT_OF_MEMORY. */
export async function withinMemory<T>(source: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TrainletError("OUT_OF_MEMORY", `${source} is too large for memory: ${cause.message}`, { cause });
  }
}
