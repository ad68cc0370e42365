// What may look on while a model trains, and end it early.
import { show, TrainletError } from "./errors.ts";
import { type EpochLog, isRising } from "./history.ts";
import { checkObject, checkSpec } from "./make-spec.ts";
import type { Model } from "./model.ts";

export interface BatchLog {
  /** Steps that the model has taken in all. */
  iteration: number;
  epoch: number;
  loss: number;
  lr: number;
}

export interface ProgressLog {
  epoch: number;
  /** Steps of the epoch that are done, and how many it has. */
  step: number;
  steps: number;
  /** Steps that the model has taken in all. */
  iterations: number;
  /** Mean over the epoch's batches so far. */
  loss: number;
  /** Rate of the last step. */
  lr: number;
}

/** Functions of one's own. A function on its own is an `onEpochEnd`. Returning `false` ends the training. Promises are
 * awaited, until the run's `signal` fires. */
export interface CallbackObject<M = Model> {
  onEpochBegin?(epoch: number, model: M): unknown;
  onEpochEnd?(log: EpochLog, model: M): unknown;
  /** After each batch; the model then takes one step a call of the core, which costs speed. */
  onBatchEnd?(log: BatchLog, model: M): unknown;
  /** Whenever the core has come back, about fifty times a second, and once more at the end; costs nothing. */
  onProgress?(log: ProgressLog, model: M): unknown;
}

export interface EarlyStoppingOptions {
  /** What to watch: `valLoss` (the default where there is validation data), `loss`, `accuracy`, `valAccuracy`, … */
  monitor?: string;
  /** Epochs in a row without improvement that end the training; 0 and 1 both end it at the first. Default 0. */
  patience?: number;
  /** By how much a value must be better to count. Default 0. */
  minDelta?: number;
  /** Whether less or more is better; by default more for accuracies and r2, less for the rest. */
  mode?: "min" | "max";
  /** Whether the weights of the best epoch are put back at the end, also of a run that diverges, is aborted or fails. Default
   * false. */
  restoreBest?: boolean;
}
export type EarlyStoppingSpec = { type: "earlyStopping" } & EarlyStoppingOptions;
export type Callback<M = Model> = EarlyStoppingSpec | CallbackObject<M> | ((log: EpochLog, model: M) => unknown);

const options = "monitor:string patience:i32[0,inf) minDelta[0,inf) mode:min|max restoreBest:bool";

/** Ends the training when a value has not improved for `patience` epochs. */
export function earlyStopping(given: EarlyStoppingOptions = {}): EarlyStoppingSpec {
  checkObject("earlyStopping", given);
  const spec = { type: "earlyStopping" as const, ...given };
  checkSpec("earlyStopping", spec, options);
  return spec;
}

interface Finisher {
  /** Puts weights that were kept back, however the run has ended; says whether there were any. */
  finish?(model: Model): boolean;
}

/** A list of callbacks as objects, each with a state of its own for this run. */
export function makeCallbacks(
  list: readonly Callback[] | undefined,
  validation: boolean,
): (CallbackObject & Finisher)[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new TrainletError("INVALID_ARGUMENT", `callbacks is ${show(list)}; give a list`);
  // A hole of the list is an entry too.
  return [...list].map((callback, i) => {
    if (typeof callback === "function") return { onEpochEnd: callback };
    if (callback === null || typeof callback !== "object") {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `callbacks[${i}] is ${show(callback)}; give a function, an object or earlyStopping()`,
      );
    }
    if (!("type" in callback)) return callback;
    if (callback.type !== "earlyStopping") {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `callbacks[${i}] has type ${show(callback.type)}; known: earlyStopping`,
      );
    }
    checkSpec("earlyStopping", callback, options);
    return watch({ ...callback }, validation);
  });
}

function watch(spec: EarlyStoppingSpec, validation: boolean): CallbackObject & Finisher {
  const monitor = spec.monitor ?? (validation ? "valLoss" : "loss");
  const upward = spec.mode ? spec.mode === "max" : isRising(monitor);
  let best = upward ? -Infinity : Infinity;
  let bestEpoch = 0;
  let kept: ReturnType<Model["snapshot"]> | undefined;
  return {
    onEpochEnd(log, model) {
      const value = (log as unknown as Record<string, unknown>)[monitor];
      if (typeof value !== "number") {
        const known = Object.keys(log).join(", ");
        throw new TrainletError(
          "INVALID_ARGUMENT",
          `earlyStopping: monitor is ${show(monitor)}; this run has ${known}`,
        );
      }
      const gain = upward ? value - best : best - value;
      if (gain > (spec.minDelta ?? 0)) {
        best = value;
        bestEpoch = log.epoch;
        if (spec.restoreBest) kept = model.snapshot();
      }
      return log.epoch - bestEpoch >= Math.max(spec.patience ?? 0, 1) ? false : undefined;
    },
    finish(model) {
      if (kept) model.restore(kept);
      return kept !== undefined;
    },
  };
}
