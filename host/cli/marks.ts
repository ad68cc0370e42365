/** How one line of a picture is told from the next: a colour, a kind of dash, and where they are counted, a number. */
import { escapeHtml } from "./html-page.ts";

/** For light and for dark pages; the contrast to the page is 4.5:1 and more, as small numbers in these colours want it. */
const colours: readonly (readonly [light: string, dark: string])[] = [
  ["#1d5fd1", "#74aaff"],
  ["#cc4802", "#ff9a5c"],
  ["#0f7a3d", "#4fce86"],
  ["#8a2be2", "#c794ff"],
  ["#936d00", "#e6c229"],
  ["#d6217e", "#ff80b8"],
  ["#08798a", "#3fd0e0"],
  ["#5a5a5a", "#bdbdbd"],
];
const dashes = ["", "9 4", "2 3", "10 3 2 3", "16 4", "5 3", "10 3 2 3 2 3", "3 6"] as const;

const variables = (which: 0 | 1) => colours.map((pair, i) => `--c${i}: ${pair[which]};`).join(" ");
export const markStyle = `
:root { ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }
${colours.map((_, i) => `.c${i} { --mark: var(--c${i}); }`).join(" ")}
.curve { fill: none; stroke: var(--mark); stroke-width: 2; stroke-linejoin: round; }
.thin { fill: none; stroke: var(--mark); }
.dot { fill: var(--mark); }
.cross { fill: none; stroke: var(--mark); stroke-width: 2; }
.keys span { display: inline-block; margin-right: 1.5rem; }
.keys { margin: 0.2rem 0; }
.sample { width: 30px; height: 10px; margin-right: 0.4rem; vertical-align: middle; }
td .sample { margin-left: -0.2rem; }
`;

/** The class that gives a line and what belongs to it their colour. */
export function colourClass(index: number): string {
  return `c${index % colours.length}`;
}

/** For a line's tag: no colour meets the same dash again before there are 64 lines. */
export function dash(index: number): string {
  const pattern = dashes[(index + Math.floor(index / colours.length)) % dashes.length]!;
  return pattern && ` stroke-dasharray="${pattern}"`;
}

/** A piece of the line, as it stands before its name in keys and tables. */
export function sample(index: number): string {
  return `<svg class="sample ${colourClass(index)}" viewBox="0 0 30 10" aria-hidden="true"><line class="curve" x1="0" x2="30" y1="5" y2="5"${dash(index)}/></svg>`;
}

/** What the lines are, in their order. */
export function keys(names: readonly string[]): string {
  return `<p class="keys">${names.map((name, i) => `<span>${sample(i)}${escapeHtml(name)}</span>`).join(" ")}</p>`;
}
