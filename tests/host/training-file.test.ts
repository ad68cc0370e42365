// Training in a file: what goes on from there goes on as if it had never stopped, bit for bit.
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../host/files/safetensors.ts";
import { optimizers } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import { any, fails, fillAll, fingerprint, numbers, wholes } from "./support.ts";

const rules = Object.keys(optimizers);
const alone: string[] = [];
for (const type of rules) {
  const made = await t.createOptimizer({ type }, [[1]]).catch((error: t.TrainletError) => error.code);
  if (made !== "UNSUPPORTED") alone.push(type);
}
const network = () =>
  t.sequential(
    [
      t.dense(9, { activation: t.prelu(), name: "first" }),
      t.batchNorm(),
      t.dropout(0.3),
      t.dense(6, { activation: "tanh" }),
      t.dense(3, { name: "out" }),
    ],
    { inputs: 5, loss: t.crossEntropy(), seed: 4 },
  );
const data = { x: numbers(200, 1), y: wholes(40, 2, 3) };
const batch = (i: number) => ({ x: numbers(50, 10 + i), y: wholes(10, 20 + i, 3) });
const train = (model: t.Model, from: number, to: number) => {
  for (let i = from; i < to; i++) model.trainBatch(batch(i).x, batch(i).y);
};

describe("a model saved with its optimizer goes on bit for bit", () => {
  const adam = t.adam({ lr: 0.02 });
  const momentum = t.sgd({ lr: 0.05, momentum: 0.9, weightDecay: 0.1 });
  const cases: [string, t.CompileOptions][] = [
    // Steps of length 1 on one batch after another would lead lbfgs out of what float32 holds, and no file takes that.
    ...rules.map(
      type =>
        [type, { optimizer: any(type === "lbfgs" ? { type, lr: 0.05 } : { type }) }] as [string, t.CompileOptions],
    ),
    [
      "ema, lookahead, half of an accumulated gradient",
      { optimizer: adam, ema: { decay: 0.8 }, lookahead: { every: 2 }, accumulate: 2 },
    ],
    [
      "sam, clipping, skipping",
      { optimizer: momentum, sam: {}, clipNorm: 0.5, clipAdaptive: 0.1, skipNonFinite: true },
    ],
    [
      "groups",
      {
        optimizer: momentum,
        groups: [
          { layers: ["out"], optimizer: t.muon(), lr: 0.01 },
          { layers: [0], weightDecay: 0 },
        ],
      },
    ],
    ["biases without decay", { optimizer: momentum, decayBiases: false }],
    ["ema of schedule-free weights", { optimizer: t.scheduleFreeAdamw(), ema: {} }],
    ["a schedule", { optimizer: adam, schedule: t.cosine({ tMax: 9 }) }],
    ["a schedule of rate and momentum", { optimizer: adam, schedule: t.oneCycle({ maxLr: 0.1, totalSteps: 11 }) }],
    [
      "a schedule that looks",
      { optimizer: adam, schedule: t.reduceOnPlateau({ patience: 1, threshold: 0.5, factor: 0.5 }) },
    ],
  ];
  it.each(cases)("%s", async (_, options) => {
    const model = await network();
    model.compile(options);
    train(model, 0, 5);
    const bytes = model.toBytes({ optimizer: true });
    const loaded = await t.fromBytes(bytes);
    expect(loaded.iterations).toBe(5);
    expect(loaded.predict(data.x)).toEqual(model.predict(data.x));
    expect(loaded.toBytes({ optimizer: true })).toEqual(bytes);
    train(model, 5, 10);
    train(loaded, 5, 10);
    expect(fingerprint(loaded)).toBe(fingerprint(model));
    expect(loaded.predict(data.x)).toEqual(model.predict(data.x));
    expect(loaded.toBytes({ optimizer: true })).toEqual(model.toBytes({ optimizer: true }));
  });
  it("and not so without: the state makes the difference", async () => {
    const model = await network();
    model.compile({ optimizer: adam });
    train(model, 0, 5);
    const loaded = await t.fromBytes(model.toBytes());
    expect(() => train(loaded, 5, 6)).toThrow(/compile/);
    loaded.compile({ optimizer: adam });
    train(model, 5, 10);
    train(loaded, 5, 10);
    expect(fingerprint(loaded)).not.toBe(fingerprint(model));
  });
  it("through fit, which needs no optimizer then", async () => {
    const [whole, half] = [await network(), await network()];
    const options = { batchSize: 7, optimizer: t.adamw({ lr: 0.02 }), ema: { decay: 0.9 } };
    await whole.fit(data, { ...options, epochs: 2 });
    await whole.fit(data, { batchSize: 7, epochs: 3 });
    await half.fit(data, { ...options, epochs: 2 });
    const loaded = await t.fromBytes(half.toBytes({ optimizer: true }));
    await loaded.fit(data, { batchSize: 7, epochs: 3 });
    expect(fingerprint(loaded)).toBe(fingerprint(whole));
  });
});

