// A network and everything that users do with it.
import { Engine, type Snapshot } from "./engine.ts";
import { show, TrainletError } from "./errors.ts";
import { checkFitOptions, evaluateResident, type FitOptions, runFit } from "./fit.ts";
import type { History } from "./history.ts";
import { type Data, type DatasetLike, type FlatData, flattenData, flattenInputs, type Matrix, type Targets } from "./inputs.ts";
import { checkSpec, type Options, type Spec } from "./make-spec.ts";
import type { Metrics, MetricsRequest } from "./metrics.ts";
import { type About, decodeModel, encodeModel } from "./model-file.ts";
import { checkLossFits, expand, resolve } from "./network-spec.ts";
import { baseRate } from "./rates.ts";
import { createSchedule, type Schedule, type ScheduleSpec } from "./schedules/schedule.ts";
import { summarise } from "./summary.ts";
import { resolveTraining, type Training, type TrainingOptions, trainingOptions } from "./training.ts";
import { classWeights, sampleWeights } from "./weights.ts";

export interface ModelOptions {
  /** Features of a row. */
  inputs: number;
  /** What is minimised: `crossEntropy()`, `mse()`, … */
  loss: Spec | { type: string };
  /** What all random numbers follow from. Default 0. */
  seed?: number;
  /** Threads; this build has one. */
  threads?: 1 | "auto";
  /** "strict": the same bits in every engine. */
  arithmetic?: "strict";
}
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

const modelOptions: Options = {
  inputs: { type: "i32", low: 1, range: "[1, inf)" },
  loss: { type: "any" },
  seed: { type: "f64", low: 0, high: 2 ** 32 - 1, range: "[0, 4294967295]" },
  threads: { type: "any" },
  arithmetic: { type: "values", values: ["strict"] },
};
const compileOptions: Options = { ...trainingOptions, schedule: { type: "any" } };
const batchOptions: Options = { sampleWeight: { type: "any" } };
const evaluateOptions: Options = { topK: { type: "i32", low: 1, range: "[1, inf)" }, report: { type: "bool" } };

/** A network of layers in a row, its parameters drawn from the seed. Throws on shapes and options that do not fit. */
export async function sequential(layers: readonly (Spec | { type: string })[], options: ModelOptions): Promise<Model> {
  if (options === null || typeof options !== "object") {
    throw new TrainletError("INVALID_ARGUMENT", `sequential: options are ${show(options)}; give { inputs, loss }`);
  }
  checkSpec("sequential", options, modelOptions);
  const { inputs, seed = 0, threads = "auto" } = options;
  if (inputs === undefined) throw new TrainletError("INVALID_ARGUMENT", "sequential: inputs is missing; give the number of features of a row");
  if (!Number.isInteger(seed)) throw new TrainletError("INVALID_ARGUMENT", `sequential: seed is ${seed}; it should be a whole number`);
  if (threads !== 1 && threads !== "auto") {
    throw new TrainletError("UNSUPPORTED", `sequential: threads is ${show(threads)}; this build computes on one thread, so give 1 or "auto"`);
  }
  const steps = expand(layers);
  const loss = resolve("loss", options.loss, "sequential: loss");
  checkLossFits(steps, loss);
  const engine = await Engine.create({ steps, inputs, loss, seed });
  return new Model(engine, { layers: structuredClone(layers) as Spec[], inputs, loss, seed });
}

/** Reads a model that `save` wrote; Node, Deno and Bun. */
export async function load(path: string): Promise<Model> {
  const { readFileChecked } = await import("./files/atomic.ts");
  return fromBytes(await readFileChecked(path), path);
}

/** The model in the bytes of a file. */
export async function fromBytes(bytes: Uint8Array, name = "bytes"): Promise<Model> {
  if (!(bytes instanceof Uint8Array)) {
    throw new TrainletError("INVALID_ARGUMENT", `fromBytes: bytes is ${show(bytes)}; give a Uint8Array`);
  }
  const file = decodeModel(bytes, name);
  const model = await sequential(file.layers, { inputs: file.inputs, loss: file.loss, seed: file.seed });
  model.adopt(file.tensors, file.about, name);
  return model;
}

