// The training loop: epochs of steps that the core takes many at a time, with looks between them for whoever asked.
import type { Callback, makeCallbacks, ProgressLog } from "./callbacks.ts";
import type { Engine, Resident } from "./engine.ts";
import { show, TrainletError } from "./errors.ts";
import { asValidation, type EpochLog, type History } from "./history.ts";
import type { Data, FlatData } from "./inputs.ts";
import { checkSpec } from "./make-spec.ts";
import { beginMetrics, readMetrics } from "./metrics.ts";
import type { Model } from "./model.ts";
import type { Pace } from "./pace.ts";
import { MAX_STEPS } from "./plan.ts";
import { checkCommon } from "./run-options.ts";
import type { RateOfStep, ScheduleSpec } from "./schedules/schedule.ts";
import { throwIfAborted } from "./signal.ts";
import { type TrainingOptions, trainingOptions } from "./training.ts";
import { turn } from "./turn.ts";

/** Everything about training goes with an `optimizer`; without one, what `compile` set goes on, its state included. */
export interface FitOptions extends Partial<TrainingOptions> {
  /** Passes over the data. Default 1. */
  epochs?: number;
  /** Epochs of these that an earlier `fit` has done: training begins after them, a schedule where it would stand.
   * reduceOnPlateau has seen them where that `fit` was this model's, or its file's, and had the same schedule. Default 0. */
  initialEpoch?: number;
  /** Rows of a batch: 1 is stochastic, "full" batch gradient descent. Default 32. */
  batchSize?: number | "full";
  /** How the learning rate goes on. */
  schedule?: ScheduleSpec | { type: string } | RateOfStep;
  /** Data to evaluate after each epoch, or the share of the rows (the last ones) to keep for that. */
  validation?: Data | number;
  callbacks?: Callback[];
  /** Whether rows come in a new order each epoch. Default true. */
  shuffle?: boolean;
  /** Weight of each row in the loss: a row of weight 2 counts as two alike. Default: what the data carries. In the metrics
   * of rows kept for validation it counts too; in those of training rows count once. */
  sampleWeight?: ArrayLike<number>;
  /** Weight of each class, by index or by name. */
  classWeight?: ArrayLike<number> | Readonly<Record<string, number>>;
  /** Stochastic weight averaging: from epoch `start` on (default: the last quarter) weights are averaged over epochs. */
  swa?: { start?: number };
  /** Ends the training when it fires; `fit` then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The options as a row (rows.ts). */
const fitOptions = `epochs:i32[1,inf) initialEpoch:i32[0,inf) batchSize:any ${trainingOptions} swa:any schedule:any validation:any callbacks:any shuffle:bool sampleWeight:any classWeight:any signal:any`;

/** How long the core works before the host looks up, in milliseconds: for aborts, and for a page that wants to paint. */
const LOOK_UP = 20;

export function checkFitOptions(options: FitOptions): void {
  checkSpec("fit", options, fitOptions);
  const { swa, epochs = 1, initialEpoch = 0 } = options;
  if (initialEpoch >= epochs) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `fit: initialEpoch is ${initialEpoch}; it should be below epochs, which is ${epochs}`,
    );
  }
  checkCommon("fit", options);
  if (swa !== undefined) {
    if (swa === null || typeof swa !== "object")
      throw new TrainletError("INVALID_ARGUMENT", `fit: swa is ${show(swa)}; give { start: epoch }`);
    checkSpec("fit: swa", swa, "start:i32[1,inf)");
    if ((swa.start ?? 1) > epochs) {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `fit: swa.start is ${swa.start}; it should be an epoch from 1 to ${epochs}`,
      );
    }
  }
}

export interface Run {
  model: Model;
  engine: Engine;
  train: FlatData;
  validation: FlatData | undefined;
  batchSize: number;
  classWeight: Float32Array | undefined;
  /** Epochs that the model has been trained for before, so that no order of rows comes twice. */
  epochsBefore: number;
  scale: "none" | "standard" | "minmax";
  pace: Pace;
  callbacks: ReturnType<typeof makeCallbacks>;
  /** Called after each epoch. */
  countEpoch: () => void;
}

