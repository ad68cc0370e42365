// A run whose numbers are no longer finite ends at once, and says at which step and in which layer that began.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { expectClose, fails, numbers, valuesOf, wholes } from "./support.ts";

const data = { x: numbers(300, 1), y: wholes(100, 2, 3) };
const targets = { x: data.x, y: numbers(100, 3) };
const finite = (list: Iterable<number>) => [...list].every(Number.isFinite);

/** The model takes parameters again, predicts, and learns. */
async function usable(model: t.Model, good: Record<string, Float32Array>, batch: t.XY): Promise<void> {
  model.loadParameters(good);
  expect(finite(model.predict(batch.x))).toBe(true);
  const { loss } = await model.evaluate(batch);
  await model.fit(batch, { epochs: 20, optimizer: t.adam({ lr: 0.01 }) });
  expect((await model.evaluate(batch)).loss).toBeLessThan(loss);
  model.compile({ optimizer: t.sgd() });
  expect(Number.isFinite(model.trainBatch(batch.x, batch.y))).toBe(true);
}

describe("a huge learning rate", () => {
  it("rejects with DIVERGED, naming step, layer and remedy; the model stays usable", async () => {
    const model = await t.sequential([t.dense(8), t.dense(1)], { inputs: 3, loss: t.mse(), seed: 1 });
    const good = valuesOf(model);
    const failure = () => model.fit(targets, { epochs: 50, batchSize: 10, optimizer: t.sgd({ lr: 1e6 }) });
    const { message } = await fails(
      failure,
      "DIVERGED",
      /step \d+/,
      /layer [01] \(dense\)/,
      /learning rate/,
      /clipNorm/,
    );
    const step = Number(/step (\d+)/.exec(message)![1]);
    expect(step).toBeGreaterThan(0);
    expect(Math.abs(step - model.iterations), "the steps taken tell the same").toBeLessThanOrEqual(1);
    await usable(model, good, targets);
  });
  it("names the layer whose parameters broke, by the name that the user gave it", async () => {
    const layers = [t.dense(4, { activation: "tanh", trainable: false }), t.dense(3, { name: "head" })];
    const model = await t.sequential(layers, { inputs: 3, loss: t.mse() });
    const y = numbers(300, 5, -1000, 1000);
    await fails(
      () => model.fit({ x: data.x, y }, { epochs: 99, optimizer: t.sgd({ lr: 1e38 }) }),
      "DIVERGED",
      /layer 1 \(head\)/,
    );
  });
  it("is found by trainBatch too, at the next step at the latest", async () => {
    const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse(), seed: 1 });
    model.compile({ optimizer: t.sgd({ lr: 1e38 }) });
    const far = targets.y.map(v => 1000 * v);
    const steps = () => {
      for (let i = 0; i < 5; i++) model.trainBatch(targets.x, far);
    };
    await fails(steps, "DIVERGED", /step [1-3]\b/, /layer 0 \(dense\)/);
  });
  it("is found in the last step of a fit, when no loss comes after it", async () => {
    const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse(), seed: 1 });
    model.loadParameters({ "0.weight": [1e9, 0, 0] });
    const once = { batchSize: "full", optimizer: t.sgd({ lr: 1e35 }) } as const;
    await fails(() => model.fit(targets, once), "DIVERGED", /step 1\b/, /parameter of layer 0/);
  });
  it("does not stop a run whose loss is large but finite", async () => {
    const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse(), seed: 1 });
    model.loadParameters({ "0.weight": [1e15, 0, 0] });
    model.compile({ optimizer: t.sgd({ lr: 0 }) });
    expect(model.trainBatch(targets.x, targets.y)).toBeGreaterThan(1e28);
  });
});

