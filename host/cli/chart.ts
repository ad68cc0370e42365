/** Curves over epochs as a picture with a key. */
import { epochAxis, valueAxis } from "./axis.ts";
import { band, cross, line } from "./curve.ts";
import { type End, endNumbers, numberGap, numberMargin } from "./end-numbers.ts";
import { escapeHtml } from "./html-page.ts";
import { colourClass, dash, keys } from "./marks.ts";
import { margins, type Plot, plot } from "./plot.ts";

export interface Curve {
  name: string;
  /** One value an epoch; NaN leaves a gap. */
  values: readonly number[];
  /** The least and greatest of each epoch, where there are several runs. */
  range?: { low: readonly number[]; high: readonly number[] };
  /** Whether it broke off where it ends. */
  broken?: boolean;
}

export interface ChartOptions {
  /** Whether a wide range of values is drawn logarithmically. */
  log?: boolean;
  /** Whether each curve has at its end its place in the list, from 1 on; the names should say it too. */
  numbered?: boolean;
}

export const chartStyle = `
.chart { overflow-x: auto; }
.chart .plot { min-width: 44rem; }
.band { fill: var(--mark); opacity: 0.15; }
.plot .number { fill: var(--mark); font-weight: 600; }
`;

const width = 880;

/** Nothing where there is no value to draw. */
export function chart(name: string, curves: readonly Curve[], { log, numbered }: ChartOptions = {}): string {
  const all = curves.flatMap(({ values, range }) => [...values, ...(range?.low ?? []), ...(range?.high ?? [])]);
  const finite = all.filter(Number.isFinite);
  if (finite.length === 0) return "";
  const epochs = Math.max(...curves.map(({ values }) => values.length));
  const around = { ...margins, right: numbered ? numberMargin : margins.right };
  const height = Math.max(340, margins.top + margins.bottom + (numbered ? numberGap * curves.length : 0));
  const drawn = plot({ width, height }, epochAxis(epochs, 12), valueAxis(name, finite, { log }), around);
  const ends = curves.map(curve => endOf(curve, epochs, drawn));
  const numbers = numbered ? endNumbers(ends, drawn) : [];
  const parts = curves.map((curve, i) => group(curve.name, i, [...shape(curve, i, ends[i], drawn), numbers[i] ?? ""]));
  return `<figure class="chart">\n${keys(curves.map(({ name }) => name))}\n${drawn.svg(`${name} by epoch`, parts)}\n</figure>`;
}

/** Its name shows where a pointer rests on it. */
function group(name: string, index: number, parts: readonly string[]): string {
  return `<g class="${colourClass(index)}"><title>${escapeHtml(name)}</title>${parts.join("\n")}</g>`;
}

function shape({ values, range, broken }: Curve, index: number, end: End | undefined, drawn: Plot): string[] {
  return [
    ...(range ? [band(range.low, range.high, drawn)] : []),
    ...line(values, drawn, dash(index)),
    ...(broken && end ? [cross(end.x, end.y)] : []),
  ];
}

function endOf({ values, broken }: Curve, epochs: number, { x, y }: Plot): End | undefined {
  const last = values.findLastIndex(Number.isFinite);
  return last < 0 ? undefined : { x: x(last + 1), y: y(values[last]!), atEdge: last + 1 === epochs && !broken };
}