describe("a checkpoint written by a callback", () => {
  const schedules: [string, t.ScheduleSpec | undefined][] = [
    ["no schedule", undefined],
    ["cosine over the epochs", t.cosine()],
    ["oneCycle over the batches", t.oneCycle({ maxLr: 0.1 })],
  ];
  it.each(schedules)("goes on with initialEpoch where the run stood: %s", async (_, schedule) => {
    const options = { epochs: 6, batchSize: 7, optimizer: t.adam({ lr: 0.02 }) };
    let checkpoint = new Uint8Array();
    const whole = await network();
    const onEpochEnd = (log: t.EpochLog, model: t.Model) => {
      if (log.epoch === 2) checkpoint = model.toBytes({ optimizer: true });
    };
    const history = await whole.fit(data, { ...options, schedule, callbacks: [{ onEpochEnd }] });
    const loaded = await t.fromBytes(checkpoint);
    const { optimizer: _rule, ...rest } = options;
    const rested = await loaded.fit(data, { ...rest, initialEpoch: 2, schedule });
    expect(fingerprint(loaded)).toBe(fingerprint(whole));
    expect(rested.epochs.map(e => [e.epoch, e.loss, e.lr])).toEqual(
      history.epochs.slice(2).map(e => [e.epoch, e.loss, e.lr]),
    );
  });
  it("is refused a beginning behind the end", async () => {
    const model = await network();
    await fails(
      () => model.fit(data, { epochs: 2, initialEpoch: 2, optimizer: t.sgd() }),
      "INVALID_ARGUMENT",
      /initialEpoch is 2/,
      /below epochs, which is 2/,
    );
  });
});

describe("saving", () => {
  it("leaves training out unless asked", async () => {
    const model = await network();
    const plain = model.toBytes();
    model.compile({ optimizer: t.adam() });
    expect(model.toBytes()).toEqual(plain);
    const { tensors } = decodeSafetensors(model.toBytes({ optimizer: true }));
    expect([...tensors.keys()].filter(name => name.startsWith("training."))).toContain("training.0.weight.state.1");
  });
  it("refuses what it cannot do", async () => {
    const model = await network();
    await fails(() => model.toBytes({ optimizer: true }), "NOT_COMPILED", /no optimizer to save/);
    await fails(() => model.toBytes(any({ optimiser: true })), "UNKNOWN_OPTION", /optimizer/);
    await fails(() => model.toBytes(any({ optimizer: 1 })), "INVALID_ARGUMENT", /true or false/);
  });
});

