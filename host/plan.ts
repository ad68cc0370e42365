// Lays a network out in linear memory: makes the core's objects, sets their options, links them, and deals out arrays.
// The core walks what stands here and allocates nothing.
//
//   objects | values | optimizer state | statistics | scaler | gradients | batch: targets, weights, losses
//   | x, y of each layer | two gradient buffers | workspaces | scratch | rates | … data sets, placed and released by turns
//
// Up to the gradients it is the same whatever the batch, so that a plan for more rows leaves all that where it stands.
import { TrainletError } from "./errors.ts";
import type { CoreExports } from "./generated/core.ts";
import type { Spec } from "./make-spec.ts";
import type { Memory } from "./memory.ts";
import { defaultInitializer, kinds, type Step } from "./network-spec.ts";
import { momentumOf } from "./rates.ts";
import { admitRules, makeObject, placeRuleState, type RuleMembers } from "./rule-plan.ts";
import type { Training } from "./training.ts";

/** Steps whose learning rates are handed over at a time, and so the most that one crossing takes. */
export const MAX_STEPS = 4096;

export interface Tensor {
  name: string;
  shape: number[];
  /** Address of the core's object. */
  object: number;
  at: number;
  length: number;
}
export interface PlannedParameter extends Tensor {
  grad: number;
  /** The layer that it belongs to. */
  step: Step;
  /** How it starts: an initialiser and its object, or what its layer says. */
  initializer: Spec | undefined;
  starter: number;
}
export interface PlannedLayer extends Step {
  object: number;
  inputs: number;
  outputs: number;
}

export interface PlanRequest {
  steps: readonly Step[];
  inputs: number;
  loss: Spec;
  training: Training | undefined;
  /** The most rows that a batch will have. */
  rows: number;
  seed: number;
  threads: number;
  /** Whether there is room for gradients; without, a model can only be asked. */
  trains: boolean;
  /** Called when all shapes are known and nothing has been placed yet; may throw. */
  admit?: (memory: Memory, plan: Plan) => void;
}

export class Plan {
  readonly layers: PlannedLayer[] = [];
  readonly parameters: PlannedParameter[] = [];
  readonly statistics: Tensor[] = [];
  /** Position of a layer that learns statistics of batches, if there is one. */
  learnsStatistics: number | undefined;
  readonly network: number;
  readonly batch: number;
  readonly metrics: number;
  readonly loss: number;
  readonly random: number;
  readonly trainer: number;
  /** The rules' objects, the run's own first; none before a model is compiled. */
  readonly rules: RuleMembers[] = [];
  readonly outputs: number;
  /** Rows that a batch may have. */
  readonly capacity: number;
  /** Where everything stands that the rules and what is around them keep. */
  readonly state: { at: number; bytes: number };
  readonly values: { at: number; bytes: number } = { at: 0, bytes: 0 };
  readonly rates: number;
  readonly momenta: number;
  readonly scaler: { offset: number; factor: number } = { offset: 0, factor: 0 };
  readonly errors: number;
  readonly request: PlanRequest;
  /** Bytes of each region, for the summary. */
  readonly regions: Record<string, number> = {};
  /** First byte behind what training changes. */
  readonly end: number;
  readonly #memory: Memory;

