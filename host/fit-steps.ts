// Training by steps: a part of a run at a time, for runtimes that give a request so much work and no more, and whose
// clocks may stand still meanwhile.
import type { Engine, Resident } from "./engine.ts";
import { TrainletError } from "./errors.ts";
import type { FitOptions } from "./fit.ts";
import type { FlatData } from "./inputs.ts";
import { checkObject, checkSpec } from "./make-spec.ts";
import { beginMetrics, type Metrics, readMetrics } from "./metrics.ts";
import type { Pace } from "./pace.ts";
import { MAX_STEPS } from "./plan.ts";
import { checkCommon } from "./run-options.ts";
import { throwIfAborted } from "./signal.ts";
import { trainingOptions } from "./training.ts";
import { turn } from "./turn.ts";

/** An `optimizer` begins its state anew, and a `schedule` goes with it, which counts batches; without one, what was set before
 * goes on. reduceOnPlateau is shown the mean loss of each pass over the data. */
export interface FitStepsOptions
  extends Omit<FitOptions, "epochs" | "initialEpoch" | "validation" | "callbacks" | "swa"> {
  /** Batches to train on. The rows go on where the steps before have ended. */
  steps: number;
  /** Steps from one report to the next. Default 10. */
  every?: number;
}
/** What is told between steps: loss and metrics are of the steps since the last report. */
export interface StepsLog extends Metrics {
  /** Steps done of those asked for. */
  step: number;
  steps: number;
  /** Steps that the model has taken in all. */
  iterations: number;
  /** The pass over the data, from 1. */
  epoch: number;
  /** With `skipNonFinite`: updates left out since the last report because a loss or a gradient was not finite. */
  skipped?: number;
  /** Rate of the last step. */
  lr: number;
}

const options = `steps:i32[1,inf) every:i32[1,inf) batchSize:any ${trainingOptions} schedule:any shuffle:bool sampleWeight:any classWeight:any signal:any`;

/** Milliseconds of work after which the event loop may turn. */
const LOOK_UP = 20;

export function checkStepsOptions(given: FitStepsOptions): void {
  checkObject("fitSteps", given, "{ steps: 200 }");
  checkSpec("fitSteps", given, options);
  if (given.steps === undefined)
    throw new TrainletError("INVALID_ARGUMENT", "fitSteps: steps is missing; give the number of batches to train on");
  if (given.schedule !== undefined && given.optimizer === undefined) {
    const message = "fitSteps: schedule goes with an optimizer; give one here, or both to compile";
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  checkCommon("fitSteps", given);
}

export interface StepsRun {
  engine: Engine;
  train: FlatData;
  batchSize: number;
  classWeight: Float32Array | undefined;
  scale: "none" | "standard" | "minmax";
  pace: Pace;
  countEpoch(): void;
  checkAlive(): void;
}

/** Takes the steps; everything has been checked. Where the rows stand follows from the model's steps alone, so that a run
 * in parts, saved and loaded between them, is the same run bit for bit. */
export async function* runSteps(run: StepsRun, { steps, every = 10, shuffle = true, signal }: FitStepsOptions) {
  const { engine, batchSize, pace } = run;
  const { memory } = engine;
  const mark = memory.top;
  let failed = false;
  try {
    const train = engine.load(run.train, run);
    engine.evalWeights.begin(train, batchSize);
    if (run.scale !== "none") engine.fitScaler(run.scale, train);
    const perEpoch = Math.ceil(train.rows / batchSize);
    let breath = performance.now();
    let lr = pace.lr;
    let reported = 0;
    let skippedBefore = engine.skipped;
    for (let done = 0; done < steps; ) {
      throwIfAborted(signal);
      const epoch = Math.floor(engine.steps / perEpoch) + 1;
      const batch = engine.steps % perEpoch;
      if (done === 0 || batch === 0) enter(engine, train, { epoch, batch, batchSize, shuffle });
      if (batch === 0) memory.set("Trainer", engine.plan.trainer, { epochLoss: 0, epochWeight: 0 });
      if (done === reported) beginMetrics(engine, train.labels !== 0, {});
      const count = Math.min(reported + every - done, steps - done, perEpoch - batch, MAX_STEPS);
      const { rates, momenta } = pace.take(count);
      engine.train(rates, momenta);
      lr = rates.at(-1)!;
      done += count;
      if (batch + count === perEpoch) {
        engine.flush(lr);
        run.countEpoch();
        pace.schedule?.endEpoch({ loss: epochLoss(engine) });
      }
      if (done - reported === every || done === steps) {
        engine.checkParameters();
        reported = done;
        const { skipped } = engine;
        const log: StepsLog = {
          ...{ step: done, steps, iterations: engine.steps, epoch },
          ...readMetrics(engine),
          ...(skipped !== undefined && { skipped: skipped - skippedBefore! }),
          lr,
        };
        skippedBefore = skipped;
        yield log;
        run.checkAlive();
      }
      if (performance.now() - breath > LOOK_UP) {
        await turn();
        run.checkAlive();
        breath = performance.now();
      }
    }
  } catch (error) {
    failed = error instanceof TrainletError;
    throw error;
  } finally {
    if (!failed) engine.evalWeights.park();
    engine.endRun(mark);
  }
}

/** Mean loss of the pass over the data that has ended, in however many parts it was trained. */
function epochLoss({ memory, plan }: Engine): number {
  return memory.get("Trainer", plan.trainer, "epochLoss") / memory.get("Trainer", plan.trainer, "epochWeight");
}

/** Reads the rows of an epoch, from a batch of it on. */
function enter(
  engine: Engine,
  train: Resident,
  at: { epoch: number; batch: number; batchSize: number; shuffle: boolean },
): void {
  if (at.shuffle) engine.shuffle(train, at.epoch);
  engine.select(train, at.batchSize);
  engine.memory.set("Network", engine.plan.network, { position: at.batch * at.batchSize });
}
