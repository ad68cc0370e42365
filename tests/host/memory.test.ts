// Memory is planned, then allocated once: WebAssembly memory does not grow while a model works, and stays in proportion.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { fingerprint, growth, numbers, wholes } from "./support.ts";

const tiny = () =>
  t.sequential([t.dense(16, { activation: "relu" }), t.dense(3)], { inputs: 4, loss: t.crossEntropy() });
const data = { x: numbers(640, 1), y: wholes(160, 2, 3) };

describe("memory stays flat", () => {
  it("over 100,000 steps of a model of 4-16-3", async () => {
    const model = await tiny();
    const options = { batchSize: 16, optimizer: t.adam(), validation: data };
    await model.fit(data, { ...options, epochs: 2 });
    const grown = await growth(async () => await model.fit(data, { ...options, epochs: 10000 }));
    expect(model.iterations).toBe(100_020);
    expect(grown).toBe(0);
  });
  it("over 300 fits", async () => {
    const model = await tiny();
    await model.fit(data, { optimizer: t.adam() });
    const grown = await growth(async () => {
      for (let i = 0; i < 300; i++)
        await model.fit(data, { optimizer: i % 2 ? t.adam() : t.sgd(), batchSize: 1 + (i % 32) });
    });
    expect(grown).toBe(0);
  });
  it("over 200 evaluate and predict calls", async () => {
    const model = await tiny();
    await model.evaluate(data, { report: true });
    model.predict(data.x);
    const grown = await growth(async () => {
      for (let i = 0; i < 200; i++) {
        await model.evaluate(data, { report: i % 2 === 0 });
        model.predict(data.x);
      }
    });
    expect(grown).toBe(0);
  });
  it("over 200 pairs of evaluate calls that do not wait for each other", async () => {
    const model = await tiny();
    const large = { x: numbers(40_000, 3), y: wholes(10_000, 4, 3) };
    await Promise.all([model.evaluate(large), model.evaluate(large)]);
    const grown = await growth(async () => {
      for (let i = 0; i < 200; i++) await Promise.all([model.evaluate(large), model.evaluate(large)]);
    });
    expect(grown).toBe(0);
  });
  it("over 300 trainBatch calls with batch sizes that change up to 64", async () => {
    const model = await tiny();
    model.compile({ optimizer: t.adam() });
    model.trainBatch(data.x.subarray(0, 256), data.y.subarray(0, 64));
    const grown = await growth(() => {
      for (let i = 0; i < 300; i++) {
        const rows = 1 + ((i * 37) % 64);
        model.trainBatch(data.x.subarray(0, rows * 4), data.y.subarray(0, rows));
      }
    });
    expect(grown).toBe(0);
  });
  it("over 300 steps and evaluations that end in an error", async () => {
    const model = await tiny();
    model.compile({ optimizer: t.adam() });
    const bad = { x: Float32Array.from(data.x, (v, i) => (i === 600 ? Number.NaN : v)), y: data.y };
    expect(() => model.trainBatch(bad.x, bad.y)).toThrow();
    await model.evaluate(data);
    const grown = await growth(async () => {
      for (let i = 0; i < 300; i++) {
        expect(() => model.trainBatch(bad.x, bad.y)).toThrow();
        expect(() => model.predict(bad.x)).toThrow();
        await expect(model.evaluate(bad)).rejects.toThrow();
      }
    });
    expect(grown).toBe(0);
  });
});

describe("memory is in proportion", () => {
  it("to parameters and batch, not to the square of the outputs", async () => {
    const grown = await growth(async () => await t.sequential([t.dense(4000)], { inputs: 2, loss: t.mse() }));
    // 12,000 parameters and as many gradients, 8 lanes for each of 4000 outputs: less than 2 MB.
    expect(grown).toBeLessThan(8e6);
  });
});

describe("a plan that changes keeps what it should", () => {
  it("predicting many rows after trainBatch leaves the last gradients", async () => {
    const model = await tiny();
    model.compile({ optimizer: t.adam() });
    model.trainBatch(data.x.subarray(0, 4), data.y.subarray(0, 1));
    const before = model.parameters().map(p => p.grad);
    model.predict(data.x);
    expect(model.parameters().map(p => p.grad)).toEqual(before);
  });
  it("a larger batch goes on with the optimizer's state", async () => {
    const [grows, ready] = [await tiny(), await tiny()];
    for (const model of [grows, ready]) model.compile({ optimizer: t.adam({ lr: 0.1 }) });
    ready.predict(data.x); // makes room for 160 rows
    for (const rows of [2, 5, 30, 160, 7]) {
      for (const model of [grows, ready]) model.trainBatch(data.x.subarray(0, rows * 4), data.y.subarray(0, rows));
    }
    expect(fingerprint(grows)).toBe(fingerprint(ready));
  });
  it("compile while an evaluate has not yet resolved does not lead to overlapping arrays", async () => {
    const run = async (wait: boolean) => {
      const stack = [t.dense(128, { activation: "relu" }), t.dense(3)];
      const model = await t.sequential(stack, { inputs: 784, loss: t.crossEntropy(), seed: 1 });
      const batch = { x: numbers(784 * 8, 1), y: wholes(8, 2, 3) };
      const pending = model.evaluate(batch);
      if (wait) await pending;
      model.compile({ optimizer: t.adam() });
      await pending;
      for (let i = 0; i < 3; i++) {
        model.trainBatch(batch.x, batch.y);
        model.predict(batch.x);
      }
      return fingerprint(model);
    };
    expect(await run(false)).toBe(await run(true));
  });
  it("a fit that does not fit into memory is refused, and the model is as it was", async () => {
    const model = await t.sequential([t.dense(3000)], { inputs: 1, loss: t.crossEntropy(), seed: 1 });
    const [before, out] = [fingerprint(model), model.predict([[1]])];
    const rows = 400_000; // 4.8 GB of outputs
    const big = { x: new Float32Array(rows), y: new Int32Array(rows) };
    const failure = model.fit(big, { optimizer: t.sgd(), batchSize: "full" });
    await expect(failure).rejects.toMatchObject({ name: "TrainletError", code: "OUT_OF_MEMORY" });
    expect(fingerprint(model)).toBe(before);
    expect(model.predict([[1]])).toEqual(out);
    await model.fit({ x: [[1], [2]], y: [1, 2] }, { optimizer: t.sgd() });
  });
});
