/** Level lines of a function of two variables, by marching squares. */

/** Lines of one level as an SVG path in the units of x and y; y grows upwards, so it is negated. */
export interface Level {
  value: number;
  path: string;
}

const cells = 100;

/** Levels at rising shares of the values in view, so that flat and steep parts both show some. */
export function contour(
  f: (x: number, y: number) => number,
  [left, right, low, high]: readonly [number, number, number, number],
  count = 14,
): Level[] {
  const x = (i: number) => left + ((right - left) * i) / cells;
  const y = (j: number) => low + ((high - low) * j) / cells;
  const grid = Array.from({ length: cells + 1 }, (_, j) => Array.from({ length: cells + 1 }, (_, i) => f(x(i), y(j))));
  const sorted = grid.flat().sort((a, b) => a - b);
  return Array.from({ length: count }, (_, k) => {
    const value = sorted[Math.floor(((k + 0.5) / count) ** 2 * (sorted.length - 1))]!;
    const parts: string[] = [];
    for (let j = 0; j < cells; j++) {
      for (let i = 0; i < cells; i++) parts.push(...square(grid, i, j, value, x, y));
    }
    return { value, path: parts.join("") };
  });
}

/** The lines through one square: between the sides on which the level is crossed. */
function square(
  grid: readonly number[][],
  i: number,
  j: number,
  level: number,
  x: (i: number) => number,
  y: (j: number) => number,
): string[] {
  const corners = [
    [i, j],
    [i + 1, j],
    [i + 1, j + 1],
    [i, j + 1],
  ] as const;
  const crossings: string[] = [];
  corners.forEach(([ai, aj], side) => {
    const [bi, bj] = corners[(side + 1) % 4]!;
    const a = grid[aj]![ai]!;
    const b = grid[bj]![bi]!;
    if (a < level === b < level) return;
    const t = (level - a) / (b - a);
    crossings.push(`${round(x(ai + t * (bi - ai)))},${round(-y(aj + t * (bj - aj)))}`);
  });
  const lines: string[] = [];
  for (let k = 0; k + 1 < crossings.length; k += 2) lines.push(`M${crossings[k]}L${crossings[k + 1]}`);
  return lines;
}

export function round(value: number): number {
  return Number(value.toFixed(4));
}
