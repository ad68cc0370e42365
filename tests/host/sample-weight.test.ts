// Sample weights in evaluate and in validation: a row of weight 2 counts as two alike, one of weight 0 not at all.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fails, numbers, wholes } from "./support.ts";

const ROWS = 40;
const x = numbers(3 * ROWS, 1);
const sampleWeight = wholes(ROWS, 2, 4);
/** Rows as often as they weigh. */
const repeated = <T>(rows: readonly T[]) =>
  rows.flatMap((row, i) => Array.from({ length: sampleWeight[i]! }, () => row));
const rowsOf = (list: ArrayLike<number>, width: number) =>
  Array.from({ length: list.length / width }, (_, i) => Array.from({ length: width }, (_, j) => list[i * width + j]!));
const close = (a: t.Metrics, b: t.Metrics) => {
  expect(Object.keys(a)).toEqual(Object.keys(b));
  for (const key of ["loss", "accuracy", "topKAccuracy", "mae", "rmse", "r2"] as const) {
    if (b[key] !== undefined) expect(a[key], key).toBeCloseTo(b[key], 6);
  }
  expect(a.confusion).toEqual(b.confusion);
  expect(a.perClass).toEqual(b.perClass);
};

describe("evaluate with sampleWeight is evaluate of rows as often as they weigh", () => {
  const classes = rowsOf(wholes(ROWS, 3, 3), 1).flat();
  const yesNo = rowsOf(wholes(ROWS, 4, 2), 1).flat();
  const targets = rowsOf(numbers(2 * ROWS, 5), 2);
  it.each<[string, { type: string }, number, t.Targets & readonly unknown[], { topK?: number; report?: boolean }]>([
    ["classes", t.crossEntropy(), 3, classes, { report: true, topK: 2 }],
    ["classes with weights", t.crossEntropy({ classWeights: [1, 2, 0.5] }), 3, classes, { report: true }],
    ["yes or no", t.binaryCrossEntropy(), 1, yesNo, { report: true }],
    ["several labels", t.binaryCrossEntropy(), 2, targets.map(row => row.map(v => +(v > 0))), {}],
    ["numbers", t.mse(), 2, targets, {}],
  ])("%s", async (_name, loss, outputs, y, request) => {
    const model = await t.sequential([t.dense(4, { activation: "tanh" }), t.dense(outputs)], {
      inputs: 3,
      loss,
      seed: 1,
    });
    const plain = await model.evaluate({ x: repeated(rowsOf(x, 3)), y: repeated(y) as t.Targets }, request);
    close(await model.evaluate({ x, y }, { ...request, sampleWeight }), plain);
    close(await model.evaluate({ x, y, sampleWeight }, request), plain);
    const history = await model.fit({ x, y }, { optimizer: t.sgd({ lr: 0 }), validation: { x, y, sampleWeight } });
    const { valLoss, valAccuracy, valMae } = history.epochs[0]!;
    expect(valLoss).toBeCloseTo(plain.loss, 6);
    if (plain.accuracy === undefined) expect(valMae).toBeCloseTo(plain.mae!, 6);
    else expect(valAccuracy).toBeCloseTo(plain.accuracy, 12);
  });
  it("fractions count as fractions, in the confusion too", async () => {
    const model = await t.sequential([t.dense(2, { init: "identity" })], { inputs: 2, loss: t.crossEntropy() });
    const data = {
      x: [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
      y: [0, 1, 1],
    };
    const metrics = await model.evaluate(data, { report: true, sampleWeight: [0.5, 0.25, 2] });
    expect(metrics.confusion).toEqual([
      [0.5, 0],
      [0.25, 2],
    ]);
    expect(metrics.accuracy).toBeCloseTo(2.5 / 2.75, 12);
  });
});

describe("weights that data carries", () => {
  it("are those of fit, fitSteps and their option, which comes first", async () => {
    const y = numbers(ROWS, 6);
    const run = async (data: t.Data, options: object) => {
      const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse(), seed: 1 });
      await model.fit(data, { epochs: 2, optimizer: t.sgd({ lr: 0.1 }), ...options });
      for await (const _ of model.fitSteps(data, { steps: 3, ...options }));
      return model.parameters()[0]!.value;
    };
    const given = await run({ x, y }, { sampleWeight });
    expect(await run({ x, y, sampleWeight }, {})).toEqual(given);
    expect(await run({ x, y, sampleWeight: new Float32Array(ROWS).fill(1) }, { sampleWeight })).toEqual(given);
    expect(await run({ x, y }, {})).not.toEqual(given);
  });
  it("go with the rows that are kept for validation", async () => {
    const y = numbers(ROWS, 6);
    const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse(), seed: 1 });
    const options = { optimizer: t.sgd({ lr: 0 }), sampleWeight, validation: 0.25 };
    const { valLoss } = (await model.fit({ x, y }, options)).epochs[0]!;
    const last = { x: x.subarray(3 * 30), y: y.subarray(30) };
    expect(valLoss).toBe((await model.evaluate(last, { sampleWeight: sampleWeight.subarray(30) })).loss);
    expect(valLoss).not.toBe((await model.evaluate(last)).loss);
  });
  it("are refused where they do not fit", async () => {
    const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse(), seed: 1 });
    const data = { x, y: numbers(ROWS, 6) };
    for (const [bad, code, pattern] of [
      [[1, 2], "SHAPE_MISMATCH", /sampleWeight has 2 numbers for 40 rows/],
      [new Float32Array(ROWS).fill(-1), "INVALID_ARGUMENT", /sampleWeight\[0\] is -1/],
      [Array(ROWS).fill("1"), "INVALID_ARGUMENT", /sampleWeight\[0\] is NaN/],
    ] as const) {
      await fails(() => model.evaluate(data, { sampleWeight: any(bad) }), code, pattern);
      await fails(() => model.evaluate({ ...data, sampleWeight: any(bad) }), code, pattern);
      const validation = { ...data, sampleWeight: any(bad) };
      await fails(() => model.fit(data, { optimizer: t.sgd(), validation }), code, pattern);
    }
    const big = BigInt64Array.from(sampleWeight, BigInt);
    expect(await model.evaluate(data, { sampleWeight: any(big) })).toEqual(
      await model.evaluate(data, { sampleWeight }),
    );
  });
});
