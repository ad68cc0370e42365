// A network and everything that users do with it.
import { makeCallbacks } from "./callbacks.ts";
import { Holder } from "./disposable.ts";
import type { Engine, Snapshot } from "./engine.ts";
import { TrainletError } from "./errors.ts";
import { checkFitOptions, evaluateResident, type FitOptions, runFit } from "./fit.ts";
import type { FitStepsOptions, StepsLog } from "./fit-steps.ts";
import type { History } from "./history.ts";
import {
  checkFeatures,
  type Data,
  type DatasetLike,
  type FlatData,
  flattenInputs,
  type Matrix,
  type Targets,
} from "./inputs.ts";
import { checkObject, checkSpec, clonePlain, freeze, type Spec } from "./make-spec.ts";
import type { Metrics, MetricsRequest } from "./metrics.ts";
import { checkNames, flattenFor, type Scaling, scalingOf } from "./model-data.ts";
import { type About, encodeModel } from "./model-file.ts";
import { Pace } from "./pace.ts";
import { baseRate } from "./rates.ts";
import { optionsOf } from "./rows.ts";
import { fetchFor } from "./schedules/known.ts";
import { type RateOfStep, type ScheduleSpec, type ScheduleState, startSchedule } from "./schedules/schedule.ts";
import { throwIfAborted } from "./signal.ts";
import { fetchPlace } from "./storage/fetch-place.ts";
import type { ModelStorage } from "./storage/storage.ts";
import { summarise } from "./summary.ts";
import { checkSnapshot, type KeptBuffer, listBuffers, listParameters, type Parameter, setTensors } from "./tensors.ts";
import { resolveTraining, type Training, type TrainingOptions, trainingOptions } from "./training.ts";
import { recordOf, type TrainingRecord } from "./training-state.ts";

export type { Parameter } from "./tensors.ts";

export interface CompileOptions extends TrainingOptions {
  /** How the learning rate goes on, by batches; reduceOnPlateau takes the loss of each in `trainBatch`. */
  schedule?: ScheduleSpec | { type: string } | RateOfStep;
}
export interface SaveOptions {
  /** Whether the file also holds what training needs to go on bit for bit: the rule's state, averages, the schedule of
   * `compile` or `fitSteps`. Default false. */
  optimizer?: boolean;
}
export interface SaveToOptions extends SaveOptions {
  /** Where the name belongs: an adapter of `trainlet/storage`, or one's own. Default: the file system. */
  storage?: ModelStorage;
}

type Fitted = NonNullable<TrainingRecord["fitted"]>;

export class Model extends Holder {
  /** The network as plain JSON. */
  readonly spec: {
    readonly layers: readonly Spec[];
    readonly inputs: number;
    readonly loss: Spec;
    readonly seed: number;
  };
  #engine: Engine | undefined;
  #about: About;
  /** How training goes on; nothing before `compile` or a `fit`. */
  #pace: Pace | undefined;
  #history: History | undefined;
  /** The schedule that the last `fit` was given. */
  #fitted: Fitted | undefined;
  #epochs: number;
  #busy = false;

  constructor(
    engine: Engine,
    spec: Model["spec"],
    { about = {}, pace, fitted }: { about?: About; pace?: Pace; fitted?: Fitted } = {},
  ) {
    super();
    this.#engine = engine;
    this.spec = spec;
    this.#about = about;
    this.#epochs = about.epochs ?? 0;
    this.#pace = pace;
    this.#fitted = fitted;
  }

  get inputs(): number {
    return this.spec.inputs;
  }
  get outputs(): number {
    return this.#core.plan.outputs;
  }
  /** Names of the classes, where the data that the model was trained on had them. */
  get classNames(): readonly string[] | undefined {
    return this.#about.classNames;
  }
  /** How the columns of a table become inputs, where the model was trained on a table. */
  get schema(): unknown {
    return this.#about.schema;
  }
  /** What the last `fit` came to, or has come to so far; where an error or a signal has ended it too. */
  get history(): History | undefined {
    return this.#history;
  }
  /** Steps taken. */
  get iterations(): number {
    return this.#core.steps;
  }

