/** The commands, for commander. What a command needs is loaded when it runs. */
import { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { builtinNames } from "../data/index.ts";
import type { TableLimits } from "../data/limits.ts";
import { addCompareOptions, type CompareOptions } from "./compare-command.ts";
import { limitOptions } from "./limit-options.ts";
import { addLrFindOptions, type LrFindOptions } from "./lr-find-command.ts";
import { type Context, Output, type OutputOptions } from "./output.ts";
import type { TrainOptions } from "./settings.ts";
import { addTrainOptions } from "./train-command.ts";

const model = ["<MODEL>", "a file that train wrote"] as const;
const data = ["<DATA>", `a CSV file (also .gz), an IDX image file, or a built-in: ${builtinNames.join(", ")}`] as const;
const labels = ["[LABELS]", "the IDX label file, when it is not named like the images"] as const;
const json = ["--json", "print one JSON object and nothing else"] as const;

/** The program; its actions reject with what went wrong. */
export function program(signal: AbortSignal): Command {
  const main = new Command("trainlet")
    .description("Train neural networks on tables and images, every number computed in WebAssembly SIMD")
    .version(manifest.version, "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({ outputError() {} }); // main.ts says what was wrong
  const context = (options: OutputOptions): Context => ({ output: new Output(options), signal });

  addTrainOptions(main.command("train"))
    .description("train a network and save it")
    .argument(...data)
    .argument(...labels)
    .action(async (name: string, labelFile: string | undefined, o: TrainOptions) => {
      const { train } = await import("./train.ts");
      await train(name, labelFile, o, context(o));
    });
  addCompareOptions(main.command("compare"))
    .description("train the same network with several rules, or follow them over a test surface")
    .argument("[DATA]", data[1])
    .argument(...labels)
    .action(async (name: string | undefined, labelFile: string | undefined, o: CompareOptions, command: Command) => {
      const { compare } = await import("./compare.ts");
      await compare(name, labelFile, o, command, context(o));
    });
  addLrFindOptions(main.command("lr-find"))
    .description("find a learning rate: a few steps, each with a larger one")
    .argument(...data)
    .argument(...labels)
    .action(async (name: string, labelFile: string | undefined, o: LrFindOptions) => {
      const { lrFind } = await import("./lr-find.ts");
      await lrFind(name, labelFile, o, context(o));
    });
  withLimits(main.command("evaluate"))
    .description("measure a saved model on data with labels")
    .argument(...model)
    .argument(...data)
    .argument(...labels)
    .option(...json)
    .action(async (file: string, name: string, labelFile: string | undefined, o: OutputOptions & TableLimits) => {
      const { evaluate } = await import("./evaluate.ts");
      await evaluate(file, name, labelFile, o, context(o));
    });
  withLimits(main.command("predict"))
    .description("write what a saved model says of each row, as CSV")
    .argument(...model)
    .argument(...data)
    .option("--out <file>", "where to write; default: the standard output")
    .option(...json)
    .action(async (file: string, name: string, o: OutputOptions & TableLimits & { out?: string }) => {
      const { predict } = await import("./predict.ts");
      await predict(file, name, o, context(o));
    });
  main
    .command("info")
    .description("describe a saved model")
    .argument(...model)
    .option(...json)
    .action(async (file: string, o: OutputOptions) => {
      const { info } = await import("./info.ts");
      await info(file, context(o));
    });
  return main;
}

function withLimits(command: Command): Command {
  for (const option of limitOptions) command.addOption(option);
  return command;
}
