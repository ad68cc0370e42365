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
import { answerOf, throwIfAborted } from "./signal.ts";
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
  history: History;
  /** Called after each epoch. */
  countEpoch: () => void;
}

/** Trains as the options say; everything has been checked and laid out. */
export async function runFit(run: Run, options: FitOptions): Promise<History> {
  const { engine, model, callbacks, history } = run;
  const { memory } = engine;
  const { epochs = 1, initialEpoch = 0, signal } = options;
  const steps = Math.ceil(run.train.rows / run.batchSize);
  const started = performance.now();
  const stepsBefore = engine.steps;
  const mark = memory.top;
  let diverged = false;
  try {
    const train = engine.load(run.train, run);
    const validation = run.validation && engine.load(run.validation);
    if (run.scale !== "none") engine.fitScaler(run.scale, train);
    engine.evalWeights.begin(train, run.batchSize);
    const loop = new Loop(run, train, signal);
    for (let epoch = initialEpoch + 1; epoch <= epochs; epoch++) {
      throwIfAborted(signal);
      for (const c of callbacks) await answerOf(c.onEpochBegin?.(epoch, model), signal);
      model.checkAlive();
      if (options.shuffle ?? true) engine.shuffle(train, run.epochsBefore + epoch - initialEpoch);
      const log = await loop.epoch(epoch, steps);
      if (options.swa && epoch >= (options.swa.start ?? Math.floor(epochs * 0.75) + 1)) engine.averageEpoch();
      if (validation)
        Object.assign(log, asValidation(engine.inference(() => evaluateResident(engine, validation, run.batchSize))));
      history.epochs.push(log);
      history.iterations = engine.steps - stepsBefore;
      if (log.skipped !== undefined) history.skipped = (history.skipped ?? 0) + log.skipped;
      run.countEpoch();
      run.pace.schedule?.endEpoch(log);
      for (const c of callbacks)
        if ((await answerOf(c.onEpochEnd?.(log, model), signal)) === false) loop.stopped = true;
      if (loop.stopped) {
        history.stoppedEarly = true;
        break;
      }
    }
    await loop.end(history.epochs.at(-1)!, steps);
    // An average becomes the model's weights; a rule that keeps a sequence apart goes on from its own.
    const averages = engine.plan.request.training?.fields.emaDecay !== 0;
    engine.evalWeights.park(averages || memory.get("Trainer", engine.plan.trainer, "averaged") > 0);
  } catch (error) {
    if (error instanceof TrainletError) error.history = history;
    else engine.evalWeights.park();
    diverged = (error as Partial<TrainletError> | null)?.code === "DIVERGED";
    throw error;
  } finally {
    // What the rule keeps of a run that diverged is as broken as the weights that were.
    for (const c of callbacks) if (c.finish?.(model) && diverged) engine.adoptValues(true);
    // What was averaged is the model's now, or was given up with the run.
    memory.set("Trainer", engine.plan.trainer, { averaged: 0 });
    engine.endRun(mark);
    history.iterations = engine.steps - stepsBefore;
    history.seconds = (performance.now() - started) / 1000;
  }
  return history;
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
  readonly #watching: Run["callbacks"];
  readonly #data: Resident;
  readonly #signal: AbortSignal | undefined;
  /** Steps of the model that `onProgress` has heard of. */
  #told = 0;

  constructor(run: Run, data: Resident, signal?: AbortSignal) {
    this.#run = run;
    this.#data = data;
    this.#signal = signal;
    this.#watching = run.callbacks.filter(c => c.onProgress);
  }

  async epoch(epoch: number, steps: number): Promise<EpochLog> {
    const { engine, train, batchSize, pace, callbacks } = this.#run;
    const each = callbacks.filter(c => c.onBatchEnd);
    engine.select(this.#data, batchSize);
    beginMetrics(engine, this.#data.labels !== 0, {});
    const skippedBefore = engine.skipped;
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
        if (this.#watching.length) await this.#tell({ epoch, loss: readMetrics(engine).loss, lr }, steps);
        await this.#breathe();
      }
      throwIfAborted(this.#signal);
      this.#run.model.checkAlive();
    }
    engine.flush(lr);
    engine.checkParameters();
    const seconds = working / 1000;
    const metrics = readMetrics(engine);
    const samples = Math.min(this.done * batchSize, train.rows);
    return {
      epoch,
      iterations: engine.steps,
      ...metrics,
      ...(skippedBefore !== undefined && { skipped: engine.skipped! - skippedBefore }),
      lr,
      seconds,
      samplesPerSecond: seconds > 0 ? samples / seconds : 0, // clocks of edge workers stand still
    };
  }

  async #look(callbacks: ReturnType<typeof makeCallbacks>, epoch: number, lr: number): Promise<void> {
    const { engine, model } = this.#run;
    const loss = engine.memory.get("Trainer", engine.plan.trainer, "batchLoss");
    const log = { iteration: engine.steps, epoch, loss, lr };
    for (const c of callbacks)
      if ((await answerOf(c.onBatchEnd!(log, model), this.#signal)) === false) this.stopped = true;
  }
  /** Tells how far the run is. */
  async #tell({ epoch, loss, lr }: Pick<ProgressLog, "epoch" | "loss" | "lr">, steps: number): Promise<void> {
    const { engine, model } = this.#run;
    const log = { epoch, step: this.done, steps, iterations: engine.steps, loss, lr };
    this.#told = engine.steps;
    for (const c of this.#watching)
      if ((await answerOf(c.onProgress!(log, model), this.#signal)) === false) this.stopped = true;
  }
  /** Tells of the end, however short the run was. */
  async end(log: EpochLog, steps: number): Promise<void> {
    if (this.#told < this.#run.engine.steps) await this.#tell(log, steps);
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