  /** Trains on data; rejects with `DIVERGED` when a loss or parameter is no longer finite. */
  async fit(data: Data, options: FitOptions = {}): Promise<History> {
    const missing = fetchFor(options?.schedule);
    if (missing) await missing;
    const byClass = options?.classWeight === undefined ? undefined : await import("./class-weights.ts");
    const share = typeof options?.validation === "number" ? await import("./divide.ts") : undefined;
    const engine = this.#idle("fit");
    checkFitOptions(options);
    throwIfAborted(options.signal);
    const all = this.#flatten(data, "data", options.sampleWeight);
    let train = all;
    let validation: FlatData | undefined;
    if (share) [train, validation] = share.divide(engine, all, options.validation as number);
    else if (options.validation !== undefined) validation = this.#flatten(options.validation, "validation");
    const training = this.#training("fit", options);
    const about = this.#learnt(data as DatasetLike);
    const batchSize = options.batchSize === "full" ? train.rows : Math.min(options.batchSize ?? 32, train.rows);
    const names = this.#about.classNames ?? (data as DatasetLike).classNames;
    const run = {
      model: this as Model,
      engine,
      train,
      validation,
      batchSize,
      classWeight: byClass?.classWeights(
        options.classWeight,
        train.labels ? Math.max(engine.plan.outputs, 2) : 0,
        names,
      ),
      epochsBefore: this.#epochs,
      scale: this.#scaleFor("fit", data as DatasetLike),
      pace: this.#paceFor(options, training, Math.ceil(train.rows / batchSize)),
      callbacks: makeCallbacks(options.callbacks, validation !== undefined),
      history: { epochs: [], iterations: 0, seconds: 0, stoppedEarly: false },
      countEpoch: () => {
        this.#epochs++;
      },
    };
    // Everything that can be refused has been by now, or is here: nothing of the model has changed yet.
    engine.checkBatch("fit", batchSize);
    engine.check(all);
    if (validation && !share) engine.check(validation);
    this.#busy = true;
    try {
      await engine.crew?.start();
      engine.prepare(Math.max(batchSize, Math.min(train.rows, 256)), training);
      if (training) this.#pace = new Pace(training.rules[0]!.spec);
      this.#fitted = options.schedule && run.pace.schedule;
      this.#history = run.history;
      this.#about = about;
      return await runFit(run, { ...options, swa: options.swa && { ...options.swa } });
    } finally {
      this.#busy = false;
    }
  }

  /** Trains for so many steps, wherever in the data that ends, and tells of them as it goes. A run in parts, with
   * `toBytes({ optimizer: true })` and `fromBytes` between them, gives the same bits as one. */
  async *fitSteps(data: Data, options: FitStepsOptions): AsyncGenerator<StepsLog, void, undefined> {
    const missing = fetchFor(options?.schedule);
    if (missing) await missing;
    const byClass = options?.classWeight === undefined ? undefined : await import("./class-weights.ts");
    const { checkStepsOptions, runSteps } = await import("./fit-steps.ts");
    const engine = this.#idle("fitSteps");
    checkStepsOptions(options);
    throwIfAborted(options.signal);
    const train = this.#flatten(data, "data", options.sampleWeight);
    const training = this.#training("fitSteps", options);
    const about = this.#learnt(data as DatasetLike);
    const batchSize = options.batchSize === "full" ? train.rows : Math.min(options.batchSize ?? 32, train.rows);
    const names = this.#about.classNames ?? (data as DatasetLike).classNames;
    const classes = train.labels ? Math.max(engine.plan.outputs, 2) : 0;
    const run = {
      engine,
      train,
      batchSize,
      classWeight: byClass?.classWeights(options.classWeight, classes, names),
      scale: this.#scaleFor("fitSteps", data as DatasetLike),
      pace: training ? this.#paceOf("fitSteps", training, options.schedule, options.steps) : this.#pace!,
      countEpoch: () => {
        this.#epochs++;
      },
      checkAlive: () => this.checkAlive(),
    };
    engine.checkBatch("fitSteps", batchSize);
    engine.check(train);
    this.#busy = true;
    try {
      await engine.crew?.start();
      engine.prepare(Math.max(batchSize, Math.min(train.rows, 256)), training);
      this.#pace = run.pace;
      this.#about = about;
      yield* runSteps(run, options);
    } finally {
      this.#busy = false;
    }
  }

