import type { Engine } from "./engine.ts";
import { escaped } from "./errors.ts";

/** The network as a table, and what it takes of linear memory. */
export function summarise(engine: Engine, layers: number): string {
  const { plan, memory } = engine;
  const stepsOf = groups(plan.layers, layers, l => l.index);
  const parametersOf = groups(plan.parameters, layers, p => p.step.index);
  const rows = stepsOf.map((steps, index) => {
    const own = parametersOf[index]!;
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
  const widthOf = (cell: string) => cell.length + wide(cell);
  const widths = table[0]!.map((_, column) => table.reduce((most, row) => Math.max(most, widthOf(row[column]!)), 0));
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

/** What belongs to each layer. */
function groups<T>(list: readonly T[], layers: number, indexOf: (item: T) => number): T[][] {
  const groups = Array.from({ length: layers }, (): T[] => []);
  for (const item of list) groups[indexOf(item)]!.push(item);
  return groups;
}
function count(parameters: readonly { length: number }[]): string {
  return parameters.reduce((sum, p) => sum + p.length, 0).toLocaleString("en");
}
