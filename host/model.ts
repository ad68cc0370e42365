// A network and everything that users do with it.
import { makeCallbacks } from "./callbacks.ts";
import type { Engine, Snapshot } from "./engine.ts";
import { show, TrainletError } from "./errors.ts";
import { checkFitOptions, evaluateResident, type FitOptions, runFit } from "./fit.ts";
import type { History } from "./history.ts";
import {
  checkFeatures,
  type Data,
  type DatasetLike,
  type FlatData,
  flattenData,
  flattenInputs,
  type Matrix,
  type Targets,
} from "./inputs.ts";
import { checkObject, checkSpec, type Options, type Spec } from "./make-spec.ts";
import type { Metrics, MetricsRequest } from "./metrics.ts";
import { type About, encodeModel } from "./model-file.ts";
import { kinds } from "./network-spec.ts";
import { baseRate } from "./rates.ts";
import { createSchedule, type Schedule, type ScheduleSpec } from "./schedules/schedule.ts";
import { summarise } from "./summary.ts";
import { resolveTraining, type Training, type TrainingOptions, trainingOptions } from "./training.ts";
import { classWeights, sampleWeights } from "./weights.ts";

export interface CompileOptions extends TrainingOptions {
  schedule?: ScheduleSpec | { type: string };
}
export interface Parameter {
  /** As in PyTorch's state dict: "0.weight". */
  name: string;
  /** Weights [outputs, inputs]. */
  shape: number[];
  /** A copy. */
  value: Float32Array;
  /** A copy of the last gradient, before clipping. */
  grad: Float32Array;
}

const compileOptions: Options = { ...trainingOptions, schedule: { type: "any" } };
const batchOptions: Options = { sampleWeight: { type: "any" } };
const evaluateOptions: Options = { topK: { type: "i32", low: 1, range: "[1, inf)" }, report: { type: "bool" } };

export class Model {
  /** The network as plain JSON. */
  readonly spec: {
    readonly layers: readonly Spec[];
    readonly inputs: number;
    readonly loss: Spec;
    readonly seed: number;
  };
  #engine: Engine | undefined;
  #about: About = {};
  #optimizer: Spec | undefined;
  #schedule: Schedule | undefined;
  #epochs = 0;
  #busy = false;

  constructor(engine: Engine, spec: Model["spec"]) {
    this.#engine = engine;
    this.spec = spec;
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
  /** Steps taken. */
  get iterations(): number {
    return this.#core.steps;
  }

  /** Trains on data; rejects with `DIVERGED` when a loss or parameter is no longer finite. */
  async fit(data: Data, options: FitOptions = {}): Promise<History> {
    const engine = this.#idle("fit");
    checkFitOptions(options);
    options.signal?.throwIfAborted();
    const all = this.#flatten(data, "data");
    let train = all;
    let validation: FlatData | undefined;
    if (typeof options.validation === "number") [train, validation] = this.#divide(all, options.validation);
    else if (options.validation !== undefined) validation = this.#flatten(options.validation, "validation");
    const training = this.#training(options);
    const optimizer = training ? training.rules[0]!.spec : this.#optimizer!;
    const batchSize = options.batchSize === "full" ? train.rows : Math.min(options.batchSize ?? 32, train.rows);
    const names = this.#about.classNames ?? (data as DatasetLike).classNames;
    const epochs = options.epochs ?? 1;
    const length = { epochs, steps: epochs * Math.ceil(train.rows / batchSize) };
    const run = {
      model: this as Model,
      engine,
      train,
      validation,
      batchSize,
      optimizer,
      sampleWeight: sampleWeights(options.sampleWeight, all.rows)?.subarray(0, train.rows),
      classWeight: classWeights(options.classWeight, train.labels ? Math.max(engine.plan.outputs, 2) : 0, names),
      epochsBefore: this.#epochs,
      scale: this.#scaleFor(data as DatasetLike),
      schedule: options.schedule
        ? createSchedule(options.schedule as ScheduleSpec, { baseLr: baseRate(optimizer), ...length })
        : training
          ? undefined
          : this.#schedule,
      callbacks: makeCallbacks(options.callbacks, validation !== undefined),
    };
    // Everything that can be refused has been by now, or is here: nothing of the model has changed yet.
    engine.check(all);
    if (validation && typeof options.validation !== "number") engine.check(validation);
    this.#busy = true;
    try {
      this.#train(Math.max(batchSize, Math.min(train.rows, 256)), training);
      this.#takeFrom(data as DatasetLike);
      const history = await runFit(run, options);
      this.#epochs += history.epochs.length;
      return history;
    } finally {
      this.#busy = false;
    }
  }

  /** Sets the rule for `trainBatch` (and for a `fit` without one); its state starts anew. */
  compile(options: CompileOptions): void {
    const engine = this.#idle("compile");
    checkObject("compile", options, "{ optimizer: adam() }");
    checkSpec("compile", options, compileOptions);
    const training = resolveTraining("compile", options, engine.plan.request.steps);
    const optimizer = training.rules[0]!.spec;
    const schedule = options.schedule as ScheduleSpec | undefined;
    if (schedule?.per === "epoch") {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        'compile: schedule has per: "epoch", but trainBatch knows no epochs; leave per out to count batches',
      );
    }
    const whole = schedule !== null && typeof schedule === "object" ? { ...schedule, per: "batch" as const } : schedule;
    const next = whole && createSchedule(whole, { baseLr: baseRate(optimizer) });
    this.#train(1, training);
    this.#schedule = next;
  }

