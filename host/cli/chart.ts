/** Curves over epochs as an SVG picture that stands in a page by itself. */
import { decimal } from "./format.ts";

export interface Series {
  name: string;
  /** One value an epoch; NaN leaves a gap. */
  values: readonly number[];
}

const width = 640;
const height = 260;
const left = 64;
const right = 16;
const top = 36; // the key stands above the curves
const bottom = 36;

export function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, mark => names[mark]!);
}

export function chart(title: string, series: readonly Series[]): string {
  const finite = series.flatMap(({ values }) => values.filter(Number.isFinite));
  if (finite.length === 0) return "";
  const epochs = Math.max(...series.map(({ values }) => values.length));
  let low = finite.reduce((a, b) => Math.min(a, b));
  let high = finite.reduce((a, b) => Math.max(a, b));
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const x = (epoch: number) => left + (epochs > 1 ? (epoch - 1) / (epochs - 1) : 0.5) * (width - left - right);
  const y = (value: number) => top + (1 - (value - low) / (high - low)) * (height - top - bottom);
  const parts = [...grid(low, high, y), ...epochTicks(epochs, x), ...series.flatMap((one, i) => curve(one, i, x, y))];
  const label = escapeHtml(`${title} by epoch`);
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">\n${parts.join("\n")}\n</svg>`;
}

function grid(low: number, high: number, y: (value: number) => number): string[] {
  return [0, 1, 2, 3, 4].flatMap(i => {
    const value = low + ((high - low) * i) / 4;
    const at = y(value).toFixed(1);
    return [
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/>`,
      `<text x="${left - 8}" y="${at}" dy="0.35em" text-anchor="end">${decimal(value)}</text>`,
    ];
  });
}

function epochTicks(epochs: number, x: (epoch: number) => number): string[] {
  const marks = [...new Set([1, Math.round((epochs + 1) / 2), epochs])];
  const texts = marks.map(
    epoch => `<text x="${x(epoch).toFixed(1)}" y="${height - bottom + 16}" text-anchor="middle">${epoch}</text>`,
  );
  return [...texts, `<text x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">epoch</text>`];
}

/** A line through the finite values, cut where there is a gap; a point where a value stands alone. */
function curve(
  { name, values }: Series,
  index: number,
  x: (epoch: number) => number,
  y: (value: number) => number,
): string[] {
  const runs: string[][] = [[]];
  for (const [i, value] of values.entries()) {
    if (Number.isFinite(value)) runs.at(-1)!.push(`${x(i + 1).toFixed(1)},${y(value).toFixed(1)}`);
    else if (runs.at(-1)!.length) runs.push([]);
  }
  const drawn = runs.flatMap(points => {
    if (points.length > 1) return [`<polyline class="series-${index}" points="${points.join(" ")}"/>`];
    const [cx, cy] = points[0]?.split(",") ?? [];
    return points.length ? [`<circle class="series-${index}" cx="${cx}" cy="${cy}" r="3"/>`] : [];
  });
  const at = left + index * 120;
  const key = `<line class="series-${index}" x1="${at}" x2="${at + 24}" y1="14" y2="14"/>`;
  return [...drawn, key, `<text x="${at + 30}" y="14" dy="0.35em">${escapeHtml(name)}</text>`];
}