describe("training in a file that lies is refused with INVALID_FILE", () => {
  // biome-ignore lint/suspicious/noExplicitAny: forged on purpose
  type Json = Record<string, any>;
  const cases: [string, string, (tensors: Map<string, Tensor>, training: Json) => void, RegExp][] = [
    ["a state missing", "adam", m => void m.delete("training.0.weight.state.0"), /0\.weight\.state\.0.* is missing/],
    [
      "a state too many",
      "adam",
      m => void m.set("training.x", { name: "training.x", shape: [1], data: new Float32Array(1) }),
      /no state "x"/,
    ],
    [
      "a state too short",
      "adam",
      m =>
        void m.set("training.0.bias.state.0", {
          name: "training.0.bias.state.0",
          shape: [2],
          data: new Float32Array(2),
        }),
      /has 2 elements/,
    ],
    [
      "a state of another type",
      "adam",
      m =>
        void m.set("training.0.bias.state.0", { name: "training.0.bias.state.0", shape: [9], data: new Uint8Array(9) }),
      /state/,
    ],
    [
      "an unknown rule",
      "adam",
      (_, r) => void Object.assign(r.options.optimizer, { type: "adaam" }),
      /unknown optimizer "adaam"/,
    ],
    ["no options", "adam", (_, r) => void delete r.options, /no options/],
    ["a rate below 0", "adam", (_, r) => void Object.assign(r.options.optimizer, { lr: -1 }), /lr is -1/],
    ["more steps than counted", "adam", (_, r) => void Object.assign(r.counters, { rules: [-1] }), /counters/],
    ["a half step", "adam", (_, r) => void Object.assign(r, { step: 1.5 }), /step of training is 1\.5/],
    ["counters of text", "adam", (_, r) => void Object.assign(r.counters.trainer, { updates: "9" }), /counters/],
    [
      "batches that wait for nothing",
      "adam",
      (_, r) => void Object.assign(r.counters.trainer, { waiting: 1 }),
      /counters/,
    ],
    [
      "a schedule that is none",
      "adam",
      (_, r) => void Object.assign(r, { schedule: { spec: { type: "cosin" }, state: {} } }),
      /cosin/,
    ],
    [
      "a schedule in no state",
      "adam",
      (_, r) => void Object.assign(r, { schedule: { spec: { type: "cosine", tMax: 9 }, state: { t: -1 } } }),
      /state/,
    ],
    [
      "a history that is too long",
      "lbfgs",
      m => void new DataView(m.get("training.rule.0")!.data.buffer).setFloat64(8, 1e9, true),
      /counts/,
    ],
    [
      "a slot that is not there",
      "lbfgs",
      m => void new DataView(m.get("training.rule.0")!.data.buffer).setFloat64(16, -1, true),
      /counts/,
    ],
    [
      "steps that are no number",
      "prodigy",
      m => void new DataView(m.get("training.rule.0")!.data.buffer).setFloat64(24, Number.NaN, true),
      /counts/,
    ],
  ];
  it.each(cases)("%s", async (_, type, change, message) => {
    const model = await network();
    model.compile({ optimizer: any({ type }) });
    train(model, 0, 3);
    const { tensors, metadata } = decodeSafetensors(model.toBytes({ optimizer: true }));
    const training = JSON.parse(metadata.training!);
    change(tensors, training);
    const bytes = encodeSafetensors([...tensors.values()], { ...metadata, training: JSON.stringify(training) });
    await fails(() => t.fromBytes(bytes), "INVALID_FILE", message);
  });
});

describe("a rule on its own", () => {
  const shapes = [[5, 3], [7], [1], [4, 4]];
  const start = async (type: string, given = shapes) => {
    const optimizer = await t.createOptimizer({ type }, given);
    fillAll(optimizer.params, (i, length) => numbers(length, i + 1));
    return optimizer;
  };
  const go = (optimizer: t.Optimizer, from: number, to: number) => {
    for (let step = from; step < to; step++) {
      fillAll(optimizer.grads, (i, length) => numbers(length, 10 * step + i));
      optimizer.step();
    }
  };
  it.each(alone)("%s goes on from its bytes bit for bit", async type => {
    const [one, other] = [await start(type), await start(type)];
    go(one, 0, 5);
    const bytes = one.toBytes();
    go(other, 3, 4);
    other.loadBytes(bytes);
    expect(other.steps).toBe(5);
    expect(other.toBytes()).toEqual(bytes);
    expect(other.evalParams()).toEqual(one.evalParams());
    go(one, 5, 10);
    go(other, 5, 10);
    expect(other.params).toEqual(one.params);
    expect(other.toBytes()).toEqual(one.toBytes());
  });
  it("refuses the bytes of another rule, of other shapes and of anything else, and stays as it was", async () => {
    const optimizer = await start("adam");
    go(optimizer, 0, 3);
    const before = optimizer.toBytes();
    const model = await network();
    const cases: [Uint8Array, RegExp][] = [
      [(await start("adamax")).toBytes(), /the state is of "adamax"/],
      [(await start("adam", [[5, 3], [7]])).toBytes(), /is missing/],
      [(await start("adam", [[5, 4], [7], [1], [4, 4]])).toBytes(), /has 20 elements; .* 15/],
      [model.toBytes(), /not from toBytes of an optimizer/],
      [before.subarray(0, before.length - 4), /./],
      [new Uint8Array(3), /./],
    ];
    for (const [bytes, message] of cases) {
      await fails(() => optimizer.loadBytes(bytes), "INVALID_FILE", message);
      expect(optimizer.toBytes()).toEqual(before);
    }
    await fails(() => optimizer.loadBytes(any("text")), "INVALID_ARGUMENT");
  });
});