  /** One forward, backward and update on rows x [rows, inputs] with targets y; gives the loss before the update. */
  trainBatch(x: Matrix, y: Targets, options: { sampleWeight?: ArrayLike<number> } = {}): number {
    const engine = this.#idle("trainBatch");
    if (!this.#optimizer) throw new TrainletError("NOT_COMPILED", "trainBatch: call compile({ optimizer: … }) first");
    checkSpec("trainBatch", options, batchOptions);
    const data = this.#flatten({ x, y }, "");
    const sampleWeight = sampleWeights(options.sampleWeight, data.rows);
    if (data.rows > engine.plan.capacity) engine.check(data);
    engine.prepare(data.rows);
    const mark = engine.memory.top;
    try {
      const resident = engine.load(data, { sampleWeight });
      engine.select(resident, data.rows);
      engine.train([this.#schedule?.lr ?? baseRate(this.#optimizer)]);
      const loss = engine.memory.get("Trainer", engine.plan.trainer, "batchLoss");
      this.#schedule?.step(loss);
      return loss;
    } finally {
      engine.endRun(mark);
    }
  }

  /** Loss and metrics on data: accuracy, or mae, rmse and r2; with `report` also the confusion of classes. */
  async evaluate(data: Data, options: Omit<MetricsRequest, "classNames"> = {}): Promise<Metrics> {
    const engine = this.#core;
    checkSpec("evaluate", options, evaluateOptions);
    const flat = this.#flatten(data, "data");
    if (!this.#busy) engine.prepare(Math.min(flat.rows, 256));
    const classNames = this.#about.classNames ?? (data as DatasetLike).classNames;
    return engine.withData(flat, resident =>
      engine.inference(() => evaluateResident(engine, resident, 256, { ...options, classNames })),
    );
  }

  /** Outputs for rows x: Float32Array, row-major [rows, outputs]. */
  predict(x: Matrix | DatasetLike): Float32Array<ArrayBuffer> {
    const engine = this.#core;
    const set = x !== null && typeof x === "object" && "x" in x ? x : undefined;
    if (set) {
      checkFeatures(set, this.inputs, "x");
      this.#checkNames({ featureNames: set.featureNames }, "x");
    }
    const flat = flattenInputs(set ? set.x : x, this.inputs);
    if (!this.#busy) engine.prepare(Math.min(flat.rows, 256));
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
    const { memory, plan } = this.#core;
    return plan.parameters.map(p => ({
      name: p.name,
      shape: [...p.shape],
      value: memory.f32(p.at, p.length).slice(),
      grad: memory.f32(p.grad, p.length).slice(),
    }));
  }
  /** Running statistics: name, shape and value. */
  buffers(): { name: string; shape: number[]; value: Float32Array }[] {
    const { memory, plan } = this.#core;
    return plan.statistics.map(s => ({ name: s.name, shape: [...s.shape], value: memory.f32(s.at, s.length).slice() }));
  }
  /** Sets parameters and statistics by name; a wrong name or size throws and changes nothing. */
  loadParameters(tensors: Readonly<Record<string, ArrayLike<number>>>): void {
    const { memory, plan } = this.#core;
    if (tensors === null || typeof tensors !== "object") {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `loadParameters: tensors is ${show(tensors)}; give an object, as in { "0.weight": … }`,
      );
    }
    const known = new Map([...plan.parameters, ...plan.statistics].map(t => [t.name, t]));
    const ready = Object.entries(tensors).map(([name, values]) => {
      const tensor = known.get(name);
      if (!tensor) {
        const names = [...known.keys()].join(", ");
        throw new TrainletError(
          "INVALID_ARGUMENT",
          `loadParameters: there is no ${show(name)}; the model has ${names}`,
        );
      }
      if (values?.length !== tensor.length) {
        const message = `loadParameters: ${name} has ${values?.length ?? "no"} numbers; its shape is [${tensor.shape.join(", ")}]`;
        throw new TrainletError("SHAPE_MISMATCH", message);
      }
      const numbers = Float32Array.from(values);
      if (!numbers.every(Number.isFinite)) {
        throw new TrainletError("NON_FINITE_DATA", `loadParameters: ${name} has a number that is not finite`);
      }
      return { tensor, numbers };
    });
    for (const { tensor, numbers } of ready) memory.f32(tensor.at, tensor.length).set(numbers);
    this.#core.adoptValues();
  }

  /** A copy of everything trained, for `restore`. */
  snapshot(): Snapshot {
    return this.#core.inference(() => this.#core.snapshot());
  }
  restore(snapshot: Snapshot): void {
    const { plan } = this.#core;
    const fits = (own: readonly { length: number }[], given: readonly Float32Array[] | undefined) =>
      given?.length === own.length &&
      own.every((t, i) => given[i] instanceof Float32Array && given[i]!.length === t.length);
    if (!Array.isArray(snapshot?.values) || !Array.isArray(snapshot.statistics)) {
      throw new TrainletError("INVALID_ARGUMENT", `restore: snapshot is ${show(snapshot)}; give what snapshot() gave`);
    }
    if (!fits(plan.parameters, snapshot.values) || !fits(plan.statistics, snapshot.statistics)) {
      throw new TrainletError("SHAPE_MISMATCH", "restore: the snapshot's tensors are not of this model's shapes");
    }
    this.#core.restore(snapshot);
    this.#core.adoptValues();
  }

  /** The model as the bytes of a safetensors file: weights, architecture, scaler, class names. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const about = { ...this.#about, epochs: this.#epochs, scaler: this.#core.scaler };
    return this.#core.inference(() => encodeModel(this.spec, [...this.parameters(), ...this.buffers()], about));
  }
  /** Writes `toBytes()` to a file, which replaces an old one only when it is complete; Node, Deno and Bun. */
  async save(path: string): Promise<void> {
    const bytes = this.toBytes();
    const { writeFileAtomic } = await import("./files/atomic.ts");
    await writeFileAtomic(path, bytes);
  }
  /** Takes over what a file held; a model only just made is all that this is for. */
  adopt(tensors: Readonly<Record<string, Float32Array>>, about: About): void {
    this.loadParameters(tensors);
    this.#about = about;
    this.#epochs = about.epochs ?? 0;
    if (about.scaler) this.#core.setScaler(about.scaler);
  }

  /** A table: layer, output shape, parameters; then the memory plan in bytes. */
  summary(): string {
    return summarise(this.#core, this.spec.layers.length);
  }

  /** Lets go of the memory; the model cannot be used after. */
  dispose(): void {
    this.#engine = undefined;
  }
  [Symbol.dispose](): void {
    this.dispose();
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
  #flatten(data: unknown, name: string): FlatData {
    const { memory, plan } = this.#core;
    const { core } = memory;
    if (data !== null && typeof data === "object") this.#checkNames(data as Partial<DatasetLike>, name || "data");
    const shape = {
      inputs: this.inputs,
      outputs: plan.outputs,
      indices: core.accepts(plan.loss, core.indexTarget()) !== 0,
    };
    const flat = flattenData(data, shape, name || "data");
    if (flat.targets && !core.accepts(plan.loss, core.valueTarget())) {
      const message = `y holds numbers; ${this.spec.loss.type} needs class indices: an Int32Array or a list of whole numbers`;
      throw new TrainletError("INVALID_ARGUMENT", message);
    }
    return flat;
  }
  #divide(all: FlatData, share: number): [FlatData, FlatData] {
    const kept = Math.round(all.rows * share);
    if (!(share > 0 && share < 1) || kept < 1 || kept >= all.rows) {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `fit: validation is ${share}; it should be a share in (0, 1) that leaves rows on both sides, or data`,
      );
    }
    const cut = all.rows - kept;
    const part = (from: number, to: number): FlatData => ({
      rows: to - from,
      x: all.x.subarray(from * this.inputs, to * this.inputs),
      labels: all.labels?.subarray(from, to),
      targets: all.targets?.subarray(from * this.outputs, to * this.outputs),
    });
    return [part(0, cut), part(cut, all.rows)];
  }
  /** What the options of `fit` say of training; nothing where they leave it to what `compile` set. */
  #training(options: FitOptions): Training | undefined {
    if (options.optimizer !== undefined) {
      return resolveTraining(
        "fit",
        options as TrainingOptions,
        this.#core.plan.request.steps,
        options.swa !== undefined,
      );
    }
    if (!this.#optimizer) {
      throw new TrainletError(
        "NOT_COMPILED",
        "fit: optimizer is missing; give one, as in { optimizer: adam() }, or call compile first",
      );
    }
    const lone = [...Object.keys(trainingOptions), "swa"].find(name => options[name as keyof FitOptions] !== undefined);
    if (!lone) return undefined;
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `fit: ${lone} goes with an optimizer; give one here, or both to compile`,
    );
  }
  /** Makes room for batches of `rows` and for a new way of training, if one is given. */
  #train(rows: number, training: Training | undefined): void {
    if (training) this.#checkDrive(training);
    this.#core.prepare(rows, training);
    if (!training) return;
    this.#optimizer = training.rules[0]!.spec;
    this.#schedule = undefined;
  }
  /** Refuses what a rule that measures for itself could not honour. */
  #checkDrive({ rules, fields, decayBiases }: Training): void {
    const { plan } = this.#core;
    const driver = rules.find(r => kinds.optimizer[r.spec.type]!.drives);
    if (!driver) return;
    const { type } = driver.spec;
    const clashes: [string, boolean][] = [
      ["groups", rules.length > 1],
      ["decayBiases", !decayBiases],
      ["lrScale", plan.parameters.some(p => (p.step.settings.lrScale ?? 1) !== 1)],
      ["accumulate", (fields.accumulate as number) > 1],
      ["sam", fields.samRho !== 0],
      ["skipNonFinite", fields.skipNonFinite === true],
      ...(["clipNorm", "clipValue", "clipTensorNorm", "clipAdaptive"] as const).map(
        c => [c, fields[c] !== 0] as [string, boolean],
      ),
    ];
    const clash = clashes.find(([, is]) => is);
    if (!clash) return;
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `${clash[0]} does not go with ${type}, which measures the loss for itself; leave it out`,
    );
  }
  /** Throws when data that names its classes or features names others than the model learnt, or in another order. */
  #checkNames(data: Partial<DatasetLike>, name: string): void {
    const pairs = [
      ["classes", this.#about.classNames, data.classNames, "UNKNOWN_LABEL"],
      ["features", this.#about.featureNames, data.featureNames, "SHAPE_MISMATCH"],
    ] as const;
    for (const [what, own, given, code] of pairs) {
      if (!own || !given || (own.length === given.length && own.every((n, i) => n === given[i]))) continue;
      const list = (names: readonly string[]) =>
        names.length > 8 ? `${names.slice(0, 8).join(", ")}, …` : names.join(", ");
      const message = `${name} has the ${what} ${list(given)}; the model learnt ${list(own)}, in that order. Read a table with csv(…, { schema: model.schema })`;
      throw new TrainletError(code, message);
    }
  }
  /** The scaling that the data asks for: only before the first training, as a scaler belongs to the weights behind it. */
  #scaleFor({ scale = "none" }: DatasetLike): "none" | "standard" | "minmax" {
    if (!["none", "standard", "minmax"].includes(scale)) {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `data.scale is ${show(scale)}; it should be "none", "standard" or "minmax"`,
      );
    }
    return this.#epochs === 0 && !this.#core.scaler ? scale : "none";
  }
  /** Class names and schema, from the data that a model is first trained on. */
  #takeFrom(data: DatasetLike): void {
    this.#about.classNames ??= data.classNames;
    this.#about.featureNames ??= data.featureNames;
    this.#about.schema ??= data.schema;
  }
}
