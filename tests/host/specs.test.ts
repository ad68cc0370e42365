// Specs are plain JSON, whatever factory made them; what the generated tables say is what the core does.
import { describe, expect, it } from "vitest";
import { initializers, layers, losses, optimizers } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import type { Option, Options } from "../../host/make-spec.ts";
import { boundsOf, fingerprint, headFor, numbers, wholes } from "./support.ts";

type Factory = (...args: unknown[]) => t.Spec;
const factories = t as unknown as Record<string, Factory>;
const tables = { layers, losses, optimizers, initializers } as Record<string, Record<string, { options: Options }>>;
const everything = Object.entries(tables).flatMap(([kind, table]) =>
  Object.entries(table).map(([type, e]) => [kind, type, e.options] as const),
);

/** A valid value other than the default. */
function other(option: Option): unknown {
  const { type, values } = option;
  const { low = -1, high = low + 2, among } = boundsOf(option);
  if (type === "bool") return !option.default;
  if (type === "values") return values!.find((_, i) => i !== option.default);
  if (type === "Values") return [1, 2, 3];
  if (type === "Activation") return { type: "leakyRelu", slope: 0.2 };
  if (type === "Initializer") return { type: "normal", std: 0.3 };
  if (among) return among.find(v => v !== option.default);
  if (type === "i32") return Math.max(low, 2) + 1;
  return low + (high - low) * 0.37;
}
/** Calls a factory: positional options first, as the tables say. */
function make(
  type: string,
  options: Options,
  value: (option: Option, name: string) => unknown,
  more: object = {},
): t.Spec {
  const given = Object.entries(options).map(([name, option]) => [name, option, value(option, name)] as const);
  const positional = given.filter(([, option]) => option.positional).map(([, , v]) => v);
  const rest = Object.fromEntries(
    given.filter(([, option, v]) => !option.positional && v !== undefined).map(([n, , v]) => [n, v]),
  );
  return factories[type]!(...positional, { ...rest, ...more });
}
const roundTrip = <T>(value: T): T => JSON.parse(JSON.stringify(value));

describe("every factory gives plain JSON", () => {
  it.each(everything)("%s: %s", (kind, type, options) => {
    const settings =
      kind === "layers" && (layers as Record<string, { tensors: readonly unknown[] }>)[type]!.tensors.length
        ? { name: "n", l2: 0.5 }
        : {};
    const full = make(type, options, other, settings);
    expect(roundTrip(full)).toEqual(full);
    expect(Object.keys(full).sort()).toEqual(["type", ...Object.keys(options), ...Object.keys(settings)].sort());
    expect(full.type).toBe(type);
    for (const [name, option] of Object.entries(options)) expect(full[name], name).toEqual(other(option));
    const bare = make(type, options, option => (option.positional ? other(option) : undefined));
    expect(Object.keys(bare)).toHaveLength(1 + Object.values(options).filter(o => o.positional).length);
  });
  it("schedules and callbacks too", () => {
    const list: object[] = [
      t.reduceOnPlateau({ patience: 2 }),
      t.sequence({ schedules: [t.linear(), t.cosine({ tMax: 9 })], milestones: [3] }),
      t.warmup({ steps: 3, per: "batch", after: t.reduceOnPlateau() }),
      t.earlyStopping({ patience: 2, restoreBest: true }),
    ];
    for (const spec of list) expect(roundTrip(spec)).toEqual(spec);
  });
  it("options that are undefined are left out", () => {
    expect(t.dense(3, { activation: undefined, bias: undefined })).toEqual({ type: "dense", units: 3 });
    expect(Object.keys(t.adam({ lr: undefined }))).toEqual(["type"]);
  });
});

