// Outputs and targets that make no sense to their loss are refused, with the remedy; what does make sense is not.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fails, fingerprint } from "./support.ts";

const network = (loss: { type: string }, ...layers: { type: string }[]) =>
  t.sequential(layers, { inputs: 2, loss, seed: 1 });
const x = [
  [0, 0],
  [1, 1],
];

describe("one output", () => {
  it.each([t.crossEntropy(), t.nll(), t.multiMargin(), t.klDivergence(), t.zeroOne()])(
    "cannot tell classes by the largest: $type",
    async loss => {
      const hint = [/1 output/, /2 for yes or no/, /binaryCrossEntropy/] as const;
      await fails(() => network(loss, t.dense(4), t.dense(1)), "INVALID_ARGUMENT", ...hint);
      await fails(() => network(loss, t.dense(1, { activation: "logSoftmax" })), "INVALID_ARGUMENT", ...hint);
    },
  );
  it.each([t.binaryCrossEntropy({ fromLogits: false }), t.binaryCrossEntropy(), t.mse(), t.hinge()])(
    "of a softmax never changes: $type",
    async loss => {
      for (const activation of ["softmax", "logSoftmax"]) {
        const remedy = /same number for every row.*use sigmoid/;
        await fails(() => network(loss, t.dense(1, { activation })), "INVALID_ARGUMENT", remedy);
      }
    },
  );
  it.each([t.binaryCrossEntropy(), t.hinge(), t.squaredHinge(), t.mse(), t.poissonNll()])(
    "is enough for $type",
    async loss => {
      expect((await network(loss, t.dense(1))).outputs).toBe(1);
    },
  );
});

describe("a last layer that its loss cannot take", () => {
  const outputs = {
    sigmoid: /leave the sigmoid out/,
    hardSigmoid: /leave the hardSigmoid out/,
    softmax: /leave the softmax out/,
  };
  const signless = {
    ...outputs,
    relu: /leave the relu out/,
    relu6: /relu6 out/,
    softplus: /softplus out/,
    logSoftmax: /logSoftmax out/,
  };
  const noLog = Object.fromEntries(
    ["linear", "sigmoid", "softmax", "relu", "tanh"].map(a => [a, /put logSoftmax last/]),
  );
  const noShare = Object.fromEntries(["linear", "relu", "tanh", "logSoftmax"].map(a => [a, /put a sigmoid last/]));
  const wrong: [{ type: string }, Record<string, RegExp>][] = [
    [t.crossEntropy(), outputs],
    [t.binaryCrossEntropy(), signless],
    [t.hinge(), signless],
    [t.squaredHinge(), signless],
    [t.nll(), noLog],
    [t.klDivergence(), noLog],
    [t.binaryCrossEntropy({ fromLogits: false }), noShare],
  ];
  it.each(wrong)("%j", async (loss, activations) => {
    for (const [activation, remedy] of Object.entries(activations)) {
      const layers = [
        [t.dense(3, { activation })],
        [t.dense(3), ...(activation === "linear" ? [] : [{ type: activation }])],
      ];
      for (const list of layers) await fails(() => network(loss, ...list), "INVALID_ARGUMENT", remedy);
    }
  });
  it("what suits is taken", async () => {
    const right: [{ type: string }, string[]][] = [
      [t.crossEntropy(), ["linear", "relu", "tanh", "logSoftmax"]],
      [t.binaryCrossEntropy(), ["linear", "tanh", "leakyRelu", "gelu"]],
      [t.binaryCrossEntropy({ fromLogits: false }), ["sigmoid", "hardSigmoid", "softmax"]],
      [t.hinge(), ["linear", "tanh"]],
      [t.nll(), ["logSoftmax"]],
      [t.klDivergence(), ["logSoftmax"]],
      [t.mse(), ["linear", "sigmoid", "relu", "softmax"]],
      [t.poissonNll({ logInput: false }), ["softplus", "relu"]],
    ];
    for (const [loss, activations] of right) {
      for (const activation of activations) expect((await network(loss, t.dense(3, { activation }))).outputs).toBe(3);
    }
  });
});

describe("zeroOne, whose gradient is 0", () => {
  it("is refused by rules that go by the gradient, and trains with the others", async () => {
    const model = await network(t.zeroOne(), t.dense(2));
    const before = fingerprint(model);
    const data = { x, y: [0, 1] };
    const remedy = /zeroOne has no gradient for adam; use finiteDifferences or augmentedRandomSearch/;
    await fails(() => model.fit(data, { optimizer: t.adam() }), "INVALID_ARGUMENT", remedy);
    await fails(() => model.fitSteps(data, { steps: 1, optimizer: t.adam() }).next(), "INVALID_ARGUMENT", remedy);
    await fails(() => model.compile({ optimizer: t.adam() }), "INVALID_ARGUMENT", remedy);
    await fails(() => model.compile({ optimizer: t.lbfgs() }), "INVALID_ARGUMENT", /lbfgs/);
    expect(fingerprint(model)).toBe(before);
    await model.fit(data, { optimizer: t.finiteDifferences() });
    await model.fit(data, { optimizer: t.augmentedRandomSearch() });
  });
});