export class Model {
  /** The network as plain JSON. */
  readonly spec: { readonly layers: readonly Spec[]; readonly inputs: number; readonly loss: Spec; readonly seed: number };
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
    const optimizer = training?.rules[0]!.spec ?? this.#optimizer!;
    const batchSize = options.batchSize === "full" ? train.rows : Math.min(options.batchSize ?? 32, train.rows);
    const names = this.#about.classNames ?? (data as DatasetLike).classNames;
    const run = {
      model: this,
      engine,
      train,
      validation,
      batchSize,
      optimizer,
      sampleWeight: sampleWeights(options.sampleWeight, all.rows)?.subarray(0, train.rows),
      classWeight: classWeights(options.classWeight, train.labels ? Math.max(engine.plan.outputs, 2) : 0, names),
      epochsBefore: this.#epochs,
      scale: this.#takeFrom(data as DatasetLike),
    };
    this.#busy = true;
    try {
      engine.prepare(Math.max(batchSize, Math.min(train.rows, 256)), training);
      this.#checkDrive();
      this.#optimizer = optimizer;
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
    if (options === null || typeof options !== "object") {
      throw new TrainletError("INVALID_ARGUMENT", `compile: options are ${show(options)}; give { optimizer: adam() }`);
    }
    checkSpec("compile", options, compileOptions);
    const training = resolveTraining("compile", options, engine.plan.request.steps);
    const optimizer = training.rules[0]!.spec;
    const schedule = options.schedule && createSchedule(options.schedule as ScheduleSpec, { baseLr: baseRate(optimizer) });
    engine.prepare(1, training);
    this.#checkDrive();
    this.#optimizer = optimizer;
    this.#schedule = schedule;
  }

