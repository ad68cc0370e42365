/** `trainlet lr-find`: the learning-rate range test on the training rows; the model is thrown away. */
import { sequential } from "../create.ts";
import type { Dataset } from "../data/index.ts";
import { findLearningRate, type RangeTest } from "../lr-find.ts";
import { findData } from "./data-source.ts";
import { count, decimal, table } from "./format.ts";
import type { LrFindOptions } from "./lr-find-command.ts";
import { modelOptions, networkFor, networkLine, specLine } from "./network.ts";
import type { Context } from "./output.ts";
import { noProgress } from "./progress.ts";
import { UsageError } from "./stop.ts";
import { inUnits, targetScale, withScaledTargets } from "./target-scale.ts";
import { dataLine, dataNotes } from "./train-text.ts";
import { checkDataOptions, divide, trainingData } from "./training-data.ts";

export async function lrFind(
  name: string,
  labels: string | undefined,
  options: LrFindOptions,
  { output, signal }: Context,
): Promise<void> {
  const { minLr, maxLr, steps, optimizer, batchSize, clipNorm, clipValue, seed = 0 } = options;
  if (minLr >= maxLr) throw new UsageError(`--min-lr ${minLr} should be below --max-lr ${maxLr}`);
  const source = await findData(name, labels);
  await checkDataOptions(source, options);
  const data = await trainingData(source, options);
  const network = networkFor(data, options);
  const { train } = divide(data, options, seed);
  const scale = targetScale(train, network);
  const model = await sequential(network.layers, modelOptions(data, network, options, seed));
  output.say([dataLine(name, data), ...dataNotes(data)].join("\n"));
  output.say(
    `network ${networkLine(data.features, network.layers)}, loss ${specLine(network.loss)}, optimizer ${specLine(optimizer)}, batch size ${batchSize}, seed ${seed}`,
  );
  const progress = output.terminal ? await output.progress() : noProgress;
  progress.start("", steps);
  let result: RangeTest;
  try {
    const onStep = ({ step, lr, smoothed: loss }: RangeTest["steps"][number]) =>
      progress.epoch(inUnits({ epoch: step, iterations: step, loss, lr, seconds: 0, samplesPerSecond: 0 }, scale));
    result = await findLearningRate(model, withScaledTargets(train, scale), {
      optimizer,
      batchSize,
      minLr,
      maxLr,
      steps,
      clipNorm,
      clipValue,
      signal,
      onStep,
    });
  } finally {
    progress.stop();
  }
  result.steps = result.steps.map(step => inUnits(step, scale));
  output.say(`\n${curveTable(result, output.terminal)}\n${verdict(result, options)}`);
  output.result(forPrograms(name, data, train, model.spec, options, result));
}

/** So many lines show the curve well enough; programs get it all. */
const maxLines = 20;

function curveTable({ steps }: RangeTest, lines: boolean): string {
  const every = Math.ceil(steps.length / maxLines);
  const chosen = steps.filter(({ step }) => step % every === 0 || step === steps.length);
  const rows = chosen.map(({ step, lr, loss, smoothed }) => [String(step), rate(lr), decimal(loss), decimal(smoothed)]);
  return table(["step", "lr", "loss", "smoothed loss"], rows, { lines, aligns: ["right", "right", "right", "right"] });
}

function verdict({ suggestion, range, end, steps }: RangeTest, { minLr, maxLr }: LrFindOptions): string {
  const last = count(steps.length, "step");
  const ends = {
    steps: `all ${last} taken`,
    growth: `ended after ${last}: the smoothed loss grew out of hand, to 4 times its best or by as much`,
    divergence: `ended after ${last}: the numbers were no longer finite`,
  }[end];
  if (suggestion === undefined || !range) {
    return `${ends}\nno suggestion: the loss did not fall between ${rate(minLr)} and ${rate(maxLr)}; widen the range or take more --steps`;
  }
  return `${ends}\nthe loss falls from lr ${rate(range.from)} on and is lowest at ${rate(range.to)}\nsuggested --lr ${rate(suggestion)}, where it falls steepest`;
}

/** Two digits: more would claim too much. */
function rate(value: number): string {
  return String(Number(value.toPrecision(2)));
}

function forPrograms(
  name: string,
  data: Dataset,
  train: Dataset,
  network: object,
  { optimizer, batchSize, minLr, maxLr, seed = 0 }: LrFindOptions,
  { suggestion, range, end, steps }: RangeTest,
) {
  return {
    data: { name, rows: data.rows, features: data.features },
    rows: { train: train.rows },
    network,
    optimizer,
    batchSize,
    seed,
    minLr,
    maxLr,
    suggestion: suggestion ?? null,
    range: range ?? null,
    end,
    steps,
  };
}
