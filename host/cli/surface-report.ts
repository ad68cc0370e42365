/** The report of paths over a test surface: level lines, the paths on them, and the table. */
import type { Point, Surface } from "../surfaces.ts";
import { exactAxis } from "./axis.ts";
import type { Descent } from "./compare-surface.ts";
import { contour } from "./contour.ts";
import { escapeHtml, htmlTable, page } from "./html-page.ts";
import { colourClass, dash, markStyle, sample } from "./marks.ts";
import { margins, type Plot, place, plot, plotStyle } from "./plot.ts";

const style = `
.level { fill: none; stroke: var(--line); }
.start, .minimum { fill: none; stroke: currentColor; stroke-width: 2; }
`;

export function surfaceReport(
  title: string,
  surface: Surface,
  descents: readonly Descent[],
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const legend = "Level lines, the start (ring), the minima (plus signs), the paths, and where each ends (dot).";
  const sections = [
    `<p>f(x, y) = ${escapeHtml(surface.formula)}. ${legend}</p>`,
    picture(surface, descents),
    htmlTable({
      head,
      rows,
      aligns: head.map((_, i) => (i === 0 || i === head.length - 1 ? "left" : "right")),
      keys: descents.map((_, i) => sample(i)),
    }),
  ];
  return page(title, sections, [markStyle, plotStyle, style]);
}

/** As large as a screen shows at once, a unit of x as long as a unit of y: only then do gradients cross level lines at right angles. */
const largest = { width: 800, height: 560 };

function picture(surface: Surface, descents: readonly Descent[]): string {
  const [left, right, low, high] = surface.view;
  const unit = Math.min(largest.width / (right - left), largest.height / (high - low));
  const width = Math.round(unit * (right - left));
  const height = Math.round(unit * (high - low));
  const axes = [exactAxis("x", [left, right]), exactAxis("y", [low, high])] as const;
  const size = { width: width + margins.left + margins.right, height: height + margins.top + margins.bottom };
  const drawn = plot(size, ...axes, margins, false);
  const levels = contour(surface.value, surface.view, drawn).map(path => `<path class="level" d="${path}"/>`);
  const dot = (kind: string, [x, y]: Point, r: number) =>
    `<circle class="${kind}" cx="${place(drawn.x(x))}" cy="${place(drawn.y(y))}" r="${r}"/>`;
  const plus = ([x, y]: Point) =>
    `<path class="minimum" d="M${place(drawn.x(x) - 7)} ${place(drawn.y(y))}h14m-7 -7v14"/>`;
  const paths = descents.map(({ name, path = [] }, i) => {
    if (!path.length) return "";
    const line = `<polyline class="curve"${dash(i)} points="${points(path, surface.view, drawn)}"/>`;
    const end = dot("dot", near(path.at(-1)!, surface.view), 4);
    return `<g class="${colourClass(i)}"><title>${escapeHtml(name)}</title>${line}${end}</g>`;
  });
  // An SVG in an SVG shows nothing beyond its edges, where paths may lead.
  const box = `${margins.left} ${margins.top} ${width} ${height}`;
  const inside = `<svg x="${margins.left}" y="${margins.top}" width="${width}" height="${height}" viewBox="${box}">`;
  const frame = `<rect class="level" x="${margins.left}" y="${margins.top}" width="${width}" height="${height}"/>`;
  const parts = [
    inside,
    ...levels,
    dot("start", surface.start, 6),
    ...paths,
    ...surface.minima.map(plus),
    "</svg>",
    frame,
  ];
  const svg = drawn.svg("Level lines and paths", parts);
  return `<figure style="max-width: ${drawn.width}px">\n${svg}\n</figure>`;
}

/** A path's places in the picture, without those that nobody could tell from the one before. */
function points(path: readonly Point[], view: Surface["view"], { x, y }: Plot): string {
  const kept: Point[] = [];
  path.forEach((point, i) => {
    const [px, py] = near(point, view);
    const at: Point = [x(px), y(py)];
    const last = kept.at(-1);
    if (!last || i === path.length - 1 || Math.hypot(at[0] - last[0], at[1] - last[1]) >= 0.7) kept.push(at);
  });
  return kept.map(([px, py]) => `${place(px)},${place(py)}`).join(" ");
}

/** Points far outside the picture, brought to where numbers stay small. */
function near([x, y]: Point, [left, right, low, high]: Surface["view"]): Point {
  const far = 4 * (right - left + high - low);
  return [Math.min(Math.max(x, -far), far), Math.min(Math.max(y, -far), far)];
}
