/** What every report is made of: one HTML file in which nothing runs and nothing is loaded. All text is escaped. */
import { printable } from "./output.ts";

export function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return printable(text).replace(/[&<>"']/g, mark => names[mark]!);
}

const style = `
:root { color-scheme: light dark; --line: #8886; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 58rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
.wide { overflow-x: auto; margin: 0.5rem 0 1.5rem; }
table { border-collapse: collapse; overflow-wrap: normal; font-size: 0.9rem; }
th, td { padding: 0.2rem 0.7rem; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
.left { text-align: left; }
.right { text-align: right; }
.right span { white-space: nowrap; }
td.left { min-width: 6rem; overflow-wrap: anywhere; }
td.key { white-space: nowrap; }
`;

/** A page of `sections` of markup, of which those without any are left out; `styles` are for what they hold beside text and tables. */
export function page(title: string, sections: readonly string[], styles: readonly string[] = []): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${[style, ...styles].join("")}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${sections.filter(section => section !== "").join("\n")}
</body>
</html>
`;
}

export interface HtmlTable {
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** By default the first column to the left, the rest, numbers, to the right. */
  aligns?: readonly ("left" | "right")[];
  /** Markup before the text of a row's first cell. */
  keys?: readonly string[];
}

export function htmlTable({ head, rows, aligns, keys = [] }: HtmlTable): string {
  const side = (column: number) => aligns?.[column] ?? (column === 0 ? "left" : "right");
  // A number may stand above what is said of it in brackets; these stay whole.
  const content = (text: string, column: number) =>
    side(column) === "right" ? escapeHtml(text).replace(/\([^()]*\)/, "<span>$&</span>") : escapeHtml(text);
  const cell = (tag: string, text: string, column: number, key = "") =>
    `<${tag} class="${side(column)}${key && " key"}">${key}${content(text, column)}</${tag}>`;
  const line = (tag: string, cells: readonly string[], key?: string) =>
    `<tr>${cells.map((text, i) => cell(tag, text, i, i === 0 ? key : "")).join("")}</tr>`;
  const body = rows.map((row, i) => line("td", row, keys[i])).join("\n");
  return `<div class="wide"><table>\n<thead>${line("th", head)}</thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}