describe("a number that is not finite is traced to where it began", () => {
  it("an activation that overflows: its own layer, not those after it", async () => {
    const layers = [t.dense(2), t.leakyRelu({ slope: 1e30 }), t.dense(2), t.dense(1)];
    const model = await t.sequential(layers, { inputs: 2, loss: t.mse() });
    model.compile({ optimizer: t.sgd() });
    model.loadParameters({ "0.weight": [1e10, 0, 0, 1] });
    const wrong = await fails(
      () => model.trainBatch([[-1, 1]], [0]),
      "DIVERGED",
      /step 1\b/,
      /output of layer 1 \(leakyRelu\)/,
    );
    expect(wrong.message).not.toMatch(/layer [023]/);
    expect(model.iterations).toBe(0);
    model.loadParameters({ "0.weight": [1e-30, 0, 0, 1] });
    expect(Number.isFinite(model.trainBatch([[-1, 1]], [0]))).toBe(true);
  });
  it("a sum that overflows: the dense layer that forms it", async () => {
    const model = await t.sequential([t.dense(2), t.relu(), t.dense(1)], { inputs: 2, loss: t.mse() });
    model.loadParameters({ "0.weight": [1e30, 0, 0, 1e30], "2.weight": [1e30, 1e30] });
    model.compile({ optimizer: t.sgd() });
    await fails(() => model.trainBatch([[1, 1]], [0]), "DIVERGED", /output of layer 2 \(dense\)/);
  });
  it("poissonNll's exponential: the loss, since every layer's output is finite", async () => {
    const model = await t.sequential([t.dense(1)], { inputs: 2, loss: t.poissonNll() });
    const good = valuesOf(model);
    model.loadParameters({ "0.weight": [100, 100] });
    const batch = {
      x: [
        [1, 1],
        [0.5, 0.2],
      ],
      y: Float32Array.of(2, 1),
    };
    await fails(
      () => model.fit(batch, { optimizer: t.sgd() }),
      "DIVERGED",
      /step 1\b/,
      /loss itself/,
      /layer's output/,
    );
    await usable(model, good, batch);
  });
  it("in the step where it happens, not at the end of the epoch", async () => {
    const model = await t.sequential([t.dense(1, { init: "zeros" }), t.leakyRelu({ slope: 1e30 })], {
      inputs: 1,
      loss: t.mae(),
    });
    const x = Float32Array.from({ length: 50 }, (_, i) => (i === 36 ? -1e20 : 0));
    model.loadParameters({ "0.weight": [1] });
    const run = { batchSize: 1, shuffle: false, optimizer: t.sgd({ lr: 0 }) };
    await fails(() => model.fit({ x, y: new Float32Array(50) }, run), "DIVERGED", /step 37\b/, /layer 1 \(leakyRelu\)/);
    expect(model.iterations).toBe(36);
  });
  it("rows of weight 0 included, whose loss does not count", async () => {
    const model = await t.sequential([t.dense(1, { init: "ones" }), t.leakyRelu({ slope: 1e30 })], {
      inputs: 1,
      loss: t.mae(),
    });
    const before = valuesOf(model);
    const y = new Float32Array(2);
    const sampleWeight = [1, 0];
    const options = { optimizer: t.sgd({ lr: 0.1 }), sampleWeight };
    // Infinity times 0 is NaN: either the run ends, or the row left out leaves no trace.
    const outcome = await model.fit({ x: Float32Array.of(1, -1e20), y }, options).catch((e: unknown) => e);
    if (outcome instanceof t.TrainletError) expect(outcome.code).toBe("DIVERGED");
    else expect(finite(valuesOf(model)["0.weight"]!)).toBe(true);
    expect(Object.keys(valuesOf(model))).toEqual(Object.keys(before));
  });
});

describe("clipping", () => {
  it("by norm keeps finite gradients of any size from breaking the run", async () => {
    const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse(), seed: 1 });
    model.loadParameters({ "0.weight": [1e12, 1e12, 1e12] });
    await model.fit(targets, { epochs: 5, optimizer: t.sgd({ lr: 0.1 }), clipNorm: 1 });
    expect(finite(model.predict(data.x))).toBe(true);
  });
  it("by norm gives a step of that very length, however large the gradients are", async () => {
    const model = await t.sequential([t.dense(1, { bias: false })], { inputs: 2, loss: t.mae(), seed: 1 });
    const batch = { x: [[3e15, 4e15]], y: [[0]] };
    model.loadParameters({ "0.weight": [1, 1] });
    await model.fit(batch, { optimizer: t.sgd({ lr: 1 }), clipNorm: 5 });
    expectClose(model.parameters()[0]!.value, [1 - 3, 1 - 4], 4);
  });
});
