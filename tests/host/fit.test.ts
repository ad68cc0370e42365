// What `fit` does with its options: batches, order, history, validation, schedules, weights, clipping, frozen layers.
import { describe, expect, it } from "vitest";
import { digits } from "../../host/data/index.ts";
import * as t from "../../host/index.ts";
import { expectClose, fingerprint, numbers, valuesOf, wholes } from "./support.ts";

const sum = (list: Iterable<number>) => [...list].reduce((a, b) => a + b, 0);
/** 100 rows of 3 features in 4 classes. */
const data = { x: numbers(300, 1), y: wholes(100, 2, 4) };
const network = (seed = 1) =>
  t.sequential([t.dense(8, { activation: "tanh" }), t.dense(4)], { inputs: 3, loss: t.crossEntropy(), seed });
const row = (i: number) => data.x.subarray(i * 3, i * 3 + 3);

describe("digits", () => {
  it("are learnt to a mean test accuracy of at least 0.90 over the seeds 1 to 5", async () => {
    const all = await digits();
    const train = all.slice(0, 1437);
    const test = all.slice(1437);
    expect([train.rows, test.rows]).toEqual([1437, 360]);
    const accuracies: number[] = [];
    for (const seed of [1, 2, 3, 4, 5]) {
      const layers = [t.dense(32, { activation: "relu" }), t.dense(10)];
      const model = await t.sequential(layers, { inputs: 64, loss: t.crossEntropy(), seed });
      await model.fit(train, { epochs: 20, batchSize: 32, optimizer: t.adam({ lr: 1e-2 }) });
      accuracies.push((await model.evaluate(test)).accuracy!);
    }
    const mean = sum(accuracies) / 5;
    console.log(`digits: mean ${mean.toFixed(4)} of ${accuracies.map(a => a.toFixed(4)).join(", ")}`);
    expect(mean).toBeGreaterThanOrEqual(0.9);
  });
});

describe("history", () => {
  it("has one entry an epoch with loss, metrics, rate and pace", async () => {
    const model = await network();
    const validation = { x: numbers(60, 3), y: wholes(20, 4, 4) };
    const options = { epochs: 3, batchSize: 30, optimizer: t.adam({ lr: 0.02 }), validation };
    const history = await model.fit(data, options);
    expect(history.epochs.map(e => e.epoch)).toEqual([1, 2, 3]);
    expect(history.epochs.map(e => e.iterations)).toEqual([4, 8, 12]);
    expect(history.iterations).toBe(12);
    expect(history.stoppedEarly).toBe(false);
    for (const log of history.epochs) {
      const keys = [
        "accuracy",
        "epoch",
        "iterations",
        "loss",
        "lr",
        "samplesPerSecond",
        "seconds",
        "valAccuracy",
        "valLoss",
      ];
      expect(Object.keys(log).sort()).toEqual(keys);
      expect(Object.values(log).every(Number.isFinite)).toBe(true);
      expect(log.lr).toBe(0.02);
      expect(log.samplesPerSecond).toBeGreaterThan(0);
    }
    expect(history.epochs[2]!.loss).toBeLessThan(history.epochs[0]!.loss);
    const after = await model.fit(data, { ...options, epochs: 1 });
    expect([after.epochs[0]!.epoch, after.iterations, after.epochs[0]!.iterations]).toEqual([1, 4, 16]);
  });
  it("gives the mean over the rows, also when the last batch is smaller", async () => {
    const model = await network();
    const { loss, accuracy } = await model.evaluate(data);
    const history = await model.fit(data, { batchSize: 33, optimizer: t.sgd({ lr: 0 }) });
    expect(history.epochs[0]!.loss).toBeCloseTo(loss, 6);
    expect(history.epochs[0]!.accuracy).toBe(accuracy);
  });
  it("has mae, rmse and r2 for a regression", async () => {
    const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse() });
    const y = numbers(100, 3);
    const history = await model.fit({ x: data.x, y }, { optimizer: t.sgd({ lr: 0 }), validation: { x: data.x, y } });
    const { loss, mae, rmse, r2 } = await model.evaluate({ x: data.x, y });
    const log = history.epochs[0]!;
    const expected = [mae!, rmse!, r2!, loss];
    expectClose([log.mae!, log.rmse!, log.r2!, log.loss], expected, 6);
    expectClose([log.valMae!, log.valRmse!, log.valR2!, log.valLoss!], expected, 6);
    expect(log).not.toHaveProperty("accuracy");
  });
});