  /** With `before`, a plan of the same objects whose tensors, state and gradients stay where they stand. */
  constructor(memory: Memory, request: PlanRequest, before?: Plan) {
    this.#memory = memory;
    this.request = request;
    const core = memory.core;
    const panels = core.panelsFor(request.rows);
    this.capacity = request.rows;

    core.reset();
    this.network = core.network();
    this.batch = memory.get("Network", this.network, "batch");
    this.metrics = memory.get("Network", this.network, "metrics");
    this.random = core.random();
    this.outputs = this.#makeLayers(core);
    this.loss = makeObject(memory, "loss", request.loss);
    this.trainer = core.trainer();
    if (request.training) this.#makeRules(request.training);
    const lists = this.#makeLists(core, request);
    request.admit?.(memory, this);
    admitRules(memory, this.rules);
    for (const p of this.parameters) if (p.initializer) p.starter = makeObject(memory, "initializer", p.initializer);

    memory.start(before?.end);
    this.values = this.#placeValues();
    const start = memory.top;
    this.#region("optimizer", () => {
      placeRuleState(memory, this.rules);
    });
    this.#placeTraining();
    this.state = { at: start, bytes: memory.top - start };
    this.#region("statistics", () => {
      for (const s of this.statistics) {
        s.at = memory.place(s.length * 4);
        memory.set("Statistic", s.object, { value: s.at });
        if (!before) memory.f32(s.at, s.length).fill(memory.get("Statistic", s.object, "start"));
      }
    });
    const room = request.inputs * 4;
    this.scaler = { offset: memory.place(room), factor: memory.place(room) };
    this.#placeGradients();
    this.end = memory.top;
    for (const { object, list } of lists) memory.set("Values", object, { data: memory.put(Float32Array.from(list)) });
    const lanes = core.lanesFor(request.rows);
    this.errors = memory.place(core.errorBytes(this.outputs));
    this.#region("batch", () => {
      memory.set("Loss", this.loss, {
        batch: this.batch,
        outputs: this.outputs,
        labels: memory.place(lanes * 4),
        weights: memory.place(lanes * 4),
        losses: memory.place(lanes * 4),
        targets: memory.place(lanes * this.outputs * 4),
      });
      memory.set("Metrics", this.metrics, { batch: this.batch, loss: this.loss, decided: memory.place(lanes * 4) });
    });
    this.#region("activations", () => this.#placeLayers(core, panels, lanes));
    const scratch = memory.place(core.scratchBytes(request.threads) >>> 0);
    core.assemble(scratch, request.threads);
    this.rates = memory.place(MAX_STEPS * 8);
    this.momenta = memory.place(MAX_STEPS * 8);
    memory.set("Trainer", this.trainer, { rates: this.rates });
    memory.set("Batch", this.batch, { seed: request.seed });
    memory.set("Network", this.network, {
      scratch,
      loss: this.loss,
      features: request.inputs,
    });
  }

  /** Options that are lists: an object each, its numbers placed later. */
  #makeLists(core: CoreExports, { loss }: PlanRequest): { object: number; list: number[] }[] {
    const made: { object: number; list: number[] }[] = [];
    for (const [name, option] of Object.entries(kinds.loss[loss.type]!.options)) {
      const list = loss[name] as number[] | undefined;
      if (option.type !== "Values" || list === undefined) continue;
      if (list.length !== this.outputs && !(name === "posWeight" && list.length === 1)) {
        const message = `${loss.type}: ${name} has ${list.length} numbers; the network has ${this.outputs} outputs`;
        throw new TrainletError("SHAPE_MISMATCH", message);
      }
      const object = core.values(list.length);
      this.#memory.setOption(this.loss, { ...option, type: "usize" }, object);
      made.push({ object, list });
    }
    return made;
  }

  #makeLayers(core: CoreExports): number {
    const memory = this.#memory;
    const { steps, inputs } = this.request;
    let size = inputs;
    let previous = 0;
    steps.forEach((step, i) => {
      const object = makeObject(memory, "layer", step.spec);
      memory.set("Layer", object, {
        inputs: size,
        batch: this.batch,
        index: step.index,
        trainable: step.settings.trainable ?? true,
      });
      if (previous) core.link(previous, object);
      else memory.set("Network", this.network, { first: object });
      core.build(object);
      const outputs = memory.get("Layer", object, "outputs");
      this.layers.push({ ...step, object, inputs: size, outputs });
      this.#listTensors(step, object, steps[i + 1]?.spec.type);
      previous = object;
      size = outputs;
    });
    memory.set("Network", this.network, { last: previous });
    const lowest = this.layers.find(l => this.#trains(l));
    memory.set("Network", this.network, { lowest: lowest?.object ?? 0 });
    return size;
  }
  #trains(layer: PlannedLayer): boolean {
    if (layer.settings.trainable === false) return false;
    return kinds.layer[layer.spec.type]!.tensors.some(
      t => t.type === "Parameter" && this.#memory.pointer(layer.object + t.offset),
    );
  }
  #listTensors(step: Step, object: number, next: string | undefined): void {
    const memory = this.#memory;
    for (const { name, offset, type } of kinds.layer[step.spec.type]!.tensors) {
      const tensor = memory.pointer(object + offset);
      if (!tensor) continue; // left out by an option: no bias, no affine
      const full = `${step.prefix}.${name}`;
      if (type === "Statistic") {
        if (step.settings.trainable !== false) this.learnsStatistics ??= step.index;
        const rows = memory.get("Statistic", tensor, "rows");
        this.statistics.push({ name: full, shape: [rows], object: tensor, at: 0, length: rows });
        continue;
      }
      const rows = memory.get("Parameter", tensor, "rows");
      const columns = memory.get("Parameter", tensor, "columns");
      const { trainable = true, l1 = 0, l2 = 0 } = step.settings;
      const penalised = columns > 0;
      memory.set("Parameter", tensor, { layer: step.index, trainable });
      if (penalised) memory.set("Parameter", tensor, { l1, l2 });
      this.parameters.push({
        name: full,
        shape: columns ? [rows, columns] : [rows],
        object: tensor,
        at: 0,
        grad: 0,
        length: rows * (columns || 1),
        step,
        initializer: chooseInitializer(step, name, next),
        starter: 0,
      });
    }
  }

  #placeValues(): { at: number; bytes: number } {
    const memory = this.#memory;
    const at = memory.top;
    this.#region("parameters", () => {
      this.parameters.forEach((p, i) => {
        p.at = memory.place(p.length * 4);
        memory.set("Parameter", p.object, { value: p.at, next: this.parameters[i + 1]?.object ?? 0 });
      });
    });
    memory.set("Network", this.network, { parameters: this.parameters[0]?.object ?? 0 });
    return { at, bytes: memory.top - at };
  }
  #placeGradients(): void {
    const memory = this.#memory;
    if (!this.request.trains) return;
    const { at, bytes } = this.values;
    const grads = memory.top;
    this.#region("gradients", () => memory.place(Math.max(bytes, 4)));
    for (const p of this.parameters) {
      p.grad = grads + (p.at - at);
      memory.set("Parameter", p.object, { grad: p.grad });
    }
    memory.set("Trainer", this.trainer, { grads: this.parameters[0]?.grad ?? 0 });
  }
  /** A rule's object for each group that has parameters, or one for groups that share a norm or an estimate. */
  #makeRules({ rules, decayBiases }: Training): void {
    const memory = this.#memory;
    const made: { rule: number; spec: Spec; members: PlannedParameter[] }[] = [];
    for (const { spec } of rules) {
      const shared = made.find(r => memory.core.passes(r.rule) > 0 && areAlike(r.spec, spec));
      const rule = shared?.rule ?? makeObject(memory, "optimizer", spec);
      memory.set("Rule", rule, {
        momentumAt: momentumOf(spec)?.option.offset ?? 0,
        decayAt: kinds.optimizer[spec.type]!.options.weightDecay?.offset ?? 0,
      });
      made.push(shared ?? { rule, spec, members: [] });
    }
    for (const p of this.parameters) {
      const group = rules.findLastIndex(
        r => !r.layers || r.layers.includes(p.step.index) || r.layers.includes(p.step.settings.name!),
      );
      made[group]!.members.push(p);
      const { lrScale = 1 } = p.step.settings;
      const { spec, lrFactor } = rules[group]!;
      memory.set("Parameter", p.object, {
        lrScale: lrScale * lrFactor,
        auxiliary: p.step.index === this.layers.at(-1)!.index,
        decay: decayBiases || p.shape.length > 1 ? optionOf(spec, "weightDecay") : 0,
      });
    }
    for (const rule of new Set(made)) if (rule.members.length > 0) this.rules.push(rule);
  }
  /** Whether the rules' momenta come from outside, or are the rules' own again. */
  driveMomentum(driven: boolean): void {
    const memory = this.#memory;
    if (driven === memory.get("Trainer", this.trainer, "momenta") > 0) return;
    memory.set("Trainer", this.trainer, { momenta: driven ? this.momenta : 0 });
    for (const { rule, spec } of this.rules) {
      const momentum = momentumOf(spec);
      if (!driven && momentum) memory.setOption(rule, momentum.option, momentum.value);
    }
  }
  #placeTraining(): void {
    const memory = this.#memory;
    const { bytes, at: values } = this.values;
    const { fields = {}, arrays = [] } = this.request.training ?? {};
    memory.set("Trainer", this.trainer, {
      network: this.network,
      parameters: this.parameters[0]?.object ?? 0,
      rules: this.rules[0]?.rule ?? 0,
      values,
      bytes,
      ...fields,
    });
    this.#region("around the rule", () => {
      for (const name of arrays) memory.set("Trainer", this.trainer, { [name]: memory.place(bytes) });
    });
  }

  /** x and y of each layer, two buffers that the gradients take turns in, and what layers need of their own. */
  #placeLayers(core: CoreExports, panels: number, lanes: number): void {
    const memory = this.#memory;
    let x = memory.place(lanes * this.request.inputs * 4);
    let width = 0;
    for (const layer of this.layers) {
      const y = memory.place(lanes * layer.outputs * 4);
      const workspace = memory.place(core.workspaceBytes(layer.object, panels));
      memory.set("Layer", layer.object, { x, y, workspace });
      width = Math.max(width, layer.inputs, layer.outputs);
      x = y;
    }
    memory.set("Loss", this.loss, { z: x });
    if (!this.request.trains) return;
    let dy = memory.place(lanes * width * 4);
    let spare = memory.place(lanes * width * 4);
    memory.set("Loss", this.loss, { dz: dy });
    const lowest = memory.get("Network", this.network, "lowest");
    for (const layer of [...this.layers].reverse()) {
      const asked = layer.object !== lowest;
      if (!core.separate(layer.object)) {
        memory.set("Layer", layer.object, { dy, dx: asked ? dy : 0 });
      } else {
        memory.set("Layer", layer.object, { dy, dx: asked ? spare : 0 });
        [dy, spare] = [spare, dy];
      }
      if (!asked) break;
    }
  }

  /** What a model is apart from its architecture. */
  get tensors(): Tensor[] {
    return [...this.parameters, ...this.statistics];
  }

  #region(name: string, place: () => void): void {
    const before = this.#memory.top;
    place();
    this.regions[name] = (this.regions[name] ?? 0) + this.#memory.top - before;
  }

  /** Starts every parameter anew, from the seed. */
  initialise(): void {
    const memory = this.#memory;
    const core = memory.core;
    const longest = this.parameters.reduce((most, p) => Math.max(most, p.length), 0);
    const mark = memory.top;
    const work = memory.place(longest * 8);
    this.parameters.forEach((p, place) => {
      if (p.starter) core.initialise(p.starter, p.object, this.random, this.request.seed, place, work);
      else memory.f32(p.at, p.length).fill(memory.get("Parameter", p.object, "start"));
    });
    memory.release(mark);
  }
}

/** An option of an optimizer as a number: as given, or its default. */
function optionOf(spec: Spec, name: string): number {
  const given = spec[name];
  return Number(given === undefined ? (kinds.optimizer[spec.type]!.options[name]?.default ?? 0) : given);
}
/** Whether two rules differ at most in what a group may have of its own. */
function areAlike(a: Spec, b: Spec): boolean {
  const own = ["lr", "weightDecay"];
  const same = (name: string) => own.includes(name) || optionOf(a, name) === optionOf(b, name);
  return a.type === b.type && Object.keys(kinds.optimizer[a.type]!.options).every(same);
}

function chooseInitializer(step: Step, tensor: string, next: string | undefined): Spec | undefined {
  if (step.spec.type !== "dense") return undefined; // starts at a constant of the layer's
  const asSpec = (given: unknown) => (typeof given === "string" ? { type: given } : given) as Spec;
  const { init, biasInit } = step.spec;
  if (tensor === "weight") return asSpec(init ?? defaultInitializer(next));
  if (biasInit !== undefined) return asSpec(biasInit);
  return init !== undefined && asSpec(init).type === "torchLinear" ? asSpec(init) : asSpec("zeros");
}
