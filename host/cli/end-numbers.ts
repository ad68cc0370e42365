/** The numbers at the ends of curves, by which they are found in the key without looking at colours. */
import { margins, type Plot, place } from "./plot.ts";

export const numberGap = 13;
/** What they need of the margin to the right. */
export const numberMargin = 40;

/** Where a curve ends, and whether that is the edge of the picture. */
export interface End {
  x: number;
  y: number;
  atEdge: boolean;
}

/** Those at the edge are moved apart, and a line leads from each to its curve; the others stand where the curve ends. */
export function endNumbers(ends: readonly (End | undefined)[], plot: Plot): string[] {
  const atEdge = ends.filter(end => end?.atEdge).sort((a, b) => a!.y - b!.y);
  const places = apart(
    atEdge.map(end => end!.y),
    plot.height - margins.bottom,
  );
  return ends.map((end, i) => {
    if (!end) return "";
    const number = (x: number, y: number) =>
      `<text class="number" x="${place(x)}" y="${place(y)}" dy="0.35em">${i + 1}</text>`;
    if (!end.atEdge) return number(end.x + 8, end.y);
    const y = places[atEdge.indexOf(end)]!;
    const lead = `<path class="thin" d="M${place(end.x + 2)} ${place(end.y)}L${place(end.x + 14)} ${place(y)}"/>`;
    return lead + number(end.x + 17, y);
  });
}

/** Sorted heights, changed as little as it takes to lie a gap apart: downwards, then up again from the bottom. */
function apart(sorted: readonly number[], bottom: number): number[] {
  const moved: number[] = [];
  for (const y of sorted) moved.push(Math.max(y, (moved.at(-1) ?? Number.NEGATIVE_INFINITY) + numberGap));
  for (let i = moved.length - 1, limit = bottom; i >= 0 && moved[i]! > limit; i--, limit -= numberGap) moved[i] = limit;
  return moved;
}