describe("batches", () => {
  it.each([
    ["full", 1],
    [100, 1],
    [5000, 1],
    [1, 100],
    [7, 15],
    [undefined, 4], // 32
  ] as const)("of %s take %i steps for 100 rows", async (batchSize, steps) => {
    const model = await network();
    const history = await model.fit(data, { epochs: 2, batchSize, optimizer: t.sgd() });
    expect(history.iterations).toBe(2 * steps);
    expect(model.iterations).toBe(2 * steps);
  });

  /** Linear regression by hand, in float64. */
  const line = (rows: number[], epochs: number, size: number, lr: number) => {
    const w = [0.5, -0.25, 0.75];
    const target = (i: number) => sum(row(i)) + 1;
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let at = 0; at < rows.length; at += size) {
        const batch = rows.slice(at, at + size);
        const errors = batch.map(i => sum(row(i).map((v, j) => v * w[j]!)) - target(i));
        for (let j = 0; j < 3; j++)
          w[j]! -= (lr * 2 * sum(batch.map((i, k) => errors[k]! * row(i)[j]!))) / batch.length;
      }
    }
    return w;
  };
  it.each([
    ["batch", "full", 100],
    ["stochastic", 1, 1],
    ["mini-batch", 7, 7],
  ] as const)(
    "%s gradient descent is the formula's, row by row in order without shuffling",
    async (_n, batchSize, size) => {
      const model = await t.sequential([t.dense(1, { bias: false })], { inputs: 3, loss: t.mse() });
      model.loadParameters({ "0.weight": [0.5, -0.25, 0.75] });
      const y = Float32Array.from({ length: 100 }, (_, i) => sum(row(i)) + 1);
      await model.fit({ x: data.x, y }, { epochs: 3, batchSize, shuffle: false, optimizer: t.sgd({ lr: 0.05 }) });
      const expected = line([...Array(100).keys()], 3, size, 0.05);
      expectClose(model.parameters()[0]!.value, expected, 5);
    },
  );
});

describe("the order of rows", () => {
  /** With lr 0 and batches of 1, the losses tell which row came when. */
  const orders = async (seed: number, fits: number, shuffle?: boolean): Promise<number[][]> => {
    const model = await network(seed);
    model.loadParameters(valuesOf(await network(99)));
    const epochs: number[][] = [];
    const callbacks = [
      { onEpochBegin: () => void epochs.push([]), onBatchEnd: (log: t.BatchLog) => void epochs.at(-1)!.push(log.loss) },
    ];
    for (let i = 0; i < fits; i++) {
      await model.fit(data, { epochs: 2, batchSize: 1, optimizer: t.sgd({ lr: 0 }), callbacks, shuffle });
    }
    return epochs;
  };
  it("is another one in each epoch and in a second fit, always with each row once", async () => {
    const epochs = await orders(1, 2);
    expect(epochs).toHaveLength(4);
    expect(new Set(epochs.map(e => JSON.stringify(e))).size).toBe(4);
    const sorted = epochs.map(e => JSON.stringify(e.sort((a, b) => a - b)));
    expect(new Set(sorted).size).toBe(1);
  });
  it("depends on the seed alone", async () => {
    expect(await orders(1, 2)).toEqual(await orders(1, 2));
    expect(await orders(1, 2)).not.toEqual(await orders(2, 2));
  });
  it("is the data's own with shuffle: false", async () => {
    const [first, second] = await orders(1, 1, false);
    const model = await network(99);
    const own = await Promise.all(
      [...Array(100).keys()].map(i => model.evaluate({ x: row(i), y: data.y.subarray(i, i + 1) })),
    );
    const losses = own.map(m => m.loss);
    expectClose(first!, losses, 6);
    expect(second).toEqual(first);
  });
});

