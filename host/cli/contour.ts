/** Level lines of a function of two variables, by marching squares. */
import { type Plot, place } from "./plot.ts";

/** Squares along each side: narrow valleys fall apart where they are fewer. */
const cells = 200;

type Place = readonly [x: number, y: number];

/** An SVG path for each of `count` levels at rising shares of the values in view, so that flat and steep parts both show some. */
export function contour(
  f: (x: number, y: number) => number,
  [left, right, low, high]: readonly [number, number, number, number],
  plot: Pick<Plot, "x" | "y">,
  count = 14,
): string[] {
  const x = (i: number) => left + ((right - left) * i) / cells;
  const y = (j: number) => low + ((high - low) * j) / cells;
  const grid = Array.from({ length: cells + 1 }, (_, j) => Array.from({ length: cells + 1 }, (_, i) => f(x(i), y(j))));
  const sorted = grid.flat().sort((a, b) => a - b);
  return Array.from({ length: count }, (_, k) => {
    const level = sorted[Math.floor(((k + 2) / (count + 1.5)) ** 2 * (sorted.length - 1))]!;
    const parts: string[] = [];
    for (let j = 0; j < cells; j++) {
      for (let i = 0; i < cells; i++) {
        const crossings = square(grid, i, j, level).map(
          ([ci, cj]) => `${place(plot.x(x(ci)))} ${place(plot.y(y(cj)))}`,
        );
        for (let n = 0; n + 1 < crossings.length; n += 2) parts.push(`M${crossings[n]}L${crossings[n + 1]}`);
      }
    }
    return parts.join("");
  });
}

/** Where the level crosses the sides of one square: no, two or four places. */
function square(grid: readonly number[][], i: number, j: number, level: number): Place[] {
  const corners = [
    [i, j],
    [i + 1, j],
    [i + 1, j + 1],
    [i, j + 1],
  ] as const;
  return corners.flatMap(([ai, aj], side): Place[] => {
    const [bi, bj] = corners[(side + 1) % 4]!;
    const a = grid[aj]![ai]!;
    const b = grid[bj]![bi]!;
    if (a < level === b < level) return [];
    const t = (level - a) / (b - a);
    return [[ai + t * (bi - ai), aj + t * (bj - aj)]];
  });
}
