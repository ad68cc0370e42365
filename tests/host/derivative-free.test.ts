// Rules that train through forward passes alone: judged by what they reach and by what they estimate.
import { describe, expect, it } from "vitest";
import { moons } from "../../host/data/index.ts";
import * as t from "../../host/index.ts";

const network = (loss: t.Spec | { type: string }, seed = 1) =>
  t.sequential([t.dense(16, { activation: "tanh" }), t.dense(2)], { inputs: 2, loss, seed });

describe.each([
  ["finiteDifferences", t.finiteDifferences({ lr: 0.05, directions: 8 }), 0.85],
  ["augmentedRandomSearch", t.augmentedRandomSearch({ lr: 0.05, directions: 16, top: 8 }), 0.95],
])("%s", (_name, optimizer, least) => {
  it("trains the moons through forward passes", async () => {
    const data = await moons({ rows: 400, seed: 1 });
    const model = await network(t.crossEntropy());
    await model.fit(data, { epochs: 60, batchSize: 100, optimizer });
    expect((await model.evaluate(data)).accuracy).toBeGreaterThanOrEqual(least);
  });
  it("gives the same bits for the same seed, and others for another", async () => {
    const data = await moons({ rows: 64, seed: 1 });
    const run = async (seed: number) => {
      const model = await network(t.crossEntropy(), seed);
      await model.fit(data, { epochs: 2, optimizer });
      return model.parameters().map(p => [...p.value]);
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });
  it("leaves frozen layers as they are", async () => {
    const layers = [t.dense(4, { activation: "tanh", trainable: false }), t.dense(2)];
    const model = await t.sequential(layers, { inputs: 2, loss: t.crossEntropy(), seed: 1 });
    const before = model.parameters();
    model.compile({ optimizer });
    for (let i = 0; i < 5; i++) model.trainBatch([[1, 2]], [1]);
    const after = model.parameters();
    expect(after.slice(0, 2).map(p => p.value)).toEqual(before.slice(0, 2).map(p => p.value));
    expect(after[2]!.value).not.toEqual(before[2]!.value);
  });
});

describe("augmentedRandomSearch", () => {
  it("trains through the zero-one loss, whose gradient is 0", async () => {
    const data = await moons({ rows: 400, seed: 1 });
    const model = await network(t.zeroOne());
    const rule = t.augmentedRandomSearch({ lr: 0.1, sigma: 0.2, directions: 16, top: 8 });
    await model.fit(data, { epochs: 60, batchSize: 100, optimizer: rule });
    expect((await model.evaluate(data)).accuracy).toBeGreaterThanOrEqual(0.95);
  });
});

describe("finiteDifferences", () => {
  it("goes along the gradient on average: many directions give its direction and length", async () => {
    const make = () => t.sequential([t.dense(1, { init: "zeros" })], { inputs: 3, loss: t.mse(), seed: 3 });
    const [x, y] = [[[1, -2, 0.5]], [[2]]];
    const exact = await make();
    exact.compile({ optimizer: t.sgd({ lr: 1 }) });
    exact.trainBatch(x, y);
    const estimate = await make();
    estimate.compile({ optimizer: t.finiteDifferences({ lr: 1, directions: 20_000 }) });
    estimate.trainBatch(x, y);
    exact.parameters().forEach((p, i) => {
      p.value.forEach((v, j) => {
        expect(Math.abs(estimate.parameters()[i]!.value[j]! - v)).toBeLessThan(0.35);
      });
    });
  });
});