describe("validation", () => {
  it("as a fraction keeps the last rows out of training and evaluates on them", async () => {
    const options = { epochs: 2, batchSize: 10, optimizer: t.adam() };
    const part = await network();
    const history = await part.fit(data, { ...options, validation: 0.25 });
    const alone = await network();
    await alone.fit({ x: data.x.subarray(0, 225), y: data.y.subarray(0, 75) }, options);
    expect(fingerprint(part)).toBe(fingerprint(alone));
    const rest = await alone.evaluate({ x: data.x.subarray(225), y: data.y.subarray(75) });
    const log = history.epochs[1]!;
    expect(log.valLoss).toBeCloseTo(rest.loss, 6);
    expect(log.valAccuracy).toBe(rest.accuracy);
  });
  it("as data does not change what is learnt", async () => {
    const layers = [t.dense(8), t.batchNorm(), t.dropout(0.2), t.dense(4)];
    const models = await Promise.all([1, 2].map(() => t.sequential(layers, { inputs: 3, loss: t.crossEntropy() })));
    const options = { epochs: 3, batchSize: 9, optimizer: t.adam() };
    const validation = { x: numbers(900, 7), y: wholes(300, 8, 4) };
    const [plain, watched] = [
      await models[0]!.fit(data, options),
      await models[1]!.fit(data, { ...options, validation }),
    ];
    expect(fingerprint(models[1]!)).toBe(fingerprint(models[0]!));
    expect(watched.epochs.map(e => [e.loss, e.accuracy])).toEqual(plain.epochs.map(e => [e.loss, e.accuracy]));
    const last = watched.epochs.at(-1)!;
    expect(last.valLoss).toBeCloseTo((await models[1]!.evaluate(validation)).loss, 6);
  });
});

describe("a schedule", () => {
  const rates = async (schedule: t.ScheduleSpec, epochs = 4) => {
    const history = await (await network()).fit(data, {
      epochs,
      batchSize: 25,
      optimizer: t.sgd({ lr: 0.8 }),
      schedule,
    });
    return history.epochs.map(e => e.lr);
  };
  it("per epoch changes the rate after each epoch", async () => {
    expect(await rates(t.exponential({ gamma: 0.5 }))).toEqual([0.8, 0.4, 0.2, 0.1]);
  });
  it("per batch changes the rate after each batch; the log has the last one's", async () => {
    expect(await rates(t.exponential({ gamma: 0.5, per: "batch" }), 2)).toEqual([0.8 * 0.5 ** 3, 0.8 * 0.5 ** 7]);
  });
  it("without a length lasts as long as the run", async () => {
    const lr = await rates(t.cosine({ per: "batch" }));
    const expected = lr.map((_, i) => 0.4 * (1 + Math.cos((Math.PI * (4 * i + 3)) / 16)));
    expectClose(lr, expected, 12);
  });
  it("may rise over batches and fall over epochs", async () => {
    const after = t.exponential({ gamma: 0.5 });
    expectClose(await rates(t.warmup({ steps: 6, per: "batch", after })), [0.8 * (4 / 7), 0.8, 0.4, 0.2], 12);
    expectClose(await rates(t.warmup({ steps: 4, per: "batch", after })), [0.64, 0.8, 0.4, 0.2], 12);
  });
  it("that watches a plateau lowers the rate when the loss stops falling", async () => {
    const y = data.y;
    const model = await network();
    const schedule = t.reduceOnPlateau({ factor: 0.5, patience: 0, threshold: 10, thresholdMode: "abs" });
    const history = await model.fit(
      { x: data.x, y },
      { epochs: 4, batchSize: "full", optimizer: t.sgd({ lr: 0.4 }), schedule },
    );
    expect(history.epochs.map(e => e.lr)).toEqual([0.4, 0.4, 0.2, 0.1]);
  });
  it("sets the rate of the steps themselves, not only of the log", async () => {
    const move = async (schedule?: t.ScheduleSpec) => {
      const model = await t.sequential([t.dense(1, { init: "zeros", bias: false })], { inputs: 1, loss: t.mae() });
      const steps = { x: Float32Array.of(1, 1, 1), y: Float32Array.of(9, 9, 9) };
      await model.fit(steps, { batchSize: 1, optimizer: t.sgd({ lr: 1 }), schedule });
      return model.parameters()[0]!.value[0];
    };
    expect(await move()).toBe(3);
    expect(await move(t.exponential({ gamma: 0.5, per: "batch" }))).toBe(1.75);
  });
});
