/** Paths over a test surface as one HTML file: no script, nothing loaded from anywhere. All text is escaped. */
import type { Point, Surface } from "../surfaces.ts";
import { escapeHtml } from "./chart.ts";
import type { Descent } from "./compare-surface.ts";
import { contour, round } from "./contour.ts";

const style = `
:root { color-scheme: light dark; --line: #8888; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { padding: 0.2rem 0.8rem; border-bottom: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
svg { width: 100%; height: auto; }
svg path, svg polyline { fill: none; vector-effect: non-scaling-stroke; }
svg path { stroke: var(--line); }
svg polyline { stroke-width: 2; stroke-linejoin: round; }
.key { display: inline-block; width: 1rem; height: 0.25rem; margin-right: 0.4rem; vertical-align: middle; }
`;

/** Colours as far apart as their number allows. */
function colour(index: number, count: number): string {
  return `hsl(${Math.round((index * 360) / count)} 75% 45%)`;
}

export function surfaceReport(
  title: string,
  surface: Surface,
  descents: readonly Descent[],
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (tag: string, cells: readonly string[], key = "") =>
    `<tr>${cells.map((cell, i) => `<${tag}>${i === 0 ? key : ""}${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const keys = descents.map((_, i) => `<span class="key" style="background:${colour(i, descents.length)}"></span>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>f(x, y) = ${escapeHtml(surface.formula)}. Level lines, the start (ring), the minima (dots), and the paths.</p>
${picture(surface, descents)}
<table>
<thead>${line("th", head)}</thead>
<tbody>
${rows.map((row, i) => line("td", row, keys[i])).join("\n")}
</tbody>
</table>
</body>
</html>
`;
}

function picture(surface: Surface, descents: readonly Descent[]): string {
  const [left, right, low, high] = surface.view;
  const width = right - left;
  const height = high - low;
  const dot = Math.max(width, height) / 120;
  const levels = contour(surface.value, surface.view).map(({ path }) => `<path d="${path}"/>`);
  const paths = descents.map(({ path = [] }, i) => {
    const points = thin(
      path.map(point => near(point, surface.view)),
      dot / 8,
    );
    const text = points.map(([x, y]) => `${round(x)},${round(-y)}`).join(" ");
    return `<polyline stroke="${colour(i, descents.length)}" points="${text}"/>`;
  });
  const ring = `<circle cx="${surface.start[0]}" cy="${-surface.start[1]}" r="${dot}" fill="none" stroke="currentColor" stroke-width="${dot / 3}"/>`;
  const dots = surface.minima.map(([x, y]) => `<circle cx="${x}" cy="${-y}" r="${dot}" fill="currentColor"/>`);
  const view = `${left} ${-high} ${width} ${height}`;
  return `<svg viewBox="${view}" role="img" aria-label="Level lines and paths">\n${[...levels, ...paths, ring, ...dots].join("\n")}\n</svg>`;
}

/** Points far outside the picture, brought to where numbers stay small. */
function near([x, y]: Point, [left, right, low, high]: Surface["view"]): Point {
  const far = 4 * (right - left + high - low);
  return [Math.min(Math.max(x, -far), far), Math.min(Math.max(y, -far), far)];
}

/** Without points that nobody could tell from the one before. */
function thin(points: readonly Point[], least: number): Point[] {
  const kept: Point[] = [];
  points.forEach((point, i) => {
    const last = kept.at(-1);
    if (!last || i === points.length - 1 || Math.hypot(point[0] - last[0], point[1] - last[1]) >= least)
      kept.push(point);
  });
  return kept;
}
