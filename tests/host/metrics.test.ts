// Metrics against worked examples and plain formulas. The networks hand their inputs on, so x is the output, or what a
// loss's own head makes of it, which is as large where x is.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { headFor, numbers, wholes } from "./support.ts";

/** A network whose last layer, or the head behind it, is handed the input. */
const mirror = (size: number, loss: { type: string }) =>
  t.sequential([t.dense(size, { init: "identity" }), ...headFor(loss)], { inputs: size, loss });
const sum = (list: Iterable<number>) => [...list].reduce((a, b) => a + b, 0);

describe("classification", () => {
  // Eight rows of three classes. Decisions: 0 0 1 | 1 1 | 2 0 2; the last row's largest two are equal.
  const logits = [
    [3, 1, 0],
    [2, 0, 1],
    [1, 2, 0],
    [0, 5, 1],
    [-1, 0, -2],
    [0, 1, 2],
    [4, 1, 3],
    [1, 0, 2],
  ];
  const truth = [0, 0, 0, 1, 1, 2, 2, 2];

  it("accuracy, confusion, precision, recall and F1 of a worked example", async () => {
    const model = await mirror(3, t.crossEntropy());
    const m = await model.evaluate({ x: logits, y: truth }, { report: true });
    expect(m.accuracy).toBe(6 / 8);
    const expected = [
      [2, 1, 0],
      [0, 2, 0],
      [1, 0, 2],
    ];
    expect(m.confusion, "truth by decision").toEqual(expected);
    expect(m.perClass).toEqual([
      { class: "0", precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 },
      { class: "1", precision: 2 / 3, recall: 1, f1: 0.8, support: 2 },
      { class: "2", precision: 1, recall: 2 / 3, f1: 0.8, support: 3 },
    ]);
    expect(m.macro!.precision).toBeCloseTo(7 / 9, 12);
    expect(m.macro!.recall).toBeCloseTo(7 / 9, 12);
    expect(m.macro!.f1).toBeCloseTo((2 / 3 + 0.8 + 0.8) / 3, 12);
  });
  it("has no report, and no top-k, unless asked", async () => {
    const m = await (await mirror(3, t.crossEntropy())).evaluate({ x: logits, y: truth });
    expect(Object.keys(m).sort()).toEqual(["accuracy", "loss"]);
  });
  it("loss is the mean of -ln softmax", async () => {
    const m = await (await mirror(3, t.crossEntropy())).evaluate({ x: logits, y: truth });
    const plain = logits.map((row, i) => Math.log(sum(row.map(Math.exp))) - row[truth[i]!]!);
    expect(m.loss).toBeCloseTo(sum(plain) / 8, 6);
  });
  it.each([
    [1, 6 / 8],
    [2, 8 / 8],
    [3, 1],
    [9, 1],
  ])("top-%i accuracy counts rows with the truth among the largest", async (topK, expected) => {
    const m = await (await mirror(3, t.crossEntropy())).evaluate({ x: logits, y: truth }, { topK });
    expect(m.topKAccuracy).toBe(expected);
  });
  it("top-k of many rows and classes agrees with sorting", async () => {
    const [rows, classes, k] = [700, 11, 4];
    const x = numbers(rows * classes, 1);
    const y = wholes(rows, 2, classes);
    const m = await (await mirror(classes, t.crossEntropy())).evaluate({ x, y }, { topK: k });
    const right = [...y].filter((label, i) => {
      const row = [...x.subarray(i * classes, (i + 1) * classes)];
      return row.filter(v => v > row[label]!).length < k;
    });
    expect(m.topKAccuracy).toBeCloseTo(right.length / rows, 12);
  });
  it("gives 0, not NaN, for a class that never occurs or is never decided", async () => {
    const m = await (await mirror(3, t.crossEntropy())).evaluate(
      {
        x: [
          [5, 0, 0],
          [4, 0, 1],
        ],
        y: [0, 1],
      },
      { report: true },
    );
    expect(m.perClass!.map(c => [c.precision, c.recall, c.f1, c.support])).toEqual([
      [0.5, 1, 2 / 3, 1],
      [0, 0, 0, 1],
      [0, 0, 0, 0],
    ]);
  });
  it("of 1000 rows in batches is that of all rows together", async () => {
    const x = numbers(3000, 1);
    const y = wholes(1000, 2, 3);
    const m = await (await mirror(3, t.crossEntropy())).evaluate({ x, y }, { report: true });
    const decided = y.map((_, i) => [0, 1, 2].reduce((best, c) => (x[i * 3 + c]! > x[i * 3 + best]! ? c : best), 0));
    const confusion = [0, 1, 2].map(a =>
      [0, 1, 2].map(b => y.filter((label, i) => label === a && decided[i] === b).length),
    );
    expect(m.confusion).toEqual(confusion);
    expect(m.accuracy).toBe((confusion[0]![0]! + confusion[1]![1]! + confusion[2]![2]!) / 1000);
  });
  it("takes the largest target as truth where targets are probabilities", async () => {
    const y = [
      [0.2, 0.5, 0.3],
      [0.6, 0.4, 0],
    ];
    const m = await (await mirror(3, t.crossEntropy())).evaluate(
      {
        x: [
          [0, 1, 0],
          [0, 0, 1],
        ],
        y,
      },
      { report: true },
    );
    expect(m.accuracy).toBe(0.5);
    expect(m.confusion![1]).toEqual([0, 1, 0]);
    expect(m.confusion![0]).toEqual([0, 0, 1]);
  });
  it("does not count ignored labels, whether or not they are among the classes", async () => {
    const x = [
      [3, 0, 0],
      [0, 3, 0],
      [3, 0, 0],
      [0, 0, 3],
    ];
    const outside = await mirror(3, t.crossEntropy());
    expect((await outside.evaluate({ x, y: [0, 0, -100, -100] })).accuracy).toBe(1 / 2);
    for (const ignoreIndex of [2, 255]) {
      const model = await mirror(3, t.crossEntropy({ ignoreIndex }));
      const m = await model.evaluate({ x, y: [0, 0, ignoreIndex, ignoreIndex] }, { report: true, topK: 1 });
      expect([m.accuracy, m.topKAccuracy]).toEqual([1 / 2, 1 / 2]);
      expect(m.confusion, `ignoreIndex ${ignoreIndex}`).toEqual([
        [1, 1, 0],
        [0, 0, 0],
        [0, 0, 0],
      ]);
    }
  });
  it.each([
    ["crossEntropy", (o: object) => t.crossEntropy(o)],
    ["nll", (o: object) => t.nll(o)],
  ])(
    "the loss of %s with ignored labels is that of the other rows alone, class weights included",
    async (_name, make) => {
      const x = numbers(90, 4);
      const y = wholes(30, 5, 3);
      for (const [ignoreIndex, classWeights] of [
        [-100, undefined],
        [2, undefined],
        [255, [1, 5, 0.5]],
      ] as const) {
        const labels = y.map((label, i) => (i % 3 === 0 ? ignoreIndex : label));
        const rest = [...labels.keys()].filter(i => labels[i] !== ignoreIndex);
        const model = await mirror(3, make({ ignoreIndex, classWeights }));
        const whole = await model.evaluate({ x, y: labels });
        const part = { x: rest.map(i => [...x.subarray(3 * i, 3 * i + 3)]), y: rest.map(i => labels[i]!) };
        expect(whole.loss, `ignoreIndex ${ignoreIndex}`).toBeCloseTo((await model.evaluate(part)).loss, 6);
        expect(whole.loss).not.toBe(0);
      }
    },
  );
  it.each([
    ["nll", t.nll()],
    ["multiMargin", t.multiMargin()],
    ["mse on class indices", t.mse()],
    ["klDivergence on class indices", t.klDivergence()],
  ])("decides by the largest output with %s", async (_name, loss) => {
    expect((await (await mirror(3, loss)).evaluate({ x: logits, y: truth })).accuracy).toBe(6 / 8);
  });
});

