// What training leaves behind in a model and what takes it up: larger batches, fit after fit, fit after compile.
import { describe, expect, it } from "vitest";
import { optimizers } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import { batch, expectNear, gradients, network, rowsOf, sgdRule, tensors } from "./reference.ts";
import { any, fails, fingerprint } from "./support.ts";

const sgd = t.sgd({ lr: 0.1 });
const sizes = [8, 8, 64, 8, 8, 70, 8];
const batches = sizes.map((size, i) => rowsOf(size, 71 + i));
const look = rowsOf(16, 91).x;

describe("a larger batch, for which everything is laid out anew,", () => {
  const around = { ema: { decay: 0.7 }, lookahead: { every: 2, alpha: 0.5 }, accumulate: 2 };
  const groups = [{ layers: ["out"], optimizer: t.adamw({ lr: 0.02 }), weightDecay: 0.1 }];
  const adam = t.adam({ lr: 0.02 });
  const cases: [string, t.CompileOptions][] = [
    ["adam with ema, lookahead and accumulate", { optimizer: adam, ...around }],
    [
      "the same with sam, clipping and a schedule",
      { optimizer: adam, ...around, sam: {}, clipNorm: 0.5, schedule: t.exponential() },
    ],
    [
      "groups and no decay of biases",
      { optimizer: t.sgd({ momentum: 0.9, weightDecay: 0.1 }), groups, decayBiases: false },
    ],
    ...Object.keys(optimizers).map(
      type => [type, { optimizer: any({ type, lr: 0.02 }) }] as [string, t.CompileOptions],
    ),
  ];
  it.each(cases)("changes no bit: %s", async (_, options) => {
    const stack = [t.dense(4, { activation: "tanh", name: "hidden" }), t.batchNorm(), t.dense(2, { name: "out" })];
    const [grown, roomy] = [await network(stack), await network(stack)];
    roomy.predict(rowsOf(80, 1).x);
    const before = fingerprint(grown);
    for (const model of [grown, roomy]) model.compile(options);
    for (const { x, y } of batches) {
      expect(grown.trainBatch(x, y)).toBe(roomy.trainBatch(x, y));
      expect(fingerprint(grown)).toBe(fingerprint(roomy));
      expect(tensors(grown, "grad")).toEqual(tensors(roomy, "grad"));
      expect(grown.predict(look)).toEqual(roomy.predict(look));
    }
    expect(fingerprint(grown)).not.toBe(before);
  });
  it("changes no bit when it comes with predict or evaluate between two halves of an update", async () => {
    const [model, other] = [await network(), await network()];
    for (const m of [model, other]) m.compile({ optimizer: t.adam(), ...around });
    for (let i = 0; i < 7; i++) {
      if (i === 3) model.predict(rowsOf(100, 1).x);
      if (i === 5) await model.evaluate(rowsOf(200, 1));
      expect(model.trainBatch(batch(i).x, batch(i).y)).toBe(other.trainBatch(batch(i).x, batch(i).y));
    }
    expect(fingerprint(model)).toBe(fingerprint(other));
    expect(model.predict(look)).toEqual(other.predict(look));
  });
});

describe("fit without an optimizer", () => {
  const rows = rowsOf(20, 81);
  const full = { batchSize: "full", shuffle: false } as const;
  const around = { ema: { decay: 0.9 }, lookahead: { every: 3 }, accumulate: 2, clipNorm: 0.5 };
  it.each([{}, { lookahead: around.lookahead, accumulate: 2, clipNorm: 0.5 }])(
    "goes on where the last one ended, state included: %j",
    async options => {
      const [two, one] = [await network(), await network()];
      const optimizer = t.adam({ lr: 0.02 });
      await one.fit(rows, { batchSize: 4, epochs: 4, shuffle: false, optimizer, ...options });
      await two.fit(rows, { batchSize: 4, epochs: 1, shuffle: false, optimizer, ...options });
      await two.fit(rows, { batchSize: 4, epochs: 3, shuffle: false });
      expect(fingerprint(two)).toBe(fingerprint(one));
    },
  );
  it("goes on with what compile set, its state and schedule included", async () => {
    const [fitted, stepped] = [await network(), await network()];
    for (const model of [fitted, stepped]) {
      model.compile({
        optimizer: t.adam({ lr: 0.05 }),
        ...around,
        ema: undefined,
        accumulate: 1,
        schedule: t.exponential({ gamma: 0.8 }),
      });
      for (const i of [0, 1, 2]) model.trainBatch(batch(i).x, batch(i).y);
    }
    const history = await fitted.fit(rows, { ...full, epochs: 5 });
    for (let i = 0; i < 5; i++) stepped.trainBatch(rows.x, rows.y);
    expect(fingerprint(fitted)).toBe(fingerprint(stepped));
    for (const [i, log] of history.epochs.entries()) expect(log.lr).toBeCloseTo(0.05 * 0.8 ** (3 + i), 12);
    for (const model of [fitted, stepped]) model.trainBatch(batch(3).x, batch(3).y);
    expect(fingerprint(fitted)).toBe(fingerprint(stepped));
  });
  it("is refused before compile", async () => {
    const model = await network();
    await fails(() => model.fit(rows), "NOT_COMPILED", /fit: optimizer is missing/);
    await fails(() => model.fit(rows, { clipNorm: 1 }), "NOT_COMPILED", /optimizer/);
  });
  it.each([
    ["groups", [{ layers: [0], lr: 1 }]],
    ["decayBiases", false],
    ["clipNorm", 1],
    ["clipValue", 1],
    ["clipTensorNorm", 1],
    ["clipAdaptive", 1],
    ["accumulate", 2],
    ["skipNonFinite", true],
    ["sam", {}],
    ["lookahead", {}],
    ["ema", {}],
    ["swa", {}],
  ])("is refused with %s", async (name, value) => {
    const model = await network();
    model.compile({ optimizer: sgd });
    const before = fingerprint(model);
    const options = { ...full, [name]: value };
    await fails(() => model.fit(rows, any(options)), "INVALID_ARGUMENT", new RegExp(`fit: ${name}.*optimizer`));
    expect(fingerprint(model)).toBe(before);
  });
});

describe("an optimizer given to fit", () => {
  const rows = rowsOf(20, 81);
  it("replaces what compile set, its state and what was around it", async () => {
    const model = await network();
    model.compile({ optimizer: t.adam({ lr: 0.05 }), clipNorm: 0.01, accumulate: 3, ema: {}, lookahead: {} });
    for (const i of [0, 1]) model.trainBatch(batch(i).x, batch(i).y);
    const w = tensors(model);
    await model.fit(rows, { optimizer: sgd, batchSize: "full", shuffle: false });
    expectNear(model, sgdRule(0.1)(w, gradients(w, rows)));
  });
  it("replaces the schedule of compile too, for the fits and batches that follow", async () => {
    const model = await network();
    model.compile({ optimizer: t.sgd({ lr: 0.8 }), schedule: t.exponential({ gamma: 0.5 }) });
    model.trainBatch(batch(0).x, batch(0).y);
    await model.fit(rows, { optimizer: sgd, batchSize: "full", shuffle: false });
    const w = tensors(model);
    model.trainBatch(batch(1).x, batch(1).y);
    expectNear(model, sgdRule(0.1)(w, gradients(w, batch(1))), "trainBatch");
    const history = await model.fit(rows, { batchSize: "full", shuffle: false });
    expect(history.epochs[0]!.lr).toBe(0.1);
  });
});