describe("a model built from JSON", () => {
  const stack = [
    t.dense(7, {
      activation: t.elu({ alpha: 0.5 }),
      init: t.orthogonal({ gain: 2 }),
      biasInit: t.constant(0.1),
      l1: 0.01,
    }),
    t.batchNorm({ momentum: 0.2 }),
    t.dropout(0.25),
    t.dense(3, { bias: false, lrScale: 0.5, name: "head" }),
  ];
  const data = { x: numbers(120, 1), y: wholes(30, 2, 3) };
  const build = async (layers: readonly { type: string }[], loss: { type: string }) => {
    const model = await t.sequential(layers, { inputs: 4, loss, seed: 9 });
    await model.fit(
      data,
      roundTrip({ epochs: 2, batchSize: 8, optimizer: t.adam(), schedule: t.cosine({ per: "batch" }) }),
    );
    return model;
  };
  it("equals the one built from factories, bit for bit, also after training", async () => {
    const loss = t.crossEntropy({ labelSmoothing: 0.1, classWeights: [1, 2, 3] });
    const made = await build(stack, loss);
    const read = await build(roundTrip(stack), roundTrip(loss));
    expect(fingerprint(read)).toBe(fingerprint(made));
    expect(read.predict(data.x)).toEqual(made.predict(data.x));
    const again = await build(roundTrip(made.spec.layers), made.spec.loss);
    expect(fingerprint(again), "model.spec is such JSON").toBe(fingerprint(made));
  });
  it("may name activations, initialisers, losses and optimizers without options by a string", async () => {
    const short = await t.sequential(["relu" as never, t.dense(3, { activation: "tanh", init: "heNormal" })], {
      inputs: 4,
      loss: "mse" as never,
    });
    const long = await t.sequential([t.relu(), t.dense(3, { activation: t.tanh(), init: t.heNormal() })], {
      inputs: 4,
      loss: t.mse(),
    });
    expect(short.predict(data.x)).toEqual(long.predict(data.x));
  });
  it('"linear" as an activation is none', async () => {
    const [linear, none] = [t.dense(3, { activation: "linear" }), t.dense(3)];
    const models = await Promise.all([linear, none].map(layer => t.sequential([layer], { inputs: 4, loss: t.mse() })));
    expect(models[0]!.predict(data.x)).toEqual(models[1]!.predict(data.x));
  });
});

describe("the defaults in the generated tables are what the core does when nothing is said", () => {
  const spelled = (option: Option) =>
    option.type === "values" ? option.values![option.default as number] : option.default;
  const each = (kind: string) =>
    everything.filter(([k]) => k === kind).map(([, type, options]) => [type, options] as const);
  const positional = (option: Option) => (option.positional ? other(option) : undefined);
  const both = (type: string, options: Options) => [
    make(type, options, positional),
    make(type, options, o => positional(o) ?? spelled(o)),
  ];
  const x = numbers(60, 1, -4, 4);

  it.each(each("layers"))("layer %s", async (type, options) => {
    const prints = both(type, options).map(async layer => {
      const model = await t.sequential([t.dense(4), layer, t.dense(2)], { inputs: 4, loss: t.mse(), seed: 2 });
      model.compile({ optimizer: t.sgd() });
      for (let i = 0; i < 3; i++) model.trainBatch(x, numbers(30, 2));
      return fingerprint(model);
    });
    expect((await prints[1])!).toBe(await prints[0]);
  });
  it.each(each("losses"))("loss %s", async (type, options) => {
    const results = both(type, options).map(async loss => {
      const model = await t.sequential([t.dense(3), ...headFor(loss)], { inputs: 4, loss, seed: 2 });
      return await model.evaluate({ x, y: wholes(15, 3, 3) });
    });
    expect(await results[1]).toEqual(await results[0]);
  });
  it.each(each("optimizers"))("optimizer %s", async (type, options) => {
    const prints = both(type, options).map(async optimizer => {
      const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.mse(), seed: 2 });
      model.compile({ optimizer });
      for (let i = 0; i < 3; i++) model.trainBatch(x, numbers(45, 2));
      return fingerprint(model);
    });
    expect((await prints[1])!).toBe(await prints[0]);
  });
  it.each(each("initializers"))("initialiser %s", async (type, options) => {
    const prints = both(type, options).map(async init =>
      fingerprint(await t.sequential([t.dense(3, { init })], { inputs: 4, loss: t.mse() })),
    );
    expect((await prints[1])!).toBe(await prints[0]);
  });

  it("spot checks by formula", async () => {
    const out = async (layer: { type: string }, input: number[]) => [
      ...(await t.sequential([layer], { inputs: input.length, loss: t.mse() })).predict([input]),
    ];
    const slope = async (layer: { type: string }) => (await out(layer, [-1]))[0]!;
    expect(await slope(t.leakyRelu())).toBeCloseTo(-layers.leakyRelu.options.slope.default, 7);
    expect(await slope(t.prelu())).toBe(-layers.prelu.options.init.default);
    expect(await slope(t.elu())).toBeCloseTo(layers.elu.options.alpha.default * Math.expm1(-1), 6);
    expect(await slope(t.selu())).toBeCloseTo(1.0507009873554805 * 1.6732632423543772 * Math.expm1(-1), 6);
    const [a] = await out(t.layerNorm(), [1e-3, -1e-3]);
    expect(a).toBeCloseTo(1e-3 / Math.sqrt(1e-6 + layers.layerNorm.options.eps.default), 5);
    const norm = await t.sequential([t.batchNorm()], { inputs: 1, loss: t.mse() });
    norm.compile({ optimizer: t.sgd({ lr: 0 }) });
    norm.trainBatch([[1], [3]], [0, 0]);
    const [mean, variance] = norm.buffers();
    expect(mean!.value[0]).toBeCloseTo(0.2, 6);
    expect(variance!.value[0], "0.9·1 + 0.1·2, unbiased").toBeCloseTo(1.1, 6);
  });
});
