/** One training from one seed. */
import { earlyStopping } from "../callbacks.ts";
import { sequential } from "../create.ts";
import type { Dataset } from "../data/index.ts";
import type { EpochLog } from "../history.ts";
import type { Spec } from "../make-spec.ts";
import type { Metrics } from "../metrics.ts";
import type { Model } from "../model.ts";
import { modelOptions, type Network } from "./network.ts";
import type { Progress } from "./progress.ts";
import type { TrainOptions } from "./settings.ts";
import { inUnits, type TargetScale, targetScale, unscaleOutputs, withScaledTargets } from "./target-scale.ts";
import { divide } from "./training-data.ts";

export interface Trial {
  seed: number;
  model: Model;
  rows: { train: number; validation: number; test: number };
  history: EpochLog[];
  stoppedEarly: boolean;
  seconds: number;
  samplesPerSecond: number;
  /** On the test part, or on the training part where there is no other. */
  metrics: Metrics;
}

export interface Plan {
  data: Dataset;
  network: Network;
  optimizer: Spec;
  schedule: Spec | undefined;
  options: TrainOptions;
}

/** Runs to its end, or rejects and keeps nothing. */
export async function runTrial(plan: Plan, seed: number, progress: Progress, signal: AbortSignal): Promise<Trial> {
  const { data, network, optimizer, schedule, options } = plan;
  const parts = divide(data, options, seed);
  const scale = targetScale(parts.train, network);
  const model = await sequential(network.layers, modelOptions(data, network, options, seed));
  const patience = options.earlyStopping;
  const callbacks = [
    (log: EpochLog) => progress.epoch(inUnits(log, scale)),
    ...(patience === undefined ? [] : [earlyStopping({ patience, restoreBest: true })]),
  ];
  try {
    const history = await model.fit(named(parts.train, scale), {
      epochs: options.epochs,
      batchSize: options.batchSize,
      optimizer,
      schedule,
      validation: parts.validation && withScaledTargets(parts.validation, scale),
      callbacks,
      clipNorm: options.clipNorm,
      clipValue: options.clipValue,
      signal,
    });
    unscaleOutputs(model, network, scale);
    const metrics = await model.evaluate(parts.test ?? parts.train, { report: data.y instanceof Int32Array });
    const working = history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
    return {
      seed,
      model,
      rows: { train: parts.train.rows, validation: parts.validation?.rows ?? 0, test: parts.test?.rows ?? 0 },
      history: history.epochs.map(log => inUnits(log, scale)),
      stoppedEarly: history.stoppedEarly,
      seconds: history.seconds,
      samplesPerSecond: (parts.train.rows * history.epochs.length) / Math.max(working, 1e-9),
      metrics,
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** With a name for every class, so that the saved model knows that its outputs are classes. */
function named(data: Dataset, scale: TargetScale | undefined) {
  if (!(data.y instanceof Int32Array)) return withScaledTargets(data, scale);
  return { ...data, classNames: data.classNames ?? Array.from({ length: data.classes }, (_, i) => String(i)) };
}
