// Wrong arguments of everything beside `sequential` and `fit`.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fails, numbers, valuesOf, wholes } from "./support.ts";

const network = async (loss: { type: string } = t.crossEntropy(), outputs = 3) => {
  const model = await t.sequential([t.dense(outputs)], { inputs: 2, loss, seed: 1 });
  model.compile({ optimizer: t.adam() });
  return model;
};
const x = [
  [1, 2],
  [3, 4],
];

describe("loadParameters refuses, and changes nothing", () => {
  const good = { "0.weight": numbers(6, 3) };
  it.each<[string, unknown, t.ErrorCode, ...RegExp[]]>([
    ["null", null, "INVALID_ARGUMENT", /null/],
    ["a list", [1, 2], "INVALID_ARGUMENT", /"0"/],
    [
      "a wrong name",
      { ...good, "0.wieght": new Float32Array(6) },
      "INVALID_ARGUMENT",
      /"0\.wieght"/,
      /0\.weight, 0\.bias/,
    ],
    ["a name of the prototype", { ...good, toString: [1] }, "INVALID_ARGUMENT", /"toString"/],
    ["a wrong size", { ...good, "0.bias": [1, 2] }, "SHAPE_MISMATCH", /0\.bias has 2/, /\[3\]/],
    ["nothing", { ...good, "0.bias": undefined }, "SHAPE_MISMATCH", /0\.bias/],
    [
      "nested rows",
      {
        "0.bias": [0, 0, 0],
        "0.weight": [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
      "SHAPE_MISMATCH",
      /0\.weight/,
    ],
    ["NaN", { ...good, "0.bias": [1, Number.NaN, 3] }, "NON_FINITE_DATA", /0\.bias/],
    ["infinity", { ...good, "0.bias": [1, 1e39, 3] }, "NON_FINITE_DATA", /0\.bias/],
    ["text", { ...good, "0.bias": ["a", "b", "c"] }, "NON_FINITE_DATA", /0\.bias/],
  ])("%s", async (_name, tensors, code, ...patterns) => {
    const model = await network();
    const before = valuesOf(model);
    await fails(() => model.loadParameters(any(tensors)), code, ...patterns);
    expect(valuesOf(model)).toEqual(before);
  });
  it("but takes some of the tensors, as lists or arrays", async () => {
    const model = await network();
    const { "0.weight": weight } = valuesOf(model);
    model.loadParameters({ "0.bias": [1, 2, 3] });
    expect(valuesOf(model)).toEqual({ "0.weight": weight, "0.bias": Float32Array.of(1, 2, 3) });
  });
});

describe("everything else refuses wrong arguments", () => {
  it.each<[string, (model: t.Model) => unknown, t.ErrorCode, ...RegExp[]]>([
    ["compile without options", m => any(m).compile(), "INVALID_ARGUMENT", /options are undefined/, /adam/],
    ["compile without an optimizer", m => m.compile(any({})), "INVALID_ARGUMENT", /optimizer is undefined/],
    ["compile with an unknown option", m => m.compile(any({ optimizer: t.sgd(), lr: 1 })), "UNKNOWN_OPTION", /"lr"/],
    [
      "compile with a schedule that is text",
      m => m.compile({ optimizer: t.sgd(), schedule: any("cosine") }),
      "INVALID_ARGUMENT",
      /"cosine"/,
    ],
    ["trainBatch with options null", m => m.trainBatch(x, [0, 1], any(null)), "INVALID_ARGUMENT", /null/],
    [
      "trainBatch with an unknown option",
      m => m.trainBatch(x, [0, 1], any({ weight: 1 })),
      "UNKNOWN_OPTION",
      /"weight"/,
    ],
    [
      "trainBatch with weights of other length",
      m => m.trainBatch(x, [0, 1], { sampleWeight: [1] }),
      "SHAPE_MISMATCH",
      /sampleWeight has 1/,
    ],
    ["evaluate with options null", m => m.evaluate({ x, y: [0, 1] }, any(null)), "INVALID_ARGUMENT", /null/],
    ["evaluate with topK 0", m => m.evaluate({ x, y: [0, 1] }, { topK: 0 }), "INVALID_ARGUMENT", /topK is 0/],
    [
      "evaluate with an unknown option",
      m => m.evaluate({ x, y: [0, 1] }, any({ topk: 2 })),
      "UNKNOWN_OPTION",
      /did you mean "topK"/,
    ],
    ["restore of nothing", m => m.restore(any(null)), "INVALID_ARGUMENT", /null/],
    [
      "restore of another model's snapshot",
      m => m.restore({ values: [new Float32Array(2)], statistics: [] }),
      "SHAPE_MISMATCH",
    ],
    ["fromBytes of text", () => t.fromBytes(any("model")), "INVALID_ARGUMENT", /bytes: .*got "model"/, /Uint8Array/],
    ["load without a path", () => any(t.load)(), "INVALID_ARGUMENT", /path is undefined/],
    [
      "createOptimizer of nothing",
      () => t.createOptimizer(any(undefined), [[2]]),
      "INVALID_ARGUMENT",
      /rule is undefined/,
    ],
    [
      "createOptimizer without shapes",
      () => t.createOptimizer(t.adam(), []),
      "INVALID_ARGUMENT",
      /shapes/,
      /\[\[5, 7\], \[7\]\]/,
    ],
    [
      "createOptimizer with an empty shape",
      () => t.createOptimizer(t.adam(), [[3], []]),
      "SHAPE_MISMATCH",
      /shapes\[1\] is \[\]/,
    ],
    [
      "createOptimizer with a size 0",
      () => t.createOptimizer(t.adam(), [[3, 0]]),
      "SHAPE_MISMATCH",
      /shapes\[0\] is \[3,0\]/,
    ],
    [
      "createOptimizer past the memory",
      () =>
        t.createOptimizer(t.adam(), [
          [2 ** 15, 2 ** 14],
          [2 ** 15, 2 ** 14],
        ]),
      "OUT_OF_MEMORY",
    ],
    [
      // 4,294,688,688 bytes beside the parameters: what the core counts past 2 GiB is a negative number in JavaScript at first.
      "createOptimizer whose rule keeps almost 4 GiB for a tensor",
      () => t.createOptimizer(t.soap({ maxPreconditionDim: 18_918 }), [[18_918, 1]]),
      "OUT_OF_MEMORY",
    ],
    [
      "a step of lr -1",
      async () => (await t.createOptimizer(t.adam(), [[2]])).step({ lr: -1 }),
      "INVALID_ARGUMENT",
      /lr is -1/,
    ],
    [
      "a step of lr NaN",
      async () => (await t.createOptimizer(t.adam(), [[2]])).step({ lr: Number.NaN }),
      "INVALID_ARGUMENT",
      /lr is NaN/,
    ],
    [
      "a step with options null",
      async () => (await t.createOptimizer(t.adam(), [[2]])).step(any(null)),
      "INVALID_ARGUMENT",
      /null/,
    ],
    [
      "a step with an unknown option",
      async () => (await t.createOptimizer(t.adam(), [[2]])).step(any({ rate: 1 })),
      "UNKNOWN_OPTION",
      /"rate"/,
    ],
    [
      "createSchedule without a base",
      () => t.createSchedule(t.cosine(), any({})),
      "INVALID_ARGUMENT",
      /baseLr is undefined/,
    ],
    [
      "createSchedule of nothing",
      () => t.createSchedule(any(null), { baseLr: 1 }),
      "INVALID_ARGUMENT",
      /schedule is null/,
    ],
    [
      "oneCycle of unknown length",
      () => t.createSchedule(t.oneCycle({ maxLr: 1 }), { baseLr: 1 }),
      "INVALID_ARGUMENT",
      /totalSteps is missing/,
    ],
    [
      "a plateau without a metric",
      () => t.createSchedule(t.reduceOnPlateau(), { baseLr: 1 }).step(),
      "INVALID_ARGUMENT",
      /undefined/,
    ],
  ])("%s", async (_name, call, code, ...patterns) => {
    await fails(async () => call(await network()), code, ...patterns);
  });
  it("a schedule given to compile is not passed over in silence: trainBatch goes on with it, or compile refuses it", async () => {
    const model = await t.sequential([t.dense(1, { init: "zeros", bias: false })], { inputs: 1, loss: t.mae() });
    try {
      model.compile({ optimizer: t.sgd({ lr: 1 }), schedule: t.exponential({ gamma: 0.5 }) });
    } catch (error) {
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(/per/) });
      return;
    }
    for (let i = 0; i < 3; i++) model.trainBatch([[1]], [[99]]);
    expect(model.parameters()[0]!.value[0]).toBe(1.75);
  });
  it("a schedule per batch given to compile sets the rate of each trainBatch", async () => {
    const model = await t.sequential([t.dense(1, { init: "zeros", bias: false })], { inputs: 1, loss: t.mae() });
    model.compile({ optimizer: t.sgd({ lr: 1 }), schedule: t.exponential({ gamma: 0.5, per: "batch" }) });
    for (let i = 0; i < 3; i++) model.trainBatch([[1]], [[99]]);
    expect(model.parameters()[0]!.value[0]).toBe(1.75);
  });
  it("wrong labels of a large set are found wherever they stand", async () => {
    const model = await network();
    const y = wholes(5000, 1, 3);
    y[4567] = 7;
    await fails(() => model.evaluate({ x: new Float32Array(10000), y }), "UNKNOWN_LABEL", /class 7 in row 4567/);
    const rows = new Float32Array(10000);
    rows[9999] = Number.NaN;
    await fails(() => model.predict(rows), "NON_FINITE_DATA", /row 4999, column 1/);
  });
});
