/** Numbers and tables as people read them. */
import Table from "cli-table3";

/** Four significant digits: 0.02131, 12.35, 3.100e-7. */
export function decimal(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "n/a";
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential(3);
  return Math.abs(value) >= 1000 ? value.toFixed(1) : value.toPrecision(4);
}
/** A share: 0.9375. */
export function share(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "n/a" : value.toFixed(4);
}
/** 12,345 */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
/** "1 row", "2 rows" */
export function count(value: number, noun: string): string {
  const plural = noun.endsWith("s") ? `${noun}es` : `${noun}s`;
  return `${whole(value)} ${value === 1 ? noun : plural}`;
}
export function seconds(value: number): string {
  if (value < 1) return `${Math.ceil(value * 1000)} ms`;
  if (value < 60) return `${value.toFixed(1)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** How a metric is shown, by its name in `Metrics`. */
export function metric(name: string, value: number | undefined): string {
  return /accuracy|r2|precision|recall|f1/i.test(name) ? share(value) : decimal(value);
}
/** "valLoss" → "val loss" */
export function metricName(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
}

const plainChars = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"])
    .map(name => [name, name === "middle" ? "  " : ""]),
);

/** The first column to the left, the rest, numbers, to the right unless `aligns` says otherwise; drawn lines only for terminals. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  options: { lines: boolean; aligns?: readonly ("left" | "right")[] },
): string {
  const made = new Table({
    head: [...head],
    colAligns: head.map((_, i) => options.aligns?.[i] ?? (i === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true, ...(options.lines ? {} : { "padding-left": 0, "padding-right": 0 }) },
    ...(options.lines ? {} : { chars: plainChars }),
  });
  made.push(...rows.map(row => [...row]));
  return made
    .toString()
    .split("\n")
    .map(line => line.trimEnd())
    .join("\n");
}
