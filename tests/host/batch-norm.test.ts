// Batch normalisation's statistics: batches of one row, features far from 0, frozen layers.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { fails, fingerprint, numbers } from "./support.ts";

const sgd = t.sgd({ lr: 0.1 });
const buffers = (model: t.Model) => Object.fromEntries(model.buffers().map(b => [b.name, [...b.value]]));
const norm = (options: object = {}, inputs = 2) =>
  t.sequential([t.batchNorm(options), t.dense(1)], { inputs, loss: t.mse(), seed: 1 });
const data = (rows: number, inputs = 2) => ({ x: numbers(rows * inputs, 3), y: numbers(rows, 4) });

describe("a batch of one row", () => {
  it("is refused where it would be all that a layer learns from", async () => {
    const model = await norm();
    const before = fingerprint(model);
    const { x, y } = data(9);
    const one = /one row has no variance for layer 0 \(batchNorm\)/;
    await fails(() => model.fit({ x, y }, { optimizer: sgd, batchSize: 1 }), "INVALID_ARGUMENT", /^fit: /, one);
    await fails(() => model.fit(data(1), { optimizer: sgd, batchSize: "full" }), "INVALID_ARGUMENT", one);
    const steps = () => model.fitSteps({ x, y }, { optimizer: sgd, batchSize: 1, steps: 2 }).next();
    await fails(steps, "INVALID_ARGUMENT", /^fitSteps: /, one);
    await fails(() => t.findLearningRate(model, { x, y }, { optimizer: sgd, batchSize: 1 }), "INVALID_ARGUMENT", one);
    model.compile({ optimizer: sgd });
    await fails(() => model.trainBatch([[1, 2]], [1]), "INVALID_ARGUMENT", /^trainBatch: /, one);
    expect(fingerprint(model)).toBe(before);
  });
  it("is fine for a frozen layer, for evaluation and for prediction", async () => {
    const model = await norm({ trainable: false });
    await model.fit(data(3), { optimizer: sgd, batchSize: 1 });
    const learns = await norm();
    expect(learns.predict([[1, 2]])).toHaveLength(1);
    expect((await learns.evaluate(data(1))).loss).toBeGreaterThan(0);
  });
  it("at the end of an epoch leaves the running statistics as they are", async () => {
    const { x, y } = data(9);
    const [whole, spared] = [await norm(), await norm()];
    const options = { optimizer: t.sgd({ lr: 0 }), batchSize: 4, epochs: 30, shuffle: false } as const;
    await whole.fit({ x, y }, options);
    await spared.fit({ x: x.slice(0, 16), y: y.slice(0, 8) }, options);
    expect(buffers(whole)).toEqual(buffers(spared));
  });
  it("does not count where statistics are made anew for averaged weights", async () => {
    const { x, y } = data(9);
    const [whole, spared] = [await norm(), await norm()];
    const options = { optimizer: t.sgd({ lr: 0 }), batchSize: 4, epochs: 4, shuffle: false, swa: {} } as const;
    await whole.fit({ x, y }, options);
    await spared.fit({ x: x.slice(0, 16), y: y.slice(0, 8) }, options);
    expect(buffers(whole)).toEqual(buffers(spared));
  });
});