describe("targets outside what their loss takes", () => {
  const half = [0.5, 0.5];
  it.each<[string, { type: string }, unknown, RegExp]>([
    [
      "binaryCrossEntropy of -1",
      t.binaryCrossEntropy(),
      [half, [-1, 1]],
      /-1 in row 1, column 0; binaryCrossEntropy takes numbers from 0 to 1/,
    ],
    ["binaryCrossEntropy of 255", t.binaryCrossEntropy(), [[0, 255], half], /255 in row 0, column 1/],
    ["binaryCrossEntropy of bytes", t.binaryCrossEntropy(), Uint8Array.of(0, 255, 0, 0), /255 in row 0, column 1/],
    [
      "poissonNll of negative counts",
      t.poissonNll(),
      [
        [0, 1],
        [2, -1],
      ],
      /-1 in row 1, column 1; poissonNll takes numbers from 0 on/,
    ],
    ["klDivergence of no probability", t.klDivergence(), [[1.5, -0.5], half], /1.5 in row 0, column 0/],
    [
      "klDivergence of rows that do not sum to 1",
      t.klDivergence(),
      [half, [0.25, 0.25]],
      /0.25 in row 1, column 0.*probabilities with a sum of 1/,
    ],
    [
      "crossEntropy of several classes at once",
      t.crossEntropy(),
      [half, [1, 1]],
      /1 in row 1, column 0.*with a sum of 1/,
    ],
    ["crossEntropy of nothing", t.crossEntropy(), [[0, 0], half], /0 in row 0, column 0/],
    ["hinge of shares", t.hinge(), [half, [1, -1]], /0.5 in row 0, column 0.*-1 and 1, or 0 and 1/],
  ])("%s", async (_name, loss, y, pattern) => {
    const last = loss.type === "klDivergence" ? [t.logSoftmax()] : [];
    const model = await network(loss, t.dense(2), ...last);
    model.compile({ optimizer: t.sgd() });
    const before = fingerprint(model);
    const bad = { x, y: any(y) };
    const good = {
      x,
      y: any([
        [0, 1],
        [1, 0],
      ]),
    };
    await fails(() => model.evaluate(bad), "INVALID_ARGUMENT", pattern);
    await fails(() => model.trainBatch(x, any(y)), "INVALID_ARGUMENT", pattern);
    await fails(() => model.fit(bad, { optimizer: t.sgd() }), "INVALID_ARGUMENT", pattern);
    await fails(() => model.fit(good, { optimizer: t.sgd(), validation: bad }), "INVALID_ARGUMENT", pattern);
    await fails(() => model.fitSteps(bad, { steps: 1, optimizer: t.sgd() }).next(), "INVALID_ARGUMENT", pattern);
    expect(fingerprint(model)).toBe(before);
    await model.evaluate(good);
  });
  it("one output: whole numbers in any form, and numbers that are not", async () => {
    const evaluate = async (loss: { type: string }, y: unknown) =>
      (await network(loss, t.dense(1))).evaluate({ x, y: any(y) });
    for (const y of [[0, -3], Int32Array.of(0, -3), Float32Array.of(0, -3)]) {
      await fails(
        () => evaluate(t.poissonNll(), y),
        "INVALID_ARGUMENT",
        /-3 in row 1.*poissonNll takes numbers from 0 on/,
      );
      expect((await evaluate(t.mse(), y)).loss).toBeCloseTo((await evaluate(t.mse(), [[0], [-3]])).loss, 12);
    }
    await fails(
      () => evaluate(t.binaryCrossEntropy(), Float32Array.of(-1, 1)),
      "INVALID_ARGUMENT",
      /-1 in row 0, column 0/,
    );
    await fails(() => evaluate(t.binaryCrossEntropy(), [-1, 1]), "UNKNOWN_LABEL", /class -1 in row 0.*0 to 1/);
    expect((await evaluate(t.binaryCrossEntropy(), [0.25, 1])).loss).toBeGreaterThan(0);
  });
  it("wherever they stand: among many, at the end, behind whole vectors", async () => {
    for (const [loss, good, bad] of [
      [t.binaryCrossEntropy(), 1, 1.5],
      [t.binaryCrossEntropy(), 0, -1e-30],
      [t.poissonNll(), 9, -1],
      [t.hinge(), 1, 2],
      [t.hinge(), -1, 0],
    ] as const) {
      for (const rows of [3, 4, 5, 8, 37]) {
        const inputs = new Float32Array(2 * rows);
        const model = await network(loss, t.dense(1));
        expect((await model.evaluate({ x: inputs, y: new Float32Array(rows).fill(good) })).loss).toBeDefined();
        for (let at = 0; at < rows; at++) {
          const y = new Float32Array(rows).fill(good);
          y[at] = bad;
          const place = new RegExp(`in row ${at}, column 0`);
          await fails(() => model.evaluate({ x: inputs, y }), "INVALID_ARGUMENT", place);
        }
      }
    }
  });
  it("probabilities may be rounded, to a hundredth", async () => {
    const model = await network(t.crossEntropy(), t.dense(3));
    const y = [
      [0.33, 0.33, 0.33],
      [0.17, 0.17, 0.67],
    ];
    expect((await model.evaluate({ x, y })).loss).toBeGreaterThan(0);
  });
});

describe("class indices for several outputs are decided by the largest, whatever the loss", () => {
  it.each([t.binaryCrossEntropy(), t.hinge(), t.squaredHinge(), t.mse()])(
    "$type: a model that says no to all of ten classes is right where its largest output is",
    async loss => {
      const bias = { type: "constant", value: -1 };
      const model = await network(loss, t.dense(10, { init: "zeros", biasInit: bias }));
      const metrics = await model.evaluate({ x, y: [0, 7] }, { report: true, topK: 1 });
      expect([metrics.accuracy, metrics.topKAccuracy]).toEqual([0.5, 0.5]);
      expect(metrics.confusion![7]![0]).toBe(1);
      model.compile({ optimizer: t.sgd() });
      const { epochs } = await model.fit(
        { x, y: [0, 7] },
        { validation: { x, y: [0, 7] }, optimizer: t.sgd({ lr: 0 }) },
      );
      expect([epochs[0]!.accuracy, epochs[0]!.valAccuracy]).toEqual([0.5, 0.5]);
    },
  );
});
