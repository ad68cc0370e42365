/** How large data may be: the options of every command that reads some. */
import { Option } from "commander";
import { type TableLimits, tableLimits } from "../data/limits.ts";
import { whole } from "./option-values.ts";

const option = (flags: string, description: string) =>
  new Option(flags, description).argParser(whole(1, Number.MAX_SAFE_INTEGER));

export const limitOptions: readonly Option[] = [
  option("--max-bytes <n>", "refuse larger files, before or after decompression; default: 512 MiB, IDX 1 GiB"),
  option("--max-rows <n>", `CSV: refuse more rows; default: ${tableLimits.maxRows}`),
  option("--max-columns <n>", `CSV: refuse more columns; default: ${tableLimits.maxColumns}`),
  option("--max-cells <n>", `CSV: refuse more cells; default: ${tableLimits.maxCells}`),
];

/** Those limits that were given, out of all options. */
export function givenLimits(options: TableLimits): TableLimits {
  const names = Object.keys(tableLimits) as (keyof TableLimits)[];
  return Object.fromEntries(names.filter(name => options[name] !== undefined).map(name => [name, options[name]]));
}

/** The one that IDX files have. */
export function bytesOnly({ maxBytes }: TableLimits): { maxBytes?: number } {
  return maxBytes === undefined ? {} : { maxBytes };
}
