// A model that lives in a worker: the methods of `Model`, all of them by promises.
import type { Callback } from "../callbacks.ts";
import { Holder } from "../disposable.ts";
import type { FitOptions } from "../fit.ts";
import type { FitStepsOptions, StepsLog } from "../fit-steps.ts";
import type { History } from "../history.ts";
import type { Data, DatasetLike, Matrix, Targets } from "../inputs.ts";
import type { RangeTest, RangeTestOptions } from "../lr-find.ts";
import { freeze } from "../make-spec.ts";
import type { Metrics, MetricsRequest } from "../metrics.ts";
import type { CompileOptions, Model, Parameter, SaveOptions, SaveToOptions } from "../model.ts";
import { isSignal } from "../signal.ts";
import { fetchPlace } from "../storage/fetch-place.ts";
import type { Line } from "./line.ts";
import { Loan } from "./messages.ts";

/** As for `fit`; callbacks get the model in the worker's place, the one that they know. A schedule is a spec. */
export interface WorkerFitOptions extends Omit<FitOptions, "callbacks"> {
  callbacks?: Callback<WorkerModel>[];
}
type Snapshot = ReturnType<Model["snapshot"]>;
type Buffers = ReturnType<Model["buffers"]>;

/** The functions that a callback may have. */
const methods = ["onEpochBegin", "onEpochEnd", "onBatchEnd", "onProgress"] as const;

export class WorkerModel extends Holder {
  readonly #line: Line;
  /** The network as plain JSON. */
  readonly spec: Model["spec"];
  readonly outputs: number;

  /** For `sequential`, `load` and `fromBytes`. */
  constructor(line: Line, made: { spec: Model["spec"]; outputs: number }) {
    super();
    this.#line = line;
    this.spec = freeze(made.spec);
    this.outputs = made.outputs;
  }
  get inputs(): number {
    return this.spec.inputs;
  }
  /** Names of the classes, where the data that the model was trained on had them. */
  get classNames(): readonly string[] | undefined {
    return this.#line.state.classNames;
  }
  /** How the columns of a table become inputs, where the model was trained on a table. */
  get schema(): unknown {
    return this.#line.state.schema;
  }
  /** Steps taken, as far as the worker has told: with each answer, and each call of a callback. */
  get iterations(): number {
    return this.#line.state.iterations;
  }

  /** What the last `fit` came to; where an error or a signal has ended it too. */
  get history(): History | undefined {
    return this.#line.state.history;
  }

  /** As `Model.fit`. Functions among the callbacks run here, and the worker waits for what they return. */
  async fit(data: Data, options: WorkerFitOptions = {}): Promise<History> {
    const callbacks = Array.isArray(options?.callbacks) ? { callbacks: options.callbacks.map(c => this.#lend(c)) } : {};
    return this.#train("fit", data, { ...options, ...callbacks });
  }
  /** As `Model.fitSteps`: the worker takes the next steps when the next report is asked for. */
  async *fitSteps(data: Data, options: FitStepsOptions): AsyncGenerator<StepsLog, void, undefined> {
    const run = await this.#train<number>("fitSteps", data, options);
    const { signal } = split(options);
    try {
      for (;;) {
        const next = await this.#line.call<IteratorResult<StepsLog, void>>("nextSteps", { run }, signal);
        if (next.done) return;
        yield next.value;
      }
    } finally {
      if (!this.#line.over) await this.#line.call("endSteps", { run });
    }
  }
  /** As `findLearningRate` of a model. */
  async findLearningRate(data: Data, options: RangeTestOptions): Promise<RangeTest> {
    const given = options?.onStep;
    const onStep = typeof given === "function" ? { onStep: new Loan(given as Loan["call"], false) } : {};
    return this.#train("findLearningRate", data, { ...options, ...onStep });
  }
  #train<T>(call: string, data: Data, options: object): Promise<T> {
    const { signal, rest } = split(options);
    return this.#line.call<T>(call, { data, options: rest }, signal);
  }
  /** A callback as it crosses. Its functions get this model, and `this` is theirs. */
  #lend(callback: unknown): unknown {
    if (typeof callback === "function") return this.#lend({ onEpochEnd: callback });
    if (callback === null || typeof callback !== "object" || "type" in callback) return callback;
    const own = callback as Record<string, ((log: unknown, model: WorkerModel) => unknown) | undefined>;
    const given = methods.filter(name => typeof own[name] === "function");
    return Object.fromEntries(given.map(name => [name, new Loan(log => own[name]!(log, this), true)]));
  }

  async compile(options: CompileOptions): Promise<void> {
    await this.#line.call("compile", { options });
  }
  async trainBatch(x: Matrix, y: Targets, options: { sampleWeight?: ArrayLike<number> } = {}): Promise<number> {
    return this.#line.call("trainBatch", { x, y, options });
  }
  async evaluate(data: Data, options: MetricsRequest = {}): Promise<Metrics> {
    return this.#line.call("evaluate", { data, options });
  }
  async predict(x: Matrix | DatasetLike): Promise<Float32Array<ArrayBuffer>> {
    return this.#line.call("predict", { x });
  }
  async parameters(): Promise<Parameter[]> {
    return this.#line.call("parameters", {});
  }
  async buffers(): Promise<Buffers> {
    return this.#line.call("buffers", {});
  }
  async loadParameters(tensors: Readonly<Record<string, ArrayLike<number>>>): Promise<void> {
    await this.#line.call("loadParameters", { tensors });
  }
  async snapshot(): Promise<Snapshot> {
    return this.#line.call("snapshot", {});
  }
  async restore(snapshot: Snapshot): Promise<void> {
    await this.#line.call("restore", { snapshot });
  }
  async toBytes(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#line.call("toBytes", { options });
  }
  /** Writes what `toBytes` gives, as `Model.save` does; the storage stays here. */
  async save(name: string, options: SaveToOptions = {}): Promise<void> {
    const { storage, ...rest } = options ?? {};
    const bytes = this.toBytes(rest);
    bytes.catch(() => {}); // writeTo says so, when it comes to it
    const { writeTo } = await fetchPlace();
    await writeTo(storage, name, bytes);
  }
  async summary(): Promise<string> {
    return this.#line.call("summary", {});
  }

  /** Ends the worker, and what it is at; the model cannot be used after. */
  override dispose(): void {
    this.#line.end();
  }
}

/** Options, and the signal among them, which stays here; what is none goes on to be refused. */
function split(options: object): { signal: AbortSignal | undefined; rest: object } {
  const { signal, ...rest } = (options ?? {}) as { signal?: AbortSignal };
  if (signal !== undefined && !isSignal(signal)) return { signal: undefined, rest: options };
  return { signal, rest };
}
