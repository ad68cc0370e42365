// Batches whose gradients are averaged come to what one large batch does, whatever their rows weigh.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fingerprint, numbers, wholes } from "./support.ts";

const N = 32;
const x = numbers(N * 4, 7);
const y = wholes(N, 8, 2);
const sampleWeight = Float32Array.from({ length: N }, (_, i) => (i % 16 < 8 ? 10 : 0.1));
const ignored = (from: number) => y.map((v, i) => (i % 16 >= from && i % 16 < 8 ? -100 : v));
const sgd = t.sgd({ lr: 0.5 });

async function make(loss: { type: string } = t.crossEntropy(), settings: object = {}) {
  const layers = [t.dense(5, { activation: "tanh", ...settings }), t.dense(2)];
  return t.sequential(layers, { inputs: 4, loss, seed: 1 });
}
async function run(options: object, labels: Int32Array | Float32Array = y, loss?: { type: string }, settings?: object) {
  const model = await make(loss, settings);
  await model.fit({ x, y: labels }, { shuffle: false, epochs: 3, optimizer: sgd, ...any(options) });
  return model.parameters().flatMap(p => [...p.value]);
}
const gap = (a: number[], b: number[]) => Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));

describe("accumulate", () => {
  const two = { batchSize: 8, accumulate: 2 };
  const one = { batchSize: 16 };
  const weighted = t.crossEntropy({ classWeights: [1, 10] });
  const targets = numbers(2 * N, 9);
  const cases: [string, object, object, (Int32Array | Float32Array)?, { type: string }?, object?][] = [
    ["as they are", one, two],
    ["with weights of rows", { ...one, sampleWeight }, { ...two, sampleWeight }],
    ["with weights of classes", { ...one, classWeight: [1, 10] }, { ...two, classWeight: [1, 10] }],
    ["with weights of classes in the loss", one, two, y, weighted],
    ["with most rows of a batch ignored", one, two, ignored(1)],
    ["with all rows of a batch ignored", one, two, ignored(0)],
    ["with all rows ignored, under penalties", one, two, y.map(() => -100), undefined, { l2: 0.1 }],
    ["under penalties", { ...one, sampleWeight }, { ...two, sampleWeight }, y, undefined, { l1: 0.01, l2: 0.1 }],
    ["of a regression", { ...one, sampleWeight }, { ...two, sampleWeight }, targets, t.mse()],
    ["of 12, 12 and 8 rows", { batchSize: "full" }, { batchSize: 12, accumulate: 3 }],
    ["of 8 rows, three and one to an epoch", { batchSize: 24 }, { batchSize: 8, accumulate: 3 }],
    ["of 5 rows, with 2 left in the end", { batchSize: 15 }, { batchSize: 5, accumulate: 3 }],
  ];
  it.each(cases)("is one large batch: %s", async (_, large, small, labels, loss, settings) => {
    const want = await run(large, labels, loss, settings);
    expect(gap(await run(small, labels, loss, settings), want)).toBeLessThan(2e-6);
    expect(gap(await run({ ...large, epochs: 4 }, labels, loss, settings), want), "it moves").toBeGreaterThan(1e-3);
  });
  it("is one large batch in fitSteps and trainBatch", async () => {
    const want = await run({ batchSize: 24, epochs: 2, sampleWeight });
    const values = (m: t.Model) => m.parameters().flatMap(p => [...p.value]);
    const steps = await make();
    for await (const _ of steps.fitSteps(
      { x, y },
      { steps: 8, batchSize: 8, accumulate: 3, shuffle: false, optimizer: sgd, sampleWeight },
    ));
    expect(gap(values(steps), want)).toBeLessThan(2e-6);
    const [alone, whole] = [await make(), await make()];
    alone.compile({ optimizer: sgd, accumulate: 3 });
    whole.compile({ optimizer: sgd });
    for (const [from, to] of [
      [0, 5],
      [5, 6],
      [6, 20],
    ] as const)
      alone.trainBatch(x.slice(4 * from, 4 * to), y.slice(from, to));
    whole.trainBatch(x.slice(0, 80), y.slice(0, 20));
    expect(gap(values(alone), values(whole))).toBeLessThan(2e-6);
  });
  it("makes an update of what is left at the end of fit, and history counts batches", async () => {
    const model = await make();
    const before = fingerprint(model);
    const history = await model.fit({ x, y }, { batchSize: 8, accumulate: 8, optimizer: t.adam() });
    expect(history.iterations).toBe(4);
    expect(fingerprint(model)).not.toBe(before);
    const stopped = await make();
    const stop = { onBatchEnd: () => false };
    await stopped.fit({ x, y }, { batchSize: 8, accumulate: 8, optimizer: t.adam(), callbacks: [stop] });
    expect(fingerprint(stopped)).not.toBe(before);
  });
  it("goes on from a file written in between, bit for bit, weights included", async () => {
    const options = { batchSize: 8, shuffle: false, sampleWeight };
    const training = { optimizer: t.adam({ lr: 0.05 }), accumulate: 3 };
    const steps = async (model: t.Model, count: number, more: object = {}) => {
      for await (const _ of model.fitSteps({ x, y }, { steps: count, ...options, ...more }));
      return model;
    };
    const whole = await steps(await make(), 7, training);
    for (const cut of [1, 2, 4, 5]) {
      const first = await steps(await make(), cut, training);
      const second = await t.fromBytes(first.toBytes({ optimizer: true }));
      expect(fingerprint(await steps(second, 7 - cut)), `cut after ${cut}`).toBe(fingerprint(whole));
    }
  });
  it("leaves an update out whose batches are not all finite, in a file too", async () => {
    const bad = x.slice();
    bad.fill(3e38, 0, 4);
    const train = async (through: (m: t.Model) => Promise<t.Model> | t.Model) => {
      let model = await t.sequential([t.dense(1)], { inputs: 4, loss: t.mse(), seed: 1 });
      model.compile({ optimizer: sgd, accumulate: 3, skipNonFinite: true });
      const part = (from: number) =>
        [bad.slice(4 * from, 4 * from + 16), Float32Array.of(0, 1, 2, 3)] as [Float32Array, Float32Array];
      const start = fingerprint(model);
      expect(model.trainBatch(...part(0))).toBe(Infinity);
      model = await through(model);
      for (const i of [1, 2]) model.trainBatch(...part(4 * i));
      expect(fingerprint(model)).toBe(start);
      for (const i of [3, 4, 5]) model.trainBatch(...part(4 * i));
      expect(fingerprint(model)).not.toBe(start);
      return fingerprint(model);
    };
    expect(await train(m => t.fromBytes(m.toBytes({ optimizer: true })))).toBe(await train(m => m));
  });
});