describe("yes or no", () => {
  const x = Float32Array.of(2, -1, 0.3, 0.7, -3, 0.6);
  const y = [1, 0, 0, 1, 1, 0];
  it("decides logits at 0", async () => {
    const m = await (await mirror(1, t.binaryCrossEntropy())).evaluate({ x, y }, { report: true });
    expect(m.accuracy).toBe(3 / 6);
    expect(m.confusion).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(m.perClass![1]).toMatchObject({ class: "1", precision: 2 / 4, recall: 2 / 3, support: 3 });
    expect(m.perClass![1]!.f1).toBeCloseTo(4 / 7, 12);
  });
  it("decides probabilities at one half", async () => {
    const probabilities = Float32Array.of(0.9, 0.1, 0.3, 0.7, 0.2, 0.6);
    const m = await (await mirror(1, t.binaryCrossEntropy({ fromLogits: false }))).evaluate(
      { x: probabilities.map(p => Math.log(p / (1 - p))), y },
      { report: true },
    );
    expect(m.accuracy).toBe(4 / 6);
    expect(m.confusion).toEqual([
      [2, 1],
      [1, 2],
    ]);
  });
  it("takes 0 and 1 as Int32Array, list and Float32Array alike", async () => {
    const model = await mirror(1, t.binaryCrossEntropy());
    const forms = [y, Int32Array.from(y), Float32Array.from(y), y.map(v => [v])];
    const metrics = await Promise.all(forms.map(form => model.evaluate({ x, y: form })));
    for (const m of metrics) expect(m).toEqual(metrics[0]);
  });
  it.each([
    ["hinge", t.hinge(), (d: number) => Math.max(0, d)],
    ["squaredHinge", t.squaredHinge(), (d: number) => Math.max(0, d) ** 2],
  ])("%s takes targets of ±1, or class indices for them", async (_name, loss, formula) => {
    const model = await mirror(1, loss);
    const signs = y.map(v => 2 * v - 1);
    const m = await model.evaluate({ x, y: Float32Array.from(signs) });
    expect(m.accuracy).toBe(3 / 6);
    expect(m.loss).toBeCloseTo(sum(signs.map((s, i) => formula(1 - s * x[i]!))) / 6, 6);
    expect(await model.evaluate({ x, y: signs })).toEqual(m);
    expect(await model.evaluate({ x, y: Int32Array.from(y) })).toEqual(m);
  });
  it("of several labels a row counts each label", async () => {
    const outputs = [
      [2, -1, 3],
      [-1, -2, 1],
      [1, 1, -1],
    ];
    const labels = [
      [1, 0, 0],
      [0, 1, 1],
      [1, 1, 1],
    ];
    const m = await (await mirror(3, t.binaryCrossEntropy())).evaluate({ x: outputs, y: labels });
    expect(m.accuracy).toBeCloseTo(6 / 9, 12);
    const plain = outputs.flatMap((row, i) => row.map((z, j) => Math.log1p(Math.exp(-z)) + (1 - labels[i]![j]!) * z));
    expect(m.loss).toBeCloseTo(sum(plain) / 9, 6);
  });
});

