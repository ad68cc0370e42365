// Calls of the API with options and data of hostile or unlucky callers.

import { batch } from "../models.ts";
import { mutate } from "../mutate.ts";
import { expect, type Library, type Probe, sameBits } from "../probe.ts";
import type { Random } from "../random.ts";
import { type Recipe, revive } from "../recipe.ts";
import { layers, schedule, spec, training } from "../specs.ts";
import type { Input, Target } from "../target.ts";
import { anyValue } from "../values.ts";

type Args = { [name: string]: Recipe };
// biome-ignore lint/suspicious/noExplicitAny: what callers without types pass
type Given = Record<string, any>;
type Model = Awaited<ReturnType<Library["trainlet"]["sequential"]>>;

const numbers = (random: Random, length: number): Recipe =>
  random.choose<Recipe>(
    [2, () => Array.from({ length }, () => random.unit())],
    [1, () => ({ $: "numbers", kind: random.pick(["Float32Array", "Float64Array", "Int32Array", "Uint8Array"]), length, fill: 1 })],
    [1, () => Array.from({ length: 4 }, () => Array.from({ length: length / 4 }, () => random.unit()))],
  ); // biome-ignore format: a table
const labels = (random: Random): Recipe =>
  random.pick<Recipe>([[0, 1, 2, 1], { $: "numbers", kind: "Int32Array", length: 4, fill: 1 }, [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]]); // biome-ignore format: a row each
const xy = (random: Random): Recipe => ({ x: numbers(random, 16), y: labels(random) });

/** How arguments are made, and what is called with them, on a model of 4 inputs and 3 outputs where one is needed. */
const calls: Record<string, { args(random: Random): Args; call(model: Model, args: Given, lib: Library): unknown }> = {
  sequential: {
    args: random => ({ layers: layers(random, 3), options: { inputs: 4, loss: spec(random, "loss"), seed: 1, threads: 1 } }),
    async call(_, { layers, options }, { trainlet }) {
      const model = await trainlet.sequential(layers, options);
      const { x } = batch(model, 1, 0);
      if (x.length < 1e5) model.predict(x);
      model.toBytes();
    },
  },
  compile: {
    args: random => ({ options: { ...training(random, 2), ...(random.chance(0.4) && { schedule: schedule(random) }) } }),
    call(model, { options }) {
      model.compile(options);
      for (const kind of [0, 1]) {
        const { x, y } = batch(model, 3, kind);
        try {
          model.trainBatch(x, y);
        } catch {}
      }
    },
  },
  fit: {
    args: random => ({ data: xy(random), options: { ...fitOptions(random), ...training(random, 2) } }),
    call: (model, { data, options }) => model.fit(data, limited(options, "epochs")),
  },
  fitSteps: {
    args: random => ({ data: xy(random), options: { ...fitOptions(random), ...training(random, 2), steps: 3, epochs: null } }),
    async call(model, { data, options }) {
      if (options?.epochs === null) delete options.epochs;
      for await (const _ of model.fitSteps(data, limited(options, "steps")));
    },
  },
  trainBatch: {
    args: random => ({ x: numbers(random, 16), y: labels(random), options: random.pick<Recipe>([{}, { sampleWeight: [1, 2, 0, 1] }]) }),
    call: (model, { x, y, options }) => model.trainBatch(x, y, options),
  },
  evaluate: {
    args: random => ({ data: xy(random), options: random.pick<Recipe>([{}, { topK: 2 }, { report: true }]) }),
    call: (model, { data, options }) => model.evaluate(data, options),
  },
  predict: { args: random => ({ x: numbers(random, 16) }), call: (model, { x }) => model.predict(x) },
  loadParameters: {
    args: random => ({ tensors: { "0.weight": numbers(random, 20), "0.bias": [1, 2, 3, 4, 5] } }),
    call: (model, { tensors }) => model.loadParameters(tensors),
  },
  restore: {
    args: () => ({ snapshot: { values: [[1], [2]], statistics: [] } }),
    call: (model, { snapshot }) => model.restore(snapshot),
  },
  toBytes: { args: () => ({ options: { optimizer: true } }), call: (model, { options }) => model.toBytes(options) },
  fromBytes: {
    args: () => ({ bytes: { $: "numbers", kind: "Uint8Array", length: 20 } }),
    call: (_, { bytes }, { trainlet }) => trainlet.fromBytes(bytes),
  },
  createOptimizer: {
    args: random => ({ rule: spec(random, "optimizer"), shapes: [[2, 3], [3]] }),
    async call(_, { rule, shapes }, { trainlet }) {
      const optimizer = await trainlet.createOptimizer(rule, shapes);
      for (const g of optimizer.grads) g.fill(1);
      optimizer.step();
      optimizer.evalParams();
    },
  },
  optimizerStep: {
    args: random => ({ rule: spec(random, "optimizer"), options: { lr: 0.1 } }),
    async call(_, { rule, options }, { trainlet }) {
      (await trainlet.createOptimizer(rule, [[2]])).step(options);
    },
  },
  createSchedule: {
    args: random => ({ spec: schedule(random), context: { baseLr: 0.1, steps: 20, epochs: 5 }, metric: 0.5 }),
    call(_, { spec, context, metric }, { trainlet }) {
      const made = trainlet.createSchedule(spec, context);
      for (let i = 0; i < 30; i++) made.step(metric);
      expect("createSchedule", Number.isFinite(made.lr) && made.lr >= 0, `a rate of ${made.lr}`);
    },
  },
  factory: {
    args: random => {
      const { type, ...options } = random.chance(0.3) ? schedule(random) : spec(random, random.pick(["layer", "loss", "optimizer", "initializer"]));
      return { type, options };
    },
    call(_, { type, options }, { trainlet }) {
      const made = (trainlet as never as Record<string, (...args: unknown[]) => unknown>)[type];
      if (typeof made === "function" && !["sequential", "load", "compareOptimizers"].includes(type)) return made(options);
    },
  },
  earlyStopping: {
    args: () => ({ options: { monitor: "loss", patience: 2, minDelta: 0, restoreBest: true } }),
    call: (model, { options }, { trainlet }) =>
      model.fit(batch(model, 4, 0), { optimizer: trainlet.sgd(), epochs: 2, callbacks: [trainlet.earlyStopping(options)] }),
  },
  findLearningRate: {
    args: random => ({ data: xy(random), options: { ...training(random, 2), steps: 12, batchSize: 2, minLr: 1e-4, maxLr: 1 } }),
    call: (model, { data, options }, { trainlet }) => trainlet.findLearningRate(model, data, limited(options, "steps", 12)),
  },
  dataset: {
    args: random => ({ data: { x: numbers(random, 16), y: random.pick([labels(random), ["a", "b", "a", "c"]]), scale: "standard" } }),
    async call(_, { data }, lib) {
      const made = await lib.data.dataset(data);
      made.split({ test: 0.5, seed: 3 });
    },
  },
  split: {
    args: () => ({ options: { test: 0.25, stratify: true, seed: 2, shuffle: true } }),
    call: async (_, { options }, { data }) => (await data.iris()).split(options),
  },
  oneHot: { args: () => ({ labels: [0, 1, 2], classes: 3 }), call: (_, { labels, classes }, { data }) => data.oneHot(labels, classes) },
}; // biome-ignore format: rows

