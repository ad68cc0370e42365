import type { Engine } from "./engine.ts";
import { escaped } from "./errors.ts";

/** The network as a table, and what it takes of linear memory. */
export function summarise(engine: Engine, layers: number): string {
  const { plan, memory } = engine;
  const rows = Array.from({ length: layers }, (_, index) => {
    const steps = plan.layers.filter(l => l.index === index);
    const own = plan.parameters.filter(p => p.name.split(".")[0] === String(index));
    const name = steps[0]!.settings.name;
    const types = steps.map(l => l.spec.type).join(" + ");
    return [
      String(index),
      name ? `${escaped(name)} (${types})` : types,
      `[rows, ${steps.at(-1)!.outputs}]`,
      count(own) + (steps[0]!.settings.trainable === false && own.length ? " (frozen)" : ""),
    ];
  });
  const table = [["", "layer", "output", "parameters"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map(row => row[column]!.length + wide(row[column]!))));
  const lines = table.map(row =>
    row.map((cell, i) => (i === 3 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]! - wide(cell)))).join("  "),
  );
  const regions = Object.entries(plan.regions).map(([name, bytes]) => `${name} ${bytes.toLocaleString("en")}`);
  const total = `inputs ${plan.request.inputs}, parameters ${count(plan.parameters)}`;
  const place = `memory ${memory.bytes.toLocaleString("en")} bytes for batches of up to ${plan.capacity}: ${regions.join(", ")}`;
  return [lines[0]!, "-".repeat(lines[0]!.length), ...lines.slice(1), "", total, place].join("\n");
}

/** By how many columns a terminal shows the text wider than it has units: Chinese, Japanese and Korean take two each. */
function wide(text: string): number {
  return text.replace(/[^\u1100-\u115f\u2e80-\ud7ff\uf900-\uff60]/g, "").length;
}

function count(parameters: readonly { length: number }[]): string {
  return parameters.reduce((sum, p) => sum + p.length, 0).toLocaleString("en");
}
