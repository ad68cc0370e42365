/** The options of `trainlet lr-find`, in the groups that its help shows. */
import { type Command, Option } from "commander";
import * as values from "./option-values.ts";
import type { TrainOptions } from "./settings.ts";
import { dataOptions, networkOptions, trainOptions } from "./shared-options.ts";

export interface LrFindOptions extends TrainOptions {
  minLr: number;
  maxLr: number;
  steps: number;
}

const groups = {
  "Data:": trainOptions(...dataOptions, "--test", "--split-at", "--validation"),
  "Network:": trainOptions(...networkOptions),
  "Test:": [
    ...trainOptions(
      "--optimizer",
      "--batch-size",
      "--clip-norm",
      "--clip-value",
      "--threads",
      "--arithmetic",
      "--seed",
    ),
    new Option("--min-lr <rate>", "learning rate of the first step").argParser(values.positive).default(1e-6),
    new Option("--max-lr <rate>", "learning rate of the last step").argParser(values.positive).default(10),
    new Option("--steps <n>", "mini-batches").argParser(values.whole(10, 1e6)).default(200),
  ],
  "Output:": trainOptions("--json", "--quiet"),
};

const help = `
The rate grows exponentially from step to step. The test ends when the smoothed loss exceeds 4 times its best. No model
is kept. Of the suggested rate, where the loss falls steepest, a constant rate may want a third; schedules that rise to
a rate and fall again may take more.

Examples:
  trainlet lr-find digits --layers 32
  trainlet lr-find iris.csv --target species --optimizer sgd:momentum=0.9 --batch-size 16`;

/** Adds them to the command. */
export function addLrFindOptions(command: Command): Command {
  for (const [heading, options] of Object.entries(groups)) {
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
  return command.addHelpText("after", help);
}