  /** One forward, backward and update on rows x [rows, inputs] with targets y; gives the loss before the update. */
  trainBatch(x: Matrix, y: Targets, options: { sampleWeight?: ArrayLike<number> } = {}): number {
    const engine = this.#idle("trainBatch");
    if (!this.#optimizer) throw new TrainletError("NOT_COMPILED", "trainBatch: call compile({ optimizer: … }) first");
    checkSpec("trainBatch", options, batchOptions);
    const data = this.#flatten({ x, y }, "");
    const sampleWeight = sampleWeights(options.sampleWeight, data.rows);
    engine.prepare(data.rows);
    const mark = engine.memory.top;
    try {
      const resident = engine.load(data, { sampleWeight });
      engine.select(resident, data.rows);
      engine.train([this.#schedule?.lr ?? baseRate(this.#optimizer)]);
      this.#schedule?.endBatch();
      return engine.memory.get("Trainer", engine.plan.trainer, "batchLoss");
    } finally {
      engine.memory.release(mark);
    }
  }

  /** Loss and metrics on data: accuracy, or mae, rmse and r2; with `report` also the confusion of classes. */
  async evaluate(data: Data, options: Omit<MetricsRequest, "classNames"> = {}): Promise<Metrics> {
    const engine = this.#core;
    checkSpec("evaluate", options, evaluateOptions);
    const flat = this.#flatten(data, "data");
    if (!this.#busy) engine.prepare(Math.min(flat.rows, 256));
    const classNames = this.#about.classNames ?? (data as DatasetLike).classNames;
    return engine.withData(flat, {}, resident =>
      engine.inference(() => evaluateResident(engine, resident, 256, { ...options, classNames })),
    );
  }

  /** Outputs for rows x: Float32Array, row-major [rows, outputs]. */
  predict(x: Matrix | DatasetLike): Float32Array<ArrayBuffer> {
    const engine = this.#core;
    const given = x !== null && typeof x === "object" && "x" in x ? x.x : x;
    const flat = flattenInputs(given, this.inputs);
    if (!this.#busy) engine.prepare(Math.min(flat.rows, 256));
    const { memory, plan } = engine;
    const mark = memory.top;
    try {
      const at = engine.loadInputs(flat);
      const out = memory.place(flat.rows * plan.outputs * 4);
      engine.select(
        { rows: flat.rows, x: at, labels: 0, targets: 0, sampleWeights: 0, classFactors: 0, order: 0 },
        Math.min(256, plan.capacity),
      );
      engine.inference(() => memory.core.predict(plan.network, out));
      return memory.f32(out, flat.rows * plan.outputs).slice();
    } finally {
      memory.release(mark);
    }
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
    const known = new Map([...plan.parameters, ...plan.statistics].map(t => [t.name, t]));
    const ready = Object.entries(tensors).map(([name, values]) => {
      const tensor = known.get(name);
      if (!tensor) {
        const names = [...known.keys()].join(", ");
        throw new TrainletError("INVALID_ARGUMENT", `loadParameters: there is no ${show(name)}; the model has ${names}`);
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
  }

  /** A copy of everything trained, for `restore`. */
  snapshot(): Snapshot {
    return this.#core.inference(() => this.#core.snapshot());
  }
  restore(snapshot: Snapshot): void {
    this.#core.restore(snapshot);
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
  adopt(tensors: Readonly<Record<string, Float32Array>>, about: About, name: string): void {
    const missing = [...this.parameters(), ...this.buffers()].find(t => !Object.hasOwn(tensors, t.name));
    if (missing) throw new TrainletError("INVALID_FILE", `${name}: the tensor ${show(missing.name)} is missing`);
    try {
      this.loadParameters(tensors);
    } catch (error) {
      throw new TrainletError("INVALID_FILE", `${name}: ${(error as Error).message.replace("loadParameters: ", "")}`, { cause: error });
    }
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

  get #core(): Engine {
    if (!this.#engine) throw new TrainletError("DISPOSED", "the model has been disposed of; make or load another");
    return this.#engine;
  }
  /** The engine, unless a `fit` is under way, whose plan must not change. */
  #idle(call: string): Engine {
    if (this.#busy) throw new TrainletError("INVALID_ARGUMENT", `${call}: a fit of this model is under way; await it first`);
    return this.#core;
  }
  #flatten(data: unknown, name: string): FlatData {
    const { memory, plan } = this.#core;
    const { core } = memory;
    const shape = { inputs: this.inputs, outputs: plan.outputs, indices: core.accepts(plan.loss, core.indexTarget()) !== 0 };
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
      throw new TrainletError("INVALID_ARGUMENT", `fit: validation is ${share}; it should be a share in (0, 1) that leaves rows on both sides, or data`);
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
      return resolveTraining("fit", options as TrainingOptions, this.#core.plan.request.steps, options.swa !== undefined);
    }
    if (!this.#optimizer) {
      throw new TrainletError("NOT_COMPILED", "fit: optimizer is missing; give one, as in { optimizer: adam() }, or call compile first");
    }
    const lone = [...Object.keys(trainingOptions), "swa"].find(name => options[name as keyof FitOptions] !== undefined);
    if (!lone) return undefined;
    throw new TrainletError("INVALID_ARGUMENT", `fit: ${lone} goes with an optimizer; give one here, or both to compile`);
  }
  /** Refuses what a rule that measures for itself could not honour. */
  #checkDrive(): void {
    const { memory, plan } = this.#core;
    const { rules, fields } = plan.request.training!;
    if (!plan.rules.some(r => memory.core.drives(r.rule))) return;
    const { type } = rules[0]!.spec;
    const clashes: [string, boolean][] = [
      ["groups", plan.rules.length > 1],
      ["lrScale", plan.parameters.some(p => (p.step.settings.lrScale ?? 1) !== 1)],
      ["accumulate", (fields.accumulate as number) > 1],
      ["sam", fields.samRho !== 0],
      ["skipNonFinite", fields.skipNonFinite === true],
      ...(["clipNorm", "clipValue", "clipTensorNorm", "clipAdaptive"] as const).map(c => [c, fields[c] !== 0] as [string, boolean]),
    ];
    const clash = clashes.find(([, is]) => is);
    if (!clash) return;
    this.#optimizer = undefined;
    throw new TrainletError("INVALID_ARGUMENT", `${clash[0]} does not go with ${type}, which measures the loss for itself; leave it out`);
  }
  /** Class names, schema and the scaling asked for, from the data that a model is first trained on. */
  #takeFrom(data: DatasetLike): "none" | "standard" | "minmax" {
    this.#about.classNames ??= data.classNames;
    this.#about.featureNames ??= data.featureNames;
    this.#about.schema ??= data.schema;
    // A scaler belongs to the weights that were trained behind it, so the first one stays.
    const first = this.#epochs === 0 && !this.#core.scaler;
    return first ? (data.scale ?? "none") : "none";
  }
}
