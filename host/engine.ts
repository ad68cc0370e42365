// A plan with its memory: what keeps tensors when the plan changes, and moves data in and results out.
import { type CoreRequest, instantiate } from "./core.ts";
import { TrainletError } from "./errors.ts";
import { EvalWeights } from "./eval-weights.ts";
import type { FlatData, FlatInputs } from "./inputs.ts";
import type { Memory } from "./memory.ts";
import { kinds } from "./network-spec.ts";
import { MAX_STEPS, Plan, type PlanRequest } from "./plan.ts";
import { ownName, storedTensors, TRAINING } from "./stored.ts";
import type { Crew } from "./threads.ts";
import type { Training } from "./training.ts";
import {
  checkFinite,
  checkSound,
  type Kept,
  readCounters,
  readKept,
  viewsOf,
  writeCounters,
} from "./training-state.ts";

/** Everything that training changes, copied out; for `Model.restore`. */
export interface Snapshot {
  values: Float32Array[];
  statistics: Float32Array[];
}

/** A data set that stands in linear memory. */
export interface Resident {
  rows: number;
  x: number;
  labels: number;
  targets: number;
  sampleWeights: number;
  classFactors: number;
  order: number;
}

export interface Weights {
  classWeight?: Float32Array;
}

export class Engine {
  readonly memory: Memory;
  plan: Plan;
  readonly evalWeights = new EvalWeights(this);

  /** Those who may share the work. */
  readonly crew: Crew | undefined;

  private constructor(memory: Memory, plan: Plan, crew: Crew | undefined) {
    this.memory = memory;
    this.plan = plan;
    this.crew = crew;
  }

  static async create(
    request: Omit<PlanRequest, "rows" | "trains">,
    core: Pick<CoreRequest, "arithmetic" | "needed">,
    guard?: Memory["guard"],
  ): Promise<Engine> {
    const { memory, crew } = await instantiate({ ...core, threads: request.threads });
    memory.guard = guard;
    const plan = new Plan(memory, { ...request, rows: 1, trains: false });
    memory.guard = plan.request.admit = undefined;
    return new Engine(memory, plan, crew);
  }