describe("features far from 0", () => {
  // 1, 100 and 10,000 times further off than float32 sums could bear; an outlier first; a constant.
  const rows = 20_000;
  const offsets = [0, 1e4, -1e6, 1e7];
  const spread = [1, 1, 1, 10];
  const x = numbers(rows * 5, 5);
  for (let i = 0; i < rows; i++) {
    offsets.forEach((o, c) => {
      x[5 * i + c] = o + spread[c]! * x[5 * i + c]!;
    });
    x[5 * i + 4] = 3.3e5;
  }
  x[1] = 2e4;
  const column = (c: number) => Array.from({ length: rows }, (_, i) => x[5 * i + c]!);
  const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  const variance = (list: number[]) => mean(list.map(v => (v - mean(list)) ** 2)) * (rows / (rows - 1));
  const y = new Float32Array(rows);

  it("keep mean and variance", async () => {
    const model = await norm({ momentum: 1 }, 5);
    await model.fit({ x, y }, { optimizer: t.sgd({ lr: 0 }), batchSize: "full" });
    const { "0.running_mean": means, "0.running_var": variances } = buffers(model);
    for (let c = 0; c < 4; c++) {
      expect(Math.abs(means![c]! / mean(column(c)) - 1), `mean ${c}`).toBeLessThan(c ? 1e-7 : 1e-4);
      expect(Math.abs(variances![c]! / variance(column(c)) - 1), `variance ${c}`).toBeLessThan(1e-5);
    }
    expect(means![4]).toBe(3.3e5);
    expect(variances![4]).toBe(0);
  });
  it("train as the same features near 0 do", async () => {
    const near = x.slice(0, 5 * 64).map((v, i) => (i % 5 === 4 ? 0 : Math.fround(v - offsets[i % 5]!)));
    const far = near.map((v, i) => (i % 5 === 4 ? 3.3e5 : Math.fround(v + offsets[i % 5]!)));
    const exact = far.map((v, i) => (i % 5 === 4 ? 0 : v - offsets[i % 5]!));
    const target = numbers(64, 6);
    const train = async (inputs: Float32Array) => {
      const model = await norm({}, 5);
      await model.fit({ x: inputs, y: target }, { optimizer: sgd, batchSize: 16, epochs: 5 });
      return model.parameters().flatMap(p => [...p.value]);
    };
    const [a, b] = [await train(far), await train(exact)];
    expect(Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))).toBeLessThan(2e-6);
  });
});

describe("frozen batch normalisation", () => {
  it("uses and keeps its running statistics, with γ and β or without, and lets gradients through", async () => {
    for (const affine of [true, false]) {
      const layers = (trainable: boolean) => [t.dense(3), t.batchNorm({ affine, trainable }), t.dense(1)];
      const options = { inputs: 2, loss: t.mse(), seed: 1 };
      const first = await t.sequential(layers(true), options);
      await first.fit(data(40), { optimizer: sgd, epochs: 3, batchSize: 8 });
      const tuned = await t.sequential(layers(false), options);
      const all = [...first.parameters(), ...first.buffers()];
      tuned.loadParameters(Object.fromEntries(all.map(p => [p.name, p.value])));
      const { x, y } = data(6);
      // The loss of a step is that of inference.
      const { loss } = await tuned.evaluate({ x, y });
      tuned.compile({ optimizer: sgd });
      expect(tuned.trainBatch(x, y)).toBeCloseTo(loss, 6);
      expect(buffers(tuned)).toEqual(buffers(first));
      const moved = tuned
        .parameters()
        .filter(p => !p.value.every((v, i) => v === all.find(q => q.name === p.name)!.value[i]));
      expect(moved.map(p => p.name)).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
      // dL/dw below it, by differences.
      const grad = (await regained()).parameters()[0]!.grad;
      const at = 2;
      const step = 1e-2;
      const probe = async (by: number) => {
        const model = await regained();
        const w = model.parameters()[0]!.value.slice();
        w[at]! += by;
        model.loadParameters({ "0.weight": w });
        return (await model.evaluate({ x, y })).loss;
      };
      const slope = ((await probe(step)) - (await probe(-step))) / (2 * step);
      expect(grad[at]).toBeCloseTo(slope, 3);

      async function regained(): Promise<t.Model> {
        const model = await t.sequential(layers(false), options);
        model.loadParameters(Object.fromEntries(all.map(p => [p.name, p.value])));
        model.compile({ optimizer: t.sgd({ lr: 0 }) });
        model.trainBatch(x, y);
        return model;
      }
    }
  });
  it("keeps them where averages make statistics anew", async () => {
    const model = await norm({ trainable: false });
    const before = buffers(model);
    await model.fit(data(20), { optimizer: sgd, epochs: 4, swa: {} });
    expect(buffers(model)).toEqual(before);
  });
});
