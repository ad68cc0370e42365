/** One training from one seed. */
import { earlyStopping } from "../callbacks.ts";
import { sequential } from "../create.ts";
import type { Dataset } from "../data/index.ts";
import { TrainletError } from "../errors.ts";
import type { EpochLog } from "../history.ts";
import type { Spec } from "../make-spec.ts";
import type { Metrics } from "../metrics.ts";
import type { Model } from "../model.ts";
import { reportsClasses } from "./metrics-text.ts";
import { modelOptions, type Network } from "./network.ts";
import type { Progress } from "./progress.ts";
import type { TrainOptions } from "./settings.ts";
import { stoppedBy } from "./stop.ts";
import { inUnits, type TargetScale, targetScale, unscaleOutputs, withScaledTargets } from "./target-scale.ts";
import { divide, type Parts } from "./training-data.ts";

/** A model with what its training came to. */
export interface Fitted {
  seed: number;
  model: Model;
  parts: Parts;
  history: EpochLog[];
  stoppedEarly: boolean;
  /** Whether somebody ended it before its time. */
  interrupted: boolean;
  seconds: number;
}

export interface Trial extends Omit<Fitted, "parts"> {
  rows: { train: number; validation: number; test: number };
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

/** Trains to the end, or to where it is interrupted once a step has been taken; rejects otherwise and keeps nothing. */
export async function fitTrial(plan: Plan, seed: number, progress: Progress, signal: AbortSignal): Promise<Fitted> {
  const { data, network, optimizer, schedule, options } = plan;
  const parts = divide(data, options, seed);
  const scale = targetScale(parts.train, network);
  const model = await sequential(network.layers, modelOptions(data, network, options, seed));
  const patience = options.earlyStopping;
  const history: EpochLog[] = [];
  const callbacks = [
    (log: EpochLog) => {
      history.push(inUnits(log, scale));
      progress.epoch(history.at(-1)!);
    },
    ...(patience === undefined ? [] : [earlyStopping({ patience, restoreBest: true })]),
  ];
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const { stoppedEarly } = await model.fit(named(parts.train, scale), {
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
    return { seed, model, parts, history, stoppedEarly, interrupted: false, seconds: seconds() };
  } catch (error) {
    const stopped = stoppedBy(signal);
    if (stopped && model.iterations > 0) {
      stopped.saving = true;
      unscaleOutputs(model, network, scale);
      return { seed, model, parts, history, stoppedEarly: false, interrupted: true, seconds: seconds() };
    }
    // Of a run that diverged the best weights are back in the model.
    const best = diverged(error) && patience !== undefined && history.length > 0;
    if (best && seed === (options.seeds ?? [seed])[0]) {
      unscaleOutputs(model, network, scale);
      await model.save(options.out);
      error.message += `; the best model before that was saved to ${options.out}`;
    }
    model.dispose();
    throw error;
  }
}

function diverged(error: unknown): error is TrainletError {
  return error instanceof TrainletError && error.code === "DIVERGED";
}

/** What the model is worth. */
export async function measure({ parts, ...fitted }: Fitted): Promise<Trial> {
  const { train, validation, test } = parts;
  const working = fitted.history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const measured = test ?? train;
  return {
    ...fitted,
    rows: { train: train.rows, validation: validation?.rows ?? 0, test: test?.rows ?? 0 },
    samplesPerSecond: (train.rows * fitted.history.length) / Math.max(working, 1e-9),
    metrics: await fitted.model.evaluate(measured, { report: reportsClasses(measured) }),
  };
}

/** With a name for every class, so that the saved model knows that its outputs are classes. */
function named(data: Dataset, scale: TargetScale | undefined) {
  if (!(data.y instanceof Int32Array)) return withScaledTargets(data, scale);
  return { ...data, classNames: data.classNames ?? Array.from({ length: data.classes }, (_, i) => String(i)) };
}