  /** Makes room for training on batches of `rows`, and for a way of training when one is given; its state starts anew then. */
  prepare(rows: number, training?: Training): void {
    this.makeRoom(rows, true, training);
    if (training) this.startTraining();
  }
  /** Makes room for batches of `rows`, and for their gradients where they are to be trained on. What is kept stays where it
   * stands, and what grows stands behind it; only another way of training moves it. */
  makeRoom(rows: number, trains = this.plan.request.trains, training?: Training): void {
    const { memory, plan: old, scaled } = this;
    if (!training && rows <= old.capacity && trains === old.request.trains) return;
    memory.core.writeGradients(old.network);
    const step = memory.get("Batch", old.batch, "step");
    const counters = readCounters(memory, old);
    const list = () => {
      const parts = { scaled, training: this.plan.request.training !== undefined };
      return [...storedTensors(memory, this.plan, parts)];
    };
    const copies = new Map(training && readKept(memory, list()).map(({ name, data }) => [name, data]));
    const put = (request: PlanRequest, fresh = false) => {
      this.plan = new Plan(memory, request, training ? undefined : old);
      for (const { name, data } of copies.size ? viewsOf(memory, list()) : [])
        if (!fresh || !name.startsWith(TRAINING)) data.set(copies.get(name) ?? data);
      if (!fresh) writeCounters(memory, this.plan, counters);
      memory.set("Batch", this.plan.batch, { step });
      if (scaled) this.useScaler();
    };
    try {
      const way = training ?? old.request.training;
      put({ ...old.request, rows: Math.max(rows, old.capacity), trains, training: way }, training !== undefined);
      if (training) this.evalWeights.forget();
    } catch (error) {
      put(old.request); // it does not fit
      throw error;
    }
  }
  /** Slow weights and averages start from the weights that stand there. */
  startTraining(): void {
    if (this.plan.request.training) this.memory.core.startTraining(this.plan.trainer);
  }
  /** The parameters have been set from outside: what follows them starts from there, in rules too that keep a sequence apart,
   * or in any that is to start anew. */
  adoptValues(anew = false): void {
    const { memory, plan } = this;
    this.evalWeights.forget();
    if (!plan.request.training) return;
    memory.core.syncWeights(plan.trainer);
    if (!anew && !memory.core.separates(plan.trainer)) return;
    for (const { rule } of plan.rules) memory.set("Rule", rule, { t: 0 });
    memory.f32(plan.state.at, plan.state.bytes / 4).fill(0);
    this.startTraining();
  }
  /** Runs `use` with the weights meant for inference in the parameters' place, where a rule or an average keeps others. */
  inference<T>(use: () => T): T {
    return this.evalWeights.use(() => use());
  }
  /** Takes the weights that stand there into the average over epochs. */
  averageEpoch(): void {
    this.memory.core.averageEpoch(this.plan.trainer);
    this.evalWeights.changed();
  }
  /** Runs `use` with everything that a file of the model has, the weights being those meant for inference. */
  stored<T>(training: boolean, use: (tensors: readonly Kept[]) => T): T {
    const { memory, plan } = this;
    const mark = memory.top;
    return this.evalWeights.use(own => {
      try {
        const values = training && own ? [...own.values, ...own.statistics] : [];
        const apart = values.length
          ? plan.tensors.map((t, i) => ({ ...t, name: ownName(t.name), at: memory.put(values[i]!) }))
          : [];
        const list = [...storedTensors(memory, plan, { scaled: this.scaled, training, own: apart })];
        checkFinite(memory, list, "; a file of it could not be read again");
        if (training) checkSound(memory, plan.rules, "NON_FINITE_DATA");
        return use(list);
      } finally {
        memory.release(mark);
      }
    });
  }
  snapshot(): Snapshot {
    const copy = (t: { at: number; length: number }) => this.memory.f32(t.at, t.length).slice();
    return { values: this.plan.parameters.map(copy), statistics: this.plan.statistics.map(copy) };
  }
  restore(snapshot: Snapshot): void {
    this.plan.parameters.forEach((p, i) => this.memory.f32(p.at, p.length).set(snapshot.values[i]!));
    this.restoreStatistics(snapshot.statistics);
  }
  restoreStatistics(statistics: Snapshot["statistics"]): void {
    this.plan.statistics.forEach((s, i) => this.memory.f32(s.at, s.length).set(statistics[i]!));
  }

  /** Scaling of the inputs, fitted by the core on the resident rows. */
  fitScaler(kind: "standard" | "minmax", data: Resident): void {
    const { offset, factor } = this.plan.scaler;
    const { core } = this.memory;
    core.fitScaler(
      kind === "standard" ? core.standardScaling() : core.minmaxScaling(),
      data.x,
      data.rows,
      this.plan.request.inputs,
      offset,
      factor,
    );
    this.useScaler();
  }
  /** Scales inputs by the scaler that stands in memory. */
  useScaler(): void {
    this.memory.set("Network", this.plan.network, this.plan.scaler);
  }
  get scaled(): boolean {
    return this.memory.get("Network", this.plan.network, "offset") !== 0;
  }