  /** Sets the rule for `trainBatch` (and for a `fit` without one); its state starts anew. */
  compile(options: CompileOptions): void {
    const engine = this.#idle("compile");
    checkObject("compile", options, "{ optimizer: adam() }");
    checkSpec("compile", options, `${trainingOptions} schedule:any`);
    const training = resolveTraining("compile", options, engine.plan.request);
    const next = this.#paceOf("compile", training, options.schedule);
    engine.prepare(1, training);
    engine.crew?.start().catch(() => {}); // trainBatch takes what is there; what went wrong the next fit says
    this.#pace = next;
  }
  /** Rates of a schedule that counts batches; `steps` is the length of the run, where that is known. */
  #paceOf(call: string, training: Training, given: CompileOptions["schedule"], steps?: number): Pace {
    const optimizer = training.rules[0]!.spec;
    const context = { baseLr: baseRate(optimizer), steps, monitor: "loss", call };
    return new Pace(optimizer, given == null ? undefined : startSchedule(given as ScheduleSpec, context, "batch"));
  }

  /** One forward, backward and update on rows x [rows, inputs] with targets y; gives the loss before the update. */
  trainBatch(x: Matrix, y: Targets, options: { sampleWeight?: ArrayLike<number> } = {}): number {
    const engine = this.#idle("trainBatch");
    const pace = this.#pace;
    if (!pace) throw new TrainletError("NOT_COMPILED", "trainBatch: call compile({ optimizer: … }) first");
    checkSpec("trainBatch", options, "sampleWeight:any");
    const data = this.#flatten({ x, y }, "", options.sampleWeight);
    engine.checkBatch("trainBatch", data.rows);
    if (data.rows > engine.plan.capacity) engine.check(data);
    engine.prepare(data.rows);
    const mark = engine.memory.top;
    try {
      const resident = engine.load(data);
      engine.select(resident, data.rows);
      engine.train([pace.lr], pace.momentum === undefined ? undefined : [pace.momentum]);
      const loss = engine.memory.get("Trainer", engine.plan.trainer, "batchLoss");
      pace.schedule?.step({ loss });
      return loss;
    } finally {
      engine.endRun(mark);
    }
  }

  /** Loss and metrics on data: accuracy, or mae, rmse and r2; with `report` also the confusion of classes. */
  async evaluate(data: Data, options: MetricsRequest = {}): Promise<Metrics> {
    const engine = this.#core;
    checkSpec("evaluate", options, "topK:i32[1,inf) report:bool sampleWeight:any");
    const flat = this.#flatten(data, "data", options.sampleWeight);
    if (!this.#busy) engine.makeRoom(Math.min(flat.rows, 256));
    const classNames = this.#about.classNames ?? (data as DatasetLike).classNames;
    const metrics = engine.withData(flat, resident =>
      engine.inference(() => evaluateResident(engine, resident, 256, options)),
    );
    if (!metrics.confusion) return metrics;
    const { reportOf } = await import("./report.ts");
    return { ...metrics, ...reportOf(metrics.confusion, classNames) };
  }

  /** Outputs for rows x: Float32Array, row-major [rows, outputs]. */
  predict(x: Matrix | DatasetLike): Float32Array<ArrayBuffer> {
    const engine = this.#core;
    const set = x !== null && typeof x === "object" && "x" in x ? x : undefined;
    if (set) {
      checkFeatures(set, this.inputs, "x");
      checkNames(this.#about, { featureNames: set.featureNames }, "x");
    }
    const flat = flattenInputs(set ? set.x : x, this.inputs);
    if (!this.#busy) engine.makeRoom(Math.min(flat.rows, 256));
    const { memory, plan } = engine;
    return engine.aside(() => {
      const at = engine.loadInputs(flat);
      const out = memory.place(flat.rows * plan.outputs * 4);
      engine.select(
        { rows: flat.rows, x: at, labels: 0, targets: 0, sampleWeights: 0, classFactors: 0, order: 0 },
        Math.min(256, plan.capacity),
      );
      engine.inference(() => memory.core.predict(plan.network, out));
      return memory.f32(out, flat.rows * plan.outputs).slice();
    });
  }

  /** Name, shape, value and last gradient of every parameter. */
  parameters(): Parameter[] {
    return listParameters(this.#core);
  }
  /** Running statistics: name, shape and value. */
  buffers(): KeptBuffer[] {
    return listBuffers(this.#core);
  }
  /** Sets parameters and statistics by name; a wrong name or size throws and changes nothing. */
  loadParameters(tensors: Readonly<Record<string, ArrayLike<number>>>): void {
    setTensors(this.#core, tensors);
    this.#core.adoptValues();
  }

  /** A copy of everything trained, for `restore`. */
  snapshot(): Snapshot {
    return this.#core.inference(() => this.#core.snapshot());
  }
  restore(snapshot: Snapshot): void {
    checkSnapshot(this.#core, snapshot);
    this.#core.restore(snapshot);
    this.#core.adoptValues();
  }

  /** The model as the bytes of a safetensors file: weights, architecture, scaler, class names.
   * @throws TrainletError NON_FINITE_DATA where a tensor has a number that is not finite: no file could be read again.
   */
  toBytes(options: SaveOptions = {}): Uint8Array<ArrayBuffer> {
    checkSpec("toBytes", options, "optimizer:bool");
    const engine = this.#core;
    const about = { ...this.#about, epochs: this.#epochs, trained: this.#trained || undefined };
    const training = options.optimizer ? this.#trainingRecord() : undefined;
    return engine.stored(training !== undefined, tensors =>
      encodeModel(engine.memory, this.spec, tensors, about, training),
    );
  }
  /** Writes `toBytes()` to a file (Node, Deno, Bun) or under a name of the storage; what was there is replaced only
   * when all is written.
   * @throws TrainletError FILE_ERROR, UNSUPPORTED where there is no file system or no such storage, and as the storage
   * says.
   */
  async save(name: string, options: SaveToOptions = {}): Promise<void> {
    checkSpec("save", options, "optimizer:bool storage:any");
    const { storage, ...more } = options;
    const bytes = this.toBytes(more);
    const { writeTo } = await fetchPlace();
    await writeTo(storage, name, bytes);
  }
  #trainingRecord(): TrainingRecord {
    const engine = this.#core;
    const pace = this.#pace;
    if (!pace)
      throw new TrainletError("NOT_COMPILED", "toBytes: there is no optimizer to save; call compile or fit first");
    const { schedule } = pace;
    const fitted = this.#fitted;
    return {
      ...recordOf(engine.memory, engine.plan),
      schedule: schedule && {
        spec: clonePlain(schedule.spec, "schedule"),
        state: schedule.state,
        steps: schedule.context.steps,
      },
      fitted: fitted && { spec: fitted.spec, state: fitted.state },
    };
  }
  /** A table: layer, output shape, parameters; then the memory plan in bytes. */
  summary(): string {
    return summarise(this.#core, this.spec.layers.length);
  }

  /** Lets go of the memory; the model cannot be used after. */
  override dispose(): void {
    this.#engine?.crew?.stop();
    this.#engine = undefined;
  }

  /** Throws when the model has been disposed of. */
  checkAlive(): void {
    this.#core;
  }
  get #core(): Engine {
    if (!this.#engine) throw new TrainletError("DISPOSED", "the model has been disposed of; make or load another");
    return this.#engine;
  }
  /** The engine, unless a `fit` is under way, whose plan must not change. */
  #idle(call: string): Engine {
    if (this.#busy)
      throw new TrainletError("INVALID_ARGUMENT", `${call}: a fit of this model is under way; await it first`);
    return this.#core;
  }
  #flatten(data: unknown, name: string, weights?: ArrayLike<number>): FlatData {
    return flattenFor(this.#core, this.#about, data, name, weights);
  }
  /** Whether the weights have taken a step, here or before they were in a file. */
  get #trained(): boolean {
    return this.#core.steps > 0 || this.#epochs > 0 || this.#about.trained === true;
  }
  /** The scaling that is to be fitted: a scaler belongs to the weights behind it and comes before their first step. */
  #scaleFor(call: string, data: DatasetLike): Scaling {
    const scale = scalingOf(data);
    if (scale === "none" || this.#core.scaled) return "none";
    if (!this.#trained) return scale;
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `${call}: data.scale is "${scale}", but the model was trained on inputs as they are; give scale: "none" or begin with a new model`,
    );
  }
  /** What the options of `fit` say of training; nothing where they leave it to what `compile` set. */
  #training(call: string, options: FitOptions | FitStepsOptions): Training | undefined {
    const swa = "swa" in options && options.swa !== undefined;
    if (options.optimizer !== undefined) {
      return resolveTraining(call, options as TrainingOptions, this.#core.plan.request, swa);
    }
    if (!this.#pace) {
      throw new TrainletError(
        "NOT_COMPILED",
        `${call}: optimizer is missing; give one, as in { optimizer: adam() }, or call compile first`,
      );
    }
    const lone = [...Object.keys(optionsOf(trainingOptions)), "swa"].find(
      name => (options as FitOptions)[name as keyof FitOptions] !== undefined,
    );
    if (!lone) return undefined;
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `${call}: ${lone} goes with an optimizer; give one here, or both to compile`,
    );
  }
  /** Where the rate comes from: a schedule given to `fit`, or what `compile` set. */
  #paceFor(options: FitOptions, training: Training | undefined, steps: number): Pace {
    const optimizer = training ? training.rules[0]!.spec : this.#pace!.optimizer;
    const { schedule, epochs = 1 } = options;
    if (schedule == null) return training ? new Pace(optimizer) : this.#pace!;
    const monitor = options.validation === undefined ? "loss" : "valLoss";
    const context = { baseLr: baseRate(optimizer), epochs, steps: epochs * steps, monitor };
    const made = startSchedule(schedule as ScheduleSpec, context);
    made.skip(options.initialEpoch ?? 0, steps);
    const before = this.#fitted;
    // The same schedule at the same place: what it has seen there counts on.
    if (before && JSON.stringify(before.spec) === JSON.stringify(schedule) && placeOf(before) === placeOf(made)) {
      made.restore(before.state);
    }
    return new Pace(optimizer, made);
  }
  /** Class names and schema, copied from the data that a model is first trained on. */
  #learnt(data: DatasetLike): About {
    const { classNames = data.classNames, featureNames = data.featureNames, schema = data.schema } = this.#about;
    return freeze({ ...this.#about, ...clonePlain({ classNames, featureNames, schema }, "data") });
  }
}

/** How far a schedule is, and those inside. */
function placeOf({ state }: { state: ScheduleState }): string {
  return JSON.stringify(state, ["t", "parts"]);
}