/** Trains as the options say; everything has been checked and laid out. */
export async function runFit(run: Run, options: FitOptions): Promise<History> {
  const { engine, model } = run;
  const { epochs = 1, initialEpoch = 0 } = options;
  const steps = Math.ceil(run.train.rows / run.batchSize);
  const { callbacks } = run;
  const { schedule } = run.pace;
  const history: History = { epochs: [], iterations: 0, seconds: 0, stoppedEarly: false };
  const started = performance.now();
  const mark = engine.memory.top;
  try {
    const train = engine.load(run.train, run);
    const validation = run.validation && engine.load(run.validation);
    if (run.scale !== "none") engine.fitScaler(run.scale, train);
    const loop = new Loop(run, train, options.signal);
    for (let epoch = initialEpoch + 1; epoch <= epochs; epoch++) {
      throwIfAborted(options.signal);
      for (const c of callbacks) await c.onEpochBegin?.(epoch, model);
      model.checkAlive();
      if (options.shuffle ?? true) engine.shuffle(train, run.epochsBefore + epoch - initialEpoch);
      const log = await loop.epoch(epoch, steps);
      if (options.swa && epoch >= (options.swa.start ?? Math.floor(epochs * 0.75) + 1)) {
        engine.memory.core.averageEpoch(engine.plan.trainer);
      }
      if (validation)
        Object.assign(log, asValidation(engine.inference(() => evaluateResident(engine, validation, run.batchSize))));
      history.epochs.push(log);
      history.iterations += loop.done;
      run.countEpoch();
      schedule?.endEpoch(log);
      let stop = false;
      for (const c of callbacks) if ((await c.onEpochEnd?.(log, model)) === false) stop = true;
      if (stop || loop.stopped) {
        history.stoppedEarly = true;
        break;
      }
    }
    finish(engine, train, run.batchSize);
    for (const c of callbacks) c.finish?.(model);
  } finally {
    // What was averaged is the model's now, or was given up with the run.
    engine.memory.set("Trainer", engine.plan.trainer, { averaged: 0 });
    engine.endRun(mark);
  }
  history.seconds = (performance.now() - started) / 1000;
  return history;
}

/** The weights meant for inference become the model's; statistics that belong to others are made anew. */
function finish(engine: Engine, train: Resident, batchSize: number): void {
  const { memory, plan } = engine;
  engine.settle();
  const averaged = memory.get("Trainer", plan.trainer, "averaged") > 0 || plan.request.training?.fields.emaDecay !== 0;
  if (!averaged || plan.statistics.length === 0) return;
  engine.select(train, batchSize);
  memory.core.refreshStatistics(plan.network);
}

export function evaluateResident(engine: Engine, data: Resident, rows: number, request = {}) {
  engine.select({ ...data, order: 0 }, Math.min(rows, engine.plan.capacity));
  beginMetrics(engine, data.labels !== 0, request, data.sampleWeights !== 0);
  engine.memory.core.evaluate(engine.plan.network);
  return readMetrics(engine, request);
}

class Loop {
  stopped = false;
  /** Steps taken in the epoch. */
  done = 0;
  /** Steps of the next crossing; follows the time that steps take. */
  #chunk = 1;
  #lastBreath = performance.now();
  readonly #run: Run;
  readonly #data: Resident;
  readonly #signal: AbortSignal | undefined;

  constructor(run: Run, data: Resident, signal?: AbortSignal) {
    this.#run = run;
    this.#data = data;
    this.#signal = signal;
  }

  async epoch(epoch: number, steps: number): Promise<EpochLog> {
    const { engine, train, batchSize, pace, callbacks } = this.#run;
    const each = callbacks.filter(c => c.onBatchEnd);
    const watching = callbacks.filter(c => c.onProgress);
    engine.select(this.#data, batchSize);
    beginMetrics(engine, this.#data.labels !== 0, {});
    let lr = pace.lr;
    let working = 0;
    for (this.done = 0; this.done < steps && !this.stopped; ) {
      const count = each.length ? 1 : Math.min(this.#chunk, steps - this.done, MAX_STEPS);
      const { rates, momenta } = pace.take(count);
      lr = rates.at(-1)!;
      const before = performance.now();
      engine.train(rates, momenta);
      const took = performance.now() - before;
      working += took;
      this.done += count;
      this.#adapt(took);
      if (each.length) await this.#look(each, epoch, lr);
      if (performance.now() - this.#lastBreath > LOOK_UP) {
        const log = { epoch, step: this.done, steps, iterations: engine.steps, lr };
        if (watching.length) await this.#tell(watching, { ...log, loss: readMetrics(engine).loss });
        await this.#breathe();
      }
      throwIfAborted(this.#signal);
      this.#run.model.checkAlive();
    }
    engine.checkParameters();
    const seconds = working / 1000;
    const metrics = readMetrics(engine);
    const samples = Math.min(this.done * batchSize, train.rows);
    return {
      epoch,
      iterations: engine.steps,
      ...metrics,
      lr,
      seconds,
      samplesPerSecond: seconds > 0 ? samples / seconds : 0, // clocks of edge workers stand still
    };
  }

  async #look(callbacks: ReturnType<typeof makeCallbacks>, epoch: number, lr: number): Promise<void> {
    const { engine, model } = this.#run;
    const loss = engine.memory.get("Trainer", engine.plan.trainer, "batchLoss");
    for (const c of callbacks) {
      if ((await c.onBatchEnd!({ iteration: engine.steps, epoch, loss, lr }, model)) === false) this.stopped = true;
    }
  }
  async #tell(callbacks: ReturnType<typeof makeCallbacks>, log: ProgressLog): Promise<void> {
    const { model } = this.#run;
    for (const c of callbacks) if ((await c.onProgress!(log, model)) === false) this.stopped = true;
  }
  #adapt(took: number): void {
    if (took < LOOK_UP / 2) this.#chunk = Math.min(this.#chunk * 2, MAX_STEPS);
    else if (took > LOOK_UP) this.#chunk = Math.max(1, this.#chunk >> 1);
  }
  /** Lets the event loop turn. */
  async #breathe(): Promise<void> {
    await turn();
    this.#lastBreath = performance.now();
  }
}