function fitOptions(random: Random): Args {
  const options: Args = { epochs: 2, batchSize: random.pick<Recipe>([1, 2, 3, "full"]) };
  if (random.chance(0.2)) options.sampleWeight = [1, 0.5, 2, 0];
  if (random.chance(0.2)) options.classWeight = random.pick<Recipe>([[1, 2, 1], { 0: 1, 1: 2, 2: 1 }]);
  if (random.chance(0.2)) options.validation = random.pick<Recipe>([0.5, { x: [[1, 2, 3, 4]], y: [1] }]);
  if (random.chance(0.2)) options.schedule = schedule(random);
  if (random.chance(0.1)) options.swa = { start: 1 };
  if (random.chance(0.1)) options.callbacks = [{ type: "earlyStopping", patience: 1, restoreBest: true }];
  return options;
}
/** A run of 2³¹ epochs is what was asked for, but nobody waits for it. */
function limited(given: Given, name: string, most = 3): never {
  const length = Object.getOwnPropertyDescriptor(Object(given), name)?.value;
  return (typeof length === "number" && length > most ? { ...given!, [name]: most } : given) as never;
}

async function someModel({ trainlet }: Library, compiled: boolean): Promise<Model> {
  const { dense, batchNorm, crossEntropy, adam } = trainlet;
  const list = [dense(5, { activation: "relu", name: "first" }), batchNorm(), dense(3)];
  const model = await trainlet.sequential(list, { inputs: 4, loss: crossEntropy(), threads: 1 });
  if (compiled) model.compile({ optimizer: adam() });
  return model;
}

async function run(input: Input, library: Library, probe: Probe): Promise<void> {
  const { call: name, args: given, compiled } = input as { call: string; args: Args; compiled: boolean };
  const model = await someModel(library, compiled);
  const before = model.toBytes({ optimizer: compiled });
  const args = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, revive(value)]));
  let done = false;
  await probe.call(name, async () => {
    await calls[name]!.call(model, args, library);
    done = true;
  });
  const trains = ["fit", "fitSteps", "compile", "trainBatch", "earlyStopping"].includes(name);
  const after = await probe.call("toBytes afterwards", () => model.toBytes({ optimizer: compiled }));
  const kept = after !== undefined && sameBits(before, after);
  // A loss that overflows is seen, and what early stopping is to watch is looked for, once training is under way.
  const ended = probe.refused.has("DIVERGED") || /monitor/.test(probe.message);
  if (!done && !ended) expect(name, kept, "refused, but the model has changed");
  if (done && !trains && !["loadParameters", "restore"].includes(name)) expect(name, kept, "the model has changed");
  const { x } = batch(model, 3, 0);
  await probe.must("predict afterwards", () => model.predict(x));
  await probe.call("fit afterwards", () => model.fit(batch(model, 3, 0), { optimizer: library.trainlet.sgd() }));
  model.dispose();
}

export const apiCalls: Target = {
  name: "api",
  async make(random): Promise<Input> {
    const call = random.pick(Object.keys(calls));
    const args = calls[call]!.args(random);
    for (let left = random.pick([1, 1, 2, 3]); left > 0; left--) {
      const key = random.pick(Object.keys(args));
      args[key] = mutate(random, args[key]!, anyValue);
    }
    return { call, args, compiled: random.chance(0.6) };
  },
  run,
  bound: () => Number.POSITIVE_INFINITY,
};