  /** Runs `use` with data in linear memory and gives the room back. */
  withData<T>(data: FlatData, use: (resident: Resident) => T): T {
    return this.aside(() => use(this.load(data)));
  }
  /** Runs `use`, gives back the room that it took, and leaves a run that is under way as it was. */
  aside<T>(use: () => T): T {
    const mark = this.memory.top;
    const under = this.#selected;
    const counted = under && this.counting();
    try {
      const result = use();
      return this.crew?.broke() ? use() : result;
    } finally {
      this.memory.release(mark);
      this.#selected = under;
      if (under) this.resume(counted!, under.data, under.batchSize);
    }
  }
  /** What a run that is under way reads, until it ends. */
  #selected: { data: Resident; batchSize: number } | undefined;
  endRun(mark: number): void {
    this.#selected = undefined;
    this.evalWeights.end();
    this.memory.release(mark);
  }
  /** Throws what `load` would throw, and leaves nothing behind. */
  check(data: FlatData): void {
    const mark = this.memory.top;
    try {
      this.load(data);
    } finally {
      this.memory.release(mark);
    }
  }
  /** Puts data behind what is there; checks that every number is finite and every label has an output. */
  load(data: FlatData, weights: Weights = {}): Resident {
    const { memory } = this;
    const x = this.loadInputs(data);
    const labels = data.labels ? memory.put(data.labels) : 0;
    const targets = data.targets ? memory.put(data.targets) : 0;
    if (labels) this.#checkLabels(data.labels!, labels);
    if (targets) this.#checkTargets(data.targets!, targets);
    return {
      rows: data.rows,
      x,
      labels,
      targets,
      sampleWeights: data.sampleWeight ? memory.put(data.sampleWeight) : 0,
      classFactors: weights.classWeight ? memory.put(weights.classWeight) : 0,
      order: 0,
    };
  }
  loadInputs({ x, rows }: FlatInputs): number {
    const at = this.memory.put(x);
    this.#checkFinite(at, x.length, x.length / rows, "x");
    return at;
  }
  #checkFinite(at: number, length: number, columns: number, name: string): void {
    const bad = this.memory.core.firstNonFinite(at, length);
    if (bad < 0) return;
    const value = this.memory.f32(at, length)[bad];
    const message = `${name} has ${value} in ${placeOf(bad, columns)}; remove such rows or fill them in`;
    throw new TrainletError("NON_FINITE_DATA", message);
  }
  #checkLabels(list: Int32Array, at: number): void {
    const { outputs, request } = this.plan;
    // Losses without an ignored label have no exception; one that is in range excepts nothing.
    const option = kinds.loss[request.loss.type]!.options.ignoreIndex;
    const ignored = option ? ((request.loss.ignoreIndex ?? option.default) as number) : 0;
    const { core } = this.memory;
    const alone = outputs === 1;
    const bad = alone
      ? core.firstUnfitTarget(this.plan.loss, at, list.length, 1)
      : core.firstOutside(at, list.length, outputs, ignored);
    if (bad < 0) return;
    if (alone && !core.decision(this.plan.loss)) throw this.#unfit(list[bad], `row ${bad}`);
    const known = alone ? this.#takes() : `the model knows classes 0 to ${outputs - 1}`;
    throw new TrainletError("UNKNOWN_LABEL", `y has class ${list[bad]} in row ${bad}; ${known}`);
  }
  #checkTargets(list: Float32Array, at: number): void {
    const { outputs, loss } = this.plan;
    this.#checkFinite(at, list.length, outputs, "y");
    const bad = this.memory.core.firstUnfitTarget(loss, at, list.length, 0);
    if (bad >= 0) throw this.#unfit(list[bad], placeOf(bad, outputs));
  }
  #unfit(value: unknown, place: string): TrainletError {
    return new TrainletError("INVALID_ARGUMENT", `y has ${value} in ${place}; ${this.#takes()}`);
  }
  #takes(): string {
    return `${this.plan.request.loss.type} takes ${DOMAINS[this.memory.core.domain(this.plan.loss)]}`;
  }

  /** Makes the network read this data, from its first row on. */
  select(data: Resident, batchSize: number): void {
    const { core } = this.memory;
    this.#selected = { data, batchSize };
    const { rows, ...pointers } = data;
    this.memory.set("Network", this.plan.network, { rows, batchSize, position: 0, ...pointers });
    const index =
      data.labels && core.accepts(this.plan.loss, core.indexTarget()) ? core.indexTarget() : core.valueTarget();
    this.memory.set("Loss", this.plan.loss, { target: index });
  }
  /** Draws the order of the rows for an epoch. */
  shuffle(data: Resident, epoch: number): void {
    data.order ||= this.memory.place(data.rows * 4);
    this.memory.core.shuffle(data.order, data.rows, this.plan.random, this.plan.request.seed, epoch);
    this.memory.set("Network", this.plan.network, { order: data.order });
  }

  /** What has been counted so far, for `resume` after something else used the network. */
  counting(): { network: Record<string, number>; metrics: Record<string, number>; errors: Float64Array } {
    const { memory, plan } = this;
    const read = (cls: "Network" | "Metrics", at: number, names: readonly string[]) =>
      Object.fromEntries(names.map(name => [name, memory.get(cls, at, name as never)]));
    return {
      network: read("Network", plan.network, ["position", "lossSum", "weightSum"]),
      metrics: read("Metrics", plan.metrics, [
        "decision",
        "weighted",
        "count",
        "right",
        "topCount",
        "topK",
        "confusion",
        "errors",
        "samples",
      ]),
      errors: memory.f64(plan.errors, memory.core.errorBytes(plan.outputs) / 8).slice(),
    };
  }
  resume(state: ReturnType<Engine["counting"]>, data: Resident, batchSize: number): void {
    this.select(data, batchSize);
    this.memory.set("Network", this.plan.network, state.network);
    this.memory.set("Metrics", this.plan.metrics, state.metrics);
    this.memory.f64(this.plan.errors, state.errors.length).set(state.errors);
  }

  /** Takes steps with these learning rates, and momenta where a schedule has them; throws where the loss is not finite. */
  train(rates: readonly number[], momenta?: readonly number[]): void {
    const { memory, plan } = this;
    this.crew?.check();
    this.evalWeights.wake();
    memory.f64(plan.rates, MAX_STEPS).set(rates);
    if (momenta) memory.f64(plan.momenta, MAX_STEPS).set(momenta);
    plan.driveMomentum(momenta !== undefined);
    const done = memory.core.train(plan.trainer, rates.length);
    this.crew?.check();
    if (done < rates.length) throw this.#divergence();
  }
  /** Makes the update that waits for more batches. */
  flush(rate: number): void {
    this.memory.core.flush(this.plan.trainer, rate);
  }
  /** Updates left out so far because a loss or gradient was not finite, where that is asked for. */
  get skipped(): number | undefined {
    const { memory, plan } = this;
    return plan.request.training?.fields.skipNonFinite ? memory.get("Trainer", plan.trainer, "skipped") : undefined;
  }
  /** Throws where a layer would have to learn the statistics of a batch from one row. */
  checkBatch(call: string, rows: number): void {
    const { learnsStatistics: at } = this.plan;
    if (rows > 1 || at === undefined) return;
    const message = `${call}: one row has no variance for layer ${at} (${this.#layerName(at)}); give batches of 2 rows or more, or freeze it (trainable: false)`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  get steps(): number {
    return this.memory.get("Batch", this.plan.batch, "step");
  }
  #divergence(): TrainletError {
    const step = this.steps + 1;
    const blame = this.memory.core.blame(this.plan.network);
    const index = blame >> 2;
    const layer = `layer ${index} (${this.#layerName(index)})`;
    const where =
      (blame & 3) === 1
        ? `the update of step ${step - 1} left a parameter of ${layer} that is not finite`
        : (blame & 3) === 2
          ? `in step ${step} the output of ${layer} was the first that is not finite`
          : `in step ${step} the loss itself was not finite, while every layer's output was`;
    const remedy = "lower the learning rate, scale the inputs, or clip gradients with clipNorm";
    return new TrainletError("DIVERGED", `training diverged: ${where}; ${remedy}`);
  }
  /** Throws when the last update left something that is not finite. */
  checkParameters(): void {
    const index = this.memory.core.brokenLayer(this.plan.network);
    if (index < 0) return;
    const message = `training diverged: the update of step ${this.steps} left a parameter of layer ${index} (${this.#layerName(index)}) that is not finite; lower the learning rate, scale the inputs, or clip gradients with clipNorm`;
    throw new TrainletError("DIVERGED", message);
  }
  #layerName(index: number): string {
    const layer = this.plan.layers.find(l => l.index === index)!;
    return layer.settings.name ?? layer.spec.type;
  }
}

/** Targets by the core's `Domain`. */
const DOMAINS = [
  "",
  "numbers from 0 on",
  "numbers from 0 to 1",
  "probabilities with a sum of 1",
  "-1 and 1, or 0 and 1",
];

function placeOf(index: number, columns: number): string {
  return `row ${Math.floor(index / columns)}, column ${index % columns}`;
}
