/** The options of `trainlet compare`, in the groups that its help shows. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { surfaces } from "../surfaces.ts";
import { contenderNames, contenders, type Named } from "./contenders.ts";
import * as values from "./option-values.ts";
import type { TrainOptions } from "./settings.ts";
import { dataOptions, networkOptions, trainOptions } from "./shared-options.ts";

export interface CompareOptions extends Omit<TrainOptions, "seeds" | "optimizer"> {
  optimizers: Named[];
  seeds: number[];
  targetLoss?: number;
  surface?: keyof typeof surfaces;
  steps: number;
  tolerance: number;
}

/** How many, counted from 1, or which: `3`, `7,8`. */
function seeds(text: string): number[] {
  try {
    if (text.includes(",")) return values.seeds(text);
    return Array.from({ length: values.whole(1, 1000)(text) }, (_, i) => i + 1);
  } catch {
    throw new InvalidArgumentError("It should be how many, from 1 to 1000, or a list of different ones, as in 7,8.");
  }
}
function finite(text: string): number {
  const value = /^[-+.\de]+$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It should be a number.");
}

const rules = [
  new Option("--optimizers <list>", `what to compare, as in sgd,adam:lr=0.01: ${contenderNames.join(", ")}`)
    .argParser(contenders)
    .makeOptionMandatory(),
  new Option("--lr <rate>", "learning rate of those that name none; default: each rule's own").argParser(
    values.positive,
  ),
];
const data = [
  ...trainOptions(...dataOptions),
  new Option("--validation <part>", "share or number of rows to validate on; 0: none; default: 0.2").argParser(
    values.part(true),
  ),
  new Option("--split-at <n>", "train on the first n rows, validate on the rest, without shuffling them")
    .argParser(values.whole(1))
    .conflicts("validation"),
];
const training = [
  ...trainOptions("--schedule", "--epochs", "--batch-size", "--clip-norm", "--clip-value", "--threads", "--arithmetic"),
  new Option("--seeds <n>", "how many seeds, from 1 on, or a list, as in 7,8").argParser(seeds).default([1, 2, 3], "3"),
  new Option("--target-loss <x>", "training loss to reach; default: what the median rule ends with").argParser(finite),
];
const surface = [
  new Option("--surface <name>", "compare paths on a test surface instead, without data").choices(
    Object.keys(surfaces),
  ),
  new Option("--steps <n>", "steps to take on it").argParser(values.whole(1, 1e6)).default(2000),
  new Option("--tolerance <x>", "distance at which a minimum counts as reached")
    .argParser(values.positive)
    .default(0.01),
];
const groups = {
  "Rules:": rules,
  "Data:": data,
  "Network:": trainOptions(...networkOptions),
  "Training:": training,
  "Surface:": surface,
  "Output:": [
    new Option("--report <file>", "write an HTML page with tables and curves, or the surface and the paths"),
    ...trainOptions("--json", "--quiet"),
  ],
};

/** Options that only one of the two kinds of comparison has. */
const attributes = (options: readonly Option[]) => options.map(option => option.attributeName());
export const ofData = attributes([...data, ...groups["Network:"], ...training]);
export const ofSurface = attributes(surface);

const help = `
gradient-descent (all rows a step), stochastic (one row) and mini-batch (--batch-size rows) are sgd; nesterov is sgd
with Nesterov's momentum of 0.9. For each seed every rule starts from the same weights and sees the rows in the same
order. The split of the rows is the same for all. A run whose numbers are no longer finite is reported, and left out of
the means.

Examples:
  trainlet compare digits --optimizers sgd,nesterov,adam:lr=0.01 --epochs 10 --report digits.html
  trainlet compare iris.csv --target species --optimizers gradient-descent,stochastic,mini-batch --lr 0.05
  trainlet compare --surface rosenbrock --optimizers sgd:lr=0.001,adam:lr=0.02 --report paths.html`;

/** Adds them to the command. */
export function addCompareOptions(command: Command): Command {
  for (const [heading, options] of Object.entries(groups)) {
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
  return command.addHelpText("after", help);
}
