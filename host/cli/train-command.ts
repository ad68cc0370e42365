/** The options of `trainlet train`, in the groups that its help shows. */
import { type Command, Option } from "commander";
import { MAX_THREADS } from "../thread-wish.ts";
import { limitOptions } from "./limit-options.ts";
import * as values from "./option-values.ts";
import { activationTable, lossTable, optimizerTable, scheduleTable } from "./settings.ts";

const namesOf = (table: object) => Object.keys(table).join(", ");
const activation = values.spec("activation", activationTable);
const optimizer = values.spec("optimizer", optimizerTable);
const loss = values.spec("loss", lossTable);
const schedule = values.spec("schedule", scheduleTable);

/** An option with a value; `otherwise` and its text stand where it is not given. */
function valued<T>(
  flags: string,
  description: string,
  parse: (text: string, before: T) => T,
  otherwise?: T,
  shown?: string,
) {
  return new Option(flags, description).argParser(parse).default(otherwise, shown);
}

const data = [
  valued(
    "--target <column>",
    "CSV: column to predict, by name or position from 0 (-1: the last); repeat for several",
    values.collect,
  ),
  valued(
    "--task <task>",
    "CSV: classification, regression or auto",
    values.oneOf(["classification", "regression", "auto"]),
  ),
  valued("--missing <policy>", "CSV: error, drop, mean, median, mostFrequent, or a number to put in", values.missing),
  valued("--exclude <column>", "CSV: column to leave out; repeat for several", values.collect),
  new Option("--header", "CSV: the first row is names, even if it does not look so"),
  new Option("--no-header", "CSV: the first row is data; columns are then c0, c1, …"),
  valued(
    "--scale <kind>",
    "standard, minmax or none; default: as suits the data",
    values.oneOf(["standard", "minmax", "none"]),
  ),
  ...limitOptions,
  valued("--test <part>", "share or number of rows to test on; default: 0.2", values.part(true)).conflicts("splitAt"),
  valued("--split-at <n>", "train on the first n rows, test on the rest, without shuffling them", values.whole(1)),
  valued("--validation <part>", "share or number of the training rows to validate on", values.part(false)),
];

const network = [
  valued("--layers <units>", "units of each hidden layer, or none", values.layers, [64], "64"),
  valued(
    "--activation <name>",
    `of the hidden layers: ${namesOf(activationTable)}`,
    activation,
    activation("relu"),
    "relu",
  ),
  valued("--dropout <rate>", "after each hidden layer", values.rate, 0),
  valued("--loss <name>", `${namesOf(lossTable)}; default: crossEntropy for classes, else mse`, loss),
];

const training = [
  valued("--optimizer <name>", namesOf(optimizerTable), optimizer, optimizer("adam"), "adam"),
  valued("--lr <rate>", "learning rate; default: the optimizer's own", values.positive),
  valued("--schedule <name>", `of the learning rate: ${namesOf(scheduleTable)}`, schedule),
  valued("--epochs <n>", "passes over the training rows", values.whole(1), 20),
  valued("--batch-size <n>", "rows of a batch, or full", values.batch, 32),
  valued("--clip-norm <x>", "bound on the norm of all gradients together", values.positive),
  valued("--clip-value <x>", "bound on each gradient", values.positive),
  valued("--early-stopping <patience>", "end after so many epochs without improvement, keep the best", values.whole(1)),
  valued("--threads <n>", "threads that share the work; default: by the network's size", values.whole(1, MAX_THREADS)),
  valued(
    "--arithmetic <kind>",
    "strict: the same bits everywhere; fused: faster where the engine can",
    values.oneOf(["strict", "fused"]),
  ),
  valued("--seed <n>", "what all random numbers follow from; default: 0", values.seed),
  valued("--seeds <list>", "train once per seed, as in 1,2,3; the first model is saved", values.seeds).conflicts(
    "seed",
  ),
];

const output = [
  new Option("--out <file>", "where to save the model").default("model.safetensors"),
  new Option("--report <file>", "write an HTML report"),
  new Option("--json", "print one JSON object and nothing else"),
  new Option("--quiet", "print nothing but errors"),
];

const help = `
A <name> may carry options: --optimizer sgd:momentum=0.9,nesterov=true --activation leakyRelu:slope=0.1
Lists are joined by /: --schedule multiStep:milestones=10/20; what follows after= is a schedule with options of its own:
--schedule warmup:steps=3,after=cosine:etaMin=1e-5

Numbers to predict are standardised while training under mse, halfMse and mae; all that is printed and the saved model
are in their own units.

Examples:
  trainlet train digits --layers 32 --lr 0.01 --split-at 1437
  trainlet train iris.csv --target species --epochs 100 --validation 0.2 --early-stopping 10
  trainlet train houses.csv.gz --target price --layers 64,64 --schedule cosine --report houses.html
  trainlet train t10k-images-idx3-ubyte.gz --layers 128 --batch-size 64 --seeds 1,2,3,4,5`;

/** Adds them to the command. */
export function addTrainOptions(command: Command): Command {
  const groups = { "Data:": data, "Network:": network, "Training:": training, "Output:": output };
  for (const [heading, options] of Object.entries(groups)) {
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
  return command.addHelpText("after", help);
}
