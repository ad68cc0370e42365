/** `trainlet compare --surface`: each rule's path from the usual start. */
import { escaped, TrainletError } from "../errors.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { kinds } from "../network-spec.ts";
import { type SurfacePath, surfacePath } from "../surface-path.ts";
import { type Surface, surfaces } from "../surfaces.ts";
import { turn } from "../turn.ts";
import type { CompareOptions } from "./compare-command.ts";
import { withRates } from "./contenders.ts";
import { count, decimal, table, whole } from "./format.ts";
import { checkOutputs } from "./out-files.ts";
import { type Context, printableName } from "./output.ts";
import { stoppedBy, UsageError } from "./stop.ts";
import { surfaceReport } from "./surface-report.ts";

export interface Descent extends Partial<SurfacePath> {
  name: string;
  optimizer: { type: string; lr?: unknown };
  /** Why there is no path. */
  refused?: string;
}

export async function compareOnSurface(
  name: keyof typeof surfaces,
  options: CompareOptions,
  { output, signal }: Context,
): Promise<void> {
  const { optimizers, steps, tolerance, report } = options;
  const batches = optimizers.find(({ batches }) => batches && batches.size !== "full");
  if (batches) throw new UsageError(`--optimizers ${batches.name}: a surface has no batches; use gradient-descent`);
  await checkOutputs([{ option: "--report", path: report }], []);
  const surface: Surface = surfaces[name];
  const { start, minima } = surface;
  output.say(`${name}: ${surface.formula}, from (${start.join(", ")}), ${minimaText(surface)}`);
  const descents: Descent[] = [];
  for (const { name, optimizer } of withRates(optimizers, {
    ...options,
    optimizer: optimizers[0]!.optimizer,
    seeds: [],
  })) {
    await turn();
    if (stoppedBy(signal) && descents.length > 0) break;
    signal.throwIfAborted();
    descents.push({ name, optimizer, ...(await descend(optimizer, surface, { steps, tolerance })) });
  }
  const stopped = stoppedBy(signal);
  if (stopped) stopped.saving = true;
  else signal.throwIfAborted();
  const title = `${whole(steps)} steps on ${name}`;
  if (report !== undefined)
    await writeFileAtomic(report, surfaceReport(title, surface, descents, head(tolerance), rows(descents)));
  output.say(`\n${table(head(tolerance), rows(descents), { lines: output.terminal, aligns })}`);
  if (report !== undefined) output.say(`report written to ${escaped(report)}`);
  if (stopped) {
    const also = report === undefined ? "" : `, the report written to ${report}`;
    throw stopped.with(`; ${descents.length} of ${count(optimizers.length, "rule")} were followed${also}`);
  }
  output.result({
    surface: { name, formula: surface.formula, start, minima },
    steps,
    tolerance,
    optimizers: descents,
    report,
  });
}

async function descend(
  optimizer: { type: string },
  surface: Surface,
  options: { steps: number; tolerance: number },
): Promise<SurfacePath | { refused: string }> {
  if (kinds.optimizer[optimizer.type]!.drives) {
    return { refused: "measures the loss for itself; runs in a model's fit only" };
  }
  try {
    return await surfacePath(optimizer, surface, options);
  } catch (error) {
    // A rule for matrices, say, which two single numbers are not.
    if (error instanceof TrainletError) return { refused: error.message };
    throw error;
  }
}

function minimaText({ minima, value }: Surface): string {
  const points = minima.map(([x, y]) => `(${Number(x.toFixed(4))}, ${Number(y.toFixed(4))})`);
  return `${minima.length > 1 ? "minima" : "minimum"} ${decimal(value(...minima[0]!))} at ${points.join(", ")}`;
}

function head(tolerance: number): string[] {
  return ["", "lr", `steps to within ${tolerance}`, "final value", "final distance", "note"];
}
const aligns = ["left", "right", "right", "right", "right", "left"] as const;

function rows(descents: readonly Descent[]): string[][] {
  return descents.map(({ name, optimizer, refused, reached, diverged, value, distance }) => [
    printableName(name),
    String(optimizer.lr),
    refused !== undefined ? "" : reached === undefined ? "not reached" : whole(reached),
    refused !== undefined || diverged !== undefined ? "" : decimal(value),
    refused !== undefined || diverged !== undefined ? "" : decimal(distance),
    refused ?? (diverged === undefined ? "" : `diverged at step ${whole(diverged)}`),
  ]);
}
