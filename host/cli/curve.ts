/** Lines, bands and marks of values over epochs. */
import { type Plot, place } from "./plot.ts";

/** A line through the finite values, cut where there is a gap; a point where a value stands alone. `rest` is for its tag. */
export function line(values: readonly number[], { x, y }: Plot, rest = ""): string[] {
  return runs(values).map(({ start, length }) => {
    const points = values.slice(start, start + length).map((value, i): Place => [x(start + 1 + i), y(value)]);
    if (points.length > 1) return `<polyline class="curve"${rest} points="${text(thin(points))}"/>`;
    const [[cx, cy]] = points as [Place];
    return `<circle class="dot" cx="${place(cx)}" cy="${place(cy)}" r="3"/>`;
  });
}

/** From the least to the greatest value of each epoch. */
export function band(low: readonly number[], high: readonly number[], { x, y }: Plot): string {
  const edge = (values: readonly number[]) => thin(values.map((value, i): Place => [x(i + 1), y(value)]));
  return `<polygon class="band" points="${text([...edge(high), ...edge(low).reverse()])}"/>`;
}

/** Where a run broke off because its numbers were no longer finite. */
export function cross(x: number, y: number): string {
  return `<path class="cross" d="M${place(x - 4)} ${place(y - 4)}l8 8m0 -8l-8 8"/>`;
}

type Place = readonly [x: number, y: number];

function text(points: readonly Place[]): string {
  return points.map(([x, y]) => `${place(x)},${place(y)}`).join(" ");
}

function runs(values: readonly number[]): { start: number; length: number }[] {
  const found: { start: number; length: number }[] = [];
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    if (i > 0 && Number.isFinite(values[i - 1])) found.at(-1)!.length++;
    else found.push({ start: i, length: 1 });
  });
  return found;
}

/** Of the points in each half pixel across: the first, the lowest, the highest, the last. Noise looks the same, the file stays small. */
function thin(points: readonly Place[]): Place[] {
  const columns: Place[][] = [];
  for (const point of points) {
    const last = columns.at(-1);
    if (last && Math.floor(2 * last[0]![0]) === Math.floor(2 * point[0])) last.push(point);
    else columns.push([point]);
  }
  return columns.flatMap(column => {
    if (column.length <= 4) return column;
    const heights = column.map(([, y]) => y);
    const kept = [0, heights.indexOf(Math.min(...heights)), heights.indexOf(Math.max(...heights)), column.length - 1];
    return [...new Set(kept)].sort((a, b) => a - b).map(i => column[i]!);
  });
}