describe("regression", () => {
  const plain = (z: Float32Array, y: Float32Array, columns: number) => {
    const d = [...z].map((v, i) => v - y[i]!);
    const r2 = Array.from({ length: columns }, (_, c) => {
      const own = [...y.keys()].filter(i => i % columns === c);
      const mean = sum(own.map(i => y[i]!)) / own.length;
      return 1 - sum(own.map(i => d[i]! ** 2)) / sum(own.map(i => (y[i]! - mean) ** 2));
    });
    return {
      mae: sum(d.map(Math.abs)) / d.length,
      rmse: Math.sqrt(sum(d.map(v => v * v)) / d.length),
      r2: sum(r2) / columns,
    };
  };
  it.each([
    ["one output", 1, 37, 0],
    ["three outputs", 3, 700, 0],
    ["targets far from zero", 2, 300, 5000],
  ])("mae, rmse and r2 are the formulas': %s", async (_name, columns, rows, offset) => {
    const y = numbers(rows * columns, 2, offset - 1, offset + 1);
    const z = y.map((v, i) => v + 0.3 * Math.sin(i));
    const m = await (await mirror(columns, t.mse())).evaluate({ x: z, y });
    const expected = plain(z, y, columns);
    for (const key of ["mae", "rmse", "r2"] as const) expect(m[key]! / expected[key], key).toBeCloseTo(1, 5);
    expect(m.loss / expected.rmse ** 2).toBeCloseTo(1, 5);
    expect(m).not.toHaveProperty("accuracy");
  });
  it("r2 is 1 for perfect outputs, 0 for the mean, and NaN where a target never changes", async () => {
    const model = await mirror(1, t.mae());
    const y = Float32Array.of(1, 2, 3, 6);
    expect((await model.evaluate({ x: y, y })).r2).toBe(1);
    expect((await model.evaluate({ x: new Float32Array(4).fill(3), y })).r2).toBeCloseTo(0, 12);
    for (const value of [0, 0.1, 3.3, -7.7, 1e6, 12345.678]) {
      const rows = new Float32Array(7).fill(value);
      expect((await model.evaluate({ x: numbers(7, 1), y: rows })).r2, `all ${value}`).toBeNaN();
    }
  });
  it("counts nothing for a row of weight 0 while training", async () => {
    const model = await mirror(1, t.mse());
    const x = Float32Array.of(1, 2, 9);
    const y = Float32Array.of(2, 2, -50);
    const options = { optimizer: t.sgd({ lr: 0 }), sampleWeight: [1, 1, 0], shuffle: false };
    const log = (await model.fit({ x, y }, options)).epochs[0]!;
    expect([log.loss, log.mae]).toEqual([0.5, 0.5]);
  });
  it("penalties count in the loss, not in the errors", async () => {
    const layers = [t.dense(1, { init: "identity", l2: 0.5, l1: 0.25 })];
    const model = await t.sequential(layers, { inputs: 1, loss: t.mse() });
    const m = await model.evaluate({ x: Float32Array.of(1, 2), y: Float32Array.of(1, 2) });
    expect([m.loss, m.mae, m.rmse]).toEqual([0.75, 0, 0]);
  });
});
