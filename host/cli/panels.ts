/** A small picture for each rule, all with the same axes, in which each seed has a thin line: noise that means hide. */
import type { ComparedRun } from "../compare.ts";
import type { EpochLog } from "../history.ts";
import { type Axis, epochAxis, valueAxis } from "./axis.ts";
import { cross, line } from "./curve.ts";
import { escapeHtml } from "./html-page.ts";
import { colourClass } from "./marks.ts";
import { plot } from "./plot.ts";

export const panelStyle = `
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1.5rem; }
.panels figure { margin: 0; max-width: 24rem; }
.panels figcaption { color: var(--mark); font-weight: 600; }
.panels .curve { stroke-width: 1.2; }
.panels .validation { --mark: currentColor; opacity: 0.5; }
`;

export function panels(rules: readonly (readonly ComparedRun[])[], names: readonly string[]): string {
  const logs = rules.flat().flatMap(run => run.epochs);
  const validated = logs.some(log => log.valLoss !== undefined);
  const losses = logs.flatMap(log => [log.loss, log.valLoss ?? Number.NaN]).filter(Number.isFinite);
  const axes: [Axis, Axis] = [
    epochAxis(Math.max(...rules.flat().map(run => run.epochs.length)), 5),
    valueAxis("Loss", losses, { log: true, most: 5 }),
  ];
  const figures = rules.map((runs, i) => panel(runs, names[i]!, i, axes));
  const what = validated ? "in colour the training loss, in grey the validation loss" : "the training loss";
  return `<p>A line a seed: ${what}.</p>\n<div class="panels">\n${figures.join("\n")}\n</div>`;
}

function panel(runs: readonly ComparedRun[], name: string, index: number, [x, y]: [Axis, Axis]): string {
  const drawn = plot({ width: 288, height: 200 }, x, y);
  const lines = (metric: keyof EpochLog) =>
    runs.flatMap(({ epochs, diverged }) => {
      const values = epochs.map(log => log[metric] ?? Number.NaN);
      const last = values.at(-1) ?? Number.NaN;
      const broken = diverged && Number.isFinite(last) ? [cross(drawn.x(values.length), drawn.y(last))] : [];
      return [...line(values, drawn), ...broken];
    });
  const parts = [`<g class="validation">${lines("valLoss").join("\n")}</g>`, `<g>${lines("loss").join("\n")}</g>`];
  const picture = drawn.svg(`Loss of ${name} by epoch, a line a seed`, parts);
  return `<figure class="${colourClass(index)}"><figcaption>${escapeHtml(name)}</figcaption>\n${picture}</figure>`;
}
