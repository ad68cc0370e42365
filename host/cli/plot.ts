/** The frame of a picture: grid lines, ticks and names of two axes, in which x and y become places in an SVG. */
import type { Axis } from "./axis.ts";
import { escapeHtml } from "./html-page.ts";

export const plotStyle = `
figure { margin: 0.5rem 0 2rem; }
.plot { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.plot text { fill: currentColor; }
.plot .grid { stroke: var(--line); }
`;

export interface Margins {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

export interface Plot {
  width: number;
  height: number;
  x(value: number): number;
  y(value: number): number;
  /** The whole picture, with `parts` drawn over the grid. */
  svg(label: string, parts: readonly string[]): string;
}

export const margins: Margins = { top: 26, right: 16, bottom: 40, left: 56 };

/** The parts of `size` that are not margin are the picture's; `lines` says whether the ticks of y go on across it. */
export function plot(
  { width, height }: { width: number; height: number },
  xAxis: Axis,
  yAxis: Axis,
  { top, right, bottom, left }: Margins = margins,
  lines = true,
): Plot {
  const x = (value: number) => left + xAxis.at(value) * (width - left - right);
  const y = (value: number) => top + (1 - yAxis.at(value)) * (height - top - bottom);
  const base = height - bottom;
  const grid = [
    ...yAxis.ticks.flatMap(({ value, label }) => [
      `<line class="grid" x1="${left - 5}" x2="${lines ? width - right : left}" y1="${place(y(value))}" y2="${place(y(value))}"/>`,
      `<text x="${left - 8}" y="${place(y(value))}" dy="0.35em" text-anchor="end">${label}</text>`,
    ]),
    ...xAxis.ticks.flatMap(({ value, label }) => [
      `<line class="grid" x1="${place(x(value))}" x2="${place(x(value))}" y1="${base}" y2="${base + 5}"/>`,
      `<text x="${place(x(value))}" y="${base + 18}" text-anchor="middle">${label}</text>`,
    ]),
    // Above its axis rather than turned beside it, where it is read more easily.
    `<text x="4" y="12">${escapeHtml(yAxis.name)}</text>`,
    `<text x="${(left + width - right) / 2}" y="${height - 5}" text-anchor="middle">${escapeHtml(xAxis.name)}</text>`,
  ];
  const svg = (label: string, parts: readonly string[]) =>
    `<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">\n${[...grid, ...parts].join("\n")}\n</svg>`;
  return { width, height, x, y, svg };
}

/** A tenth of a pixel is as fine as anybody sees. */
export function place(value: number): string {
  return String(Number(value.toFixed(1)));
}
