// The same seed, data and options give the same bits, however the work is cut up.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { fingerprint, numbers, wholes } from "./support.ts";

const data = { x: numbers(500, 1), y: wholes(100, 2, 4) };
const layers = [t.dense(16, { activation: "gelu" }), t.batchNorm(), t.dropout(0.3), t.dense(4)];
const network = (seed?: number, stack = layers) => t.sequential(stack, { inputs: 5, loss: t.crossEntropy(), seed });
const options = {
  epochs: 4,
  batchSize: 8,
  optimizer: t.adam({ lr: 0.01 }),
  clipNorm: 1,
  schedule: t.cosine({ per: "batch" }),
};
const trained = async (seed?: number, more: t.FitOptions = {}) => {
  const model = await network(seed);
  await model.fit(data, { ...options, ...more });
  return model;
};
const look = { onBatchEnd() {} };

describe("determinism", () => {
  it("the same seed twice gives the same start", async () => {
    expect(fingerprint(await network(7))).toBe(fingerprint(await network(7)));
    expect(fingerprint(await network())).toBe(fingerprint(await network(0)));
  });
  it("the same seed twice gives the same bits after training, with dropout, batch norm and shuffling", async () => {
    const [a, b] = [await trained(7), await trained(7)];
    expect(fingerprint(a)).toBe(fingerprint(b));
    expect(a.predict(data.x)).toEqual(b.predict(data.x));
    expect(fingerprint(a)).not.toBe(fingerprint(await network(7)));
  });
  it("another seed differs: start, end, order of rows and masks", async () => {
    const seeds = [0, 1, 2, 3, 2 ** 31, 2 ** 32 - 1];
    const starts = await Promise.all(seeds.map(async seed => fingerprint(await network(seed))));
    expect(new Set(starts).size).toBe(seeds.length);
    const [a, b] = [await network(1), await network(2)];
    b.loadParameters(Object.fromEntries([...a.parameters(), ...a.buffers()].map(p => [p.name, p.value])));
    for (const model of [a, b]) model.compile({ optimizer: t.sgd() });
    expect(a.trainBatch(data.x, data.y), "the mask of the first step").not.toBe(b.trainBatch(data.x, data.y));
  });
  it("each step and each layer draws a mask of its own", async () => {
    const stack = [t.dense(64, { init: "ones" }), t.dropout(0.5), t.dense(1, { init: "ones" })];
    const model = await t.sequential(stack, { inputs: 1, loss: t.mae() });
    model.compile({ optimizer: t.sgd({ lr: 0 }) });
    const gradients = Array.from({ length: 4 }, () => {
      model.trainBatch([[1]], [[1e6]]);
      return String(model.parameters()[0]!.grad);
    });
    expect(new Set(gradients).size).toBe(4);
    const twice = await t.sequential([t.dropout(0.5), t.dropout(0.5), t.dense(1, { init: "ones" })], {
      inputs: 4096,
      loss: t.mae(),
    });
    twice.compile({ optimizer: t.sgd({ lr: 0 }) });
    twice.trainBatch(new Float32Array(4096).fill(1), [[1e6]]);
    const kept = twice.parameters()[0]!.grad.filter(g => g !== 0).length / 4096;
    expect(kept, "two masks of one half leave a quarter").toBeGreaterThan(0.2);
    expect(kept).toBeLessThan(0.3);
  });
  it("a callback after each batch, which cuts the crossings into single steps, changes no bit", async () => {
    expect(fingerprint(await trained(3, { callbacks: [look] }))).toBe(fingerprint(await trained(3)));
  });
  it("neither do validation, evaluate and predict in between", async () => {
    const apart = await network(3);
    const { batchSize, optimizer } = options;
    apart.compile({ optimizer });
    const whole = await network(3);
    whole.compile({ optimizer });
    for (let i = 0; i < 5; i++) {
      await apart.fit(data, { batchSize, validation: { x: data.x, y: data.y } });
      await apart.evaluate({ x: numbers(5000, 4), y: wholes(1000, 4, 4) });
      apart.predict(numbers(15000, i));
    }
    for (let i = 0; i < 5; i++) await whole.fit(data, { batchSize });
    expect(fingerprint(apart)).toBe(fingerprint(whole));
  });
  it("fits of one epoch each, with the optimizer from compile, are one fit of many", async () => {
    const [whole, parts] = [await network(5), await network(5)];
    for (const model of [whole, parts]) model.compile({ optimizer: t.adam() });
    const { batchSize } = options;
    await whole.fit(data, { epochs: 3, batchSize });
    for (let i = 0; i < 3; i++) await parts.fit(data, { batchSize });
    expect(fingerprint(parts)).toBe(fingerprint(whole));
  });
  it("trainBatch over the rows in order is fit without shuffling", async () => {
    const stack = [t.dense(16, { activation: "gelu" }), t.dropout(0.3), t.batchNorm(), t.dense(4)];
    const [fitted, looped] = [await network(5, stack), await network(5, stack)];
    await fitted.fit(data, { epochs: 2, batchSize: 10, shuffle: false, optimizer: t.adamw(), clipNorm: 0.5 });
    looped.compile({ optimizer: t.adamw(), clipNorm: 0.5 });
    for (let i = 0; i < 20; i++) {
      const at = (i % 10) * 10;
      looped.trainBatch(data.x.subarray(at * 5, at * 5 + 50), data.y.subarray(at, at + 10));
    }
    expect(fingerprint(looped)).toBe(fingerprint(fitted));
  });
  it("models that train at the same time do not touch each other", async () => {
    const seeds = [1, 2, 3];
    const alone = [];
    for (const seed of seeds) alone.push(fingerprint(await trained(seed)));
    const together = await Promise.all(
      seeds.map(seed => trained(seed, { callbacks: [{ onBatchEnd: async () => {} }] })),
    );
    expect(together.map(fingerprint)).toEqual(alone);
  });
  it("what users hand in stays as it was", async () => {
    const mine = { x: data.x.slice(), y: data.y.slice() };
    const model = await network(1);
    await model.fit(mine, { ...options, sampleWeight: new Float32Array(100).fill(2) });
    await model.evaluate(mine);
    model.predict(mine.x);
    expect(mine).toEqual(data);
  });
  it("rows, flat or nested, plain or typed, are the same data", async () => {
    const nested = Array.from({ length: 100 }, (_, i) => [...data.x.subarray(5 * i, 5 * i + 5)]);
    const forms: t.Data[] = [
      data,
      { x: nested, y: [...data.y] },
      { x: [...data.x], y: data.y },
      { x: Float64Array.from(data.x), y: data.y },
      { x: nested.map(row => Float32Array.from(row)), y: data.y },
    ];
    const prints = [];
    for (const form of forms) {
      const model = await network(1);
      await model.fit(form, options);
      prints.push(fingerprint(model));
    }
    expect(new Set(prints).size).toBe(1);
  });
  it("what parameters() gives are copies", async () => {
    const model = await network(1);
    const before = fingerprint(model);
    for (const p of [...model.parameters(), ...model.buffers()]) p.value.fill(9);
    for (const p of model.parameters()) p.shape[0] = 99;
    expect(fingerprint(model)).toBe(before);
    expect(model.parameters()[0]!.shape).toEqual([16, 5]);
  });
  it("changing a spec after the model was made from it does not change the model", async () => {
    const hidden: { type: string; units: number } = t.dense(8);
    const loss = t.crossEntropy() as { type: "crossEntropy"; labelSmoothing?: number };
    const model = await t.sequential([hidden, t.dense(4)], { inputs: 5, loss });
    const before = { shapes: model.parameters().map(p => p.shape), ...(await model.evaluate(data)) };
    hidden.units = 20;
    loss.labelSmoothing = 0.5;
    model.compile({ optimizer: t.sgd({ lr: 0 }) });
    await model.fit(data, { batchSize: "full" });
    expect({ shapes: model.parameters().map(p => p.shape), ...(await model.evaluate(data)) }).toEqual(before);
    expect(model.spec.loss).toEqual({ type: "crossEntropy" });
  });
});
