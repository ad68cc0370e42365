// Data that does not fit is refused wherever it comes in, with row and column where there is one.
import { describe, expect, it } from "vitest";
import { iris } from "../../host/data/index.ts";
import { losses } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import { any, fails, fingerprint, headFor } from "./support.ts";

const network = async (loss: { type: string } = t.crossEntropy(), outputs = 3) => {
  const model = await t.sequential([t.dense(outputs), ...headFor(loss)], { inputs: 2, loss, seed: 1 });
  model.compile({ optimizer: loss.type === "zeroOne" ? t.finiteDifferences() : t.adam() });
  return model;
};
const x = [
  [1, 2],
  [3, 4],
];

describe("x that does not fit is refused by fit, trainBatch, evaluate and predict alike", () => {
  it.each<[string, unknown, t.ErrorCode, ...RegExp[]]>([
    ["undefined", undefined, "INVALID_ARGUMENT", /x is undefined/, /Float32Array/],
    ["a number", 5, "INVALID_ARGUMENT", /x is 5/],
    ["text", "1,2,3,4", "INVALID_ARGUMENT", /x is "1,2,3,4"/],
    ["big integers", new BigInt64Array(4), "INVALID_ARGUMENT", /BigInt64Array/],
    ["a plain buffer", new ArrayBuffer(16), "INVALID_ARGUMENT", /ArrayBuffer/],
    ["no rows", [], "SHAPE_MISMATCH", /empty/, /at least one row of 2/],
    ["no numbers", new Float32Array(0), "SHAPE_MISMATCH", /empty/],
    ["half a row", new Float32Array(3), "SHAPE_MISMATCH", /3 numbers/, /2 inputs/],
    ["a ragged row", [[1, 2], [3]], "SHAPE_MISMATCH", /x\[1\] has 1/, /2/],
    [
      "a row too long",
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      "SHAPE_MISMATCH",
      /x\[0\] has 3/,
    ],
    ["a missing row", [[1, 2], null], "SHAPE_MISMATCH", /x\[1\]/],
    [
      "text among numbers",
      [
        [1, 2],
        [3, "4"],
      ],
      "INVALID_ARGUMENT",
      /x\[1\]\[1\] is "4"/,
    ],
    [
      "a hole among numbers",
      [
        [1, 2],
        [3, undefined],
      ],
      "INVALID_ARGUMENT",
      /x\[1\]\[1\] is undefined/,
    ],
    [
      "NaN",
      [
        [1, 2],
        [Number.NaN, 4],
      ],
      "NON_FINITE_DATA",
      /x has NaN in row 1, column 0/,
    ],
    ["infinity", Float32Array.of(1, 2, 3, Number.NEGATIVE_INFINITY), "NON_FINITE_DATA", /-Infinity in row 1, column 1/],
    [
      "a number past float32",
      [
        [1, 2],
        [3, 1e39],
      ],
      "NON_FINITE_DATA",
      /row 1, column 1/,
    ],
  ])("%s", async (_name, bad, code, ...patterns) => {
    const model = await network();
    const before = fingerprint(model);
    const y = Int32Array.of(0, 1);
    await fails(() => model.predict(any(bad)), code, ...patterns);
    await fails(() => model.trainBatch(any(bad), y), code, ...patterns);
    await fails(() => model.evaluate({ x: any(bad), y }), code, ...patterns);
    await fails(() => model.fit({ x: any(bad), y }, { optimizer: t.sgd() }), code, ...patterns);
    expect(fingerprint(model)).toBe(before);
    expect(model.iterations).toBe(0);
  });
  it("a data set of other features, also where its numbers happen to make whole rows", async () => {
    const data = await iris(); // 4 features: each row would pass for two of 2 inputs
    const model = await network();
    for (const call of [
      () => model.predict(data),
      () => model.evaluate(data),
      () => model.fit(data, { optimizer: t.sgd() }),
    ]) {
      await fails(call, "SHAPE_MISMATCH", /4 features/, /2 inputs/);
    }
  });
  it("data without x or y", async () => {
    const model = await network();
    for (const data of [undefined, null, 5, "iris", { x }, { y: [0, 1] }, [x, [0, 1]]]) {
      await fails(() => model.evaluate(any(data)), "INVALID_ARGUMENT", /data is/, /\{ x, y \}/);
      await fails(() => model.fit(any(data), { optimizer: t.sgd() }), "INVALID_ARGUMENT", /data is/);
    }
  });
});

describe("y that does not fit is refused", () => {
  it.each<[string, { type: string }, number, unknown, t.ErrorCode, ...RegExp[]]>([
    ["nothing", t.crossEntropy(), 3, undefined, "INVALID_ARGUMENT", /y is undefined/],
    ["too few labels", t.crossEntropy(), 3, Int32Array.of(0), "SHAPE_MISMATCH", /y has 1/, /2 rows/],
    ["a label past the classes", t.crossEntropy(), 3, [0, 3], "UNKNOWN_LABEL", /class 3 in row 1/, /0 to 2/],
    ["a negative label", t.crossEntropy(), 3, Int32Array.of(-1, 0), "UNKNOWN_LABEL", /class -1 in row 0/],
    [
      "the default ignored label, when another is set",
      t.crossEntropy({ ignoreIndex: 9 }),
      3,
      [-100, 0],
      "UNKNOWN_LABEL",
      /-100/,
    ],
    [
      "label 2 of a yes or no",
      t.binaryCrossEntropy(),
      1,
      Int32Array.of(0, 2),
      "UNKNOWN_LABEL",
      /class 2 in row 1/,
      /0 to 1/,
    ],
    [
      "probabilities where indices are needed",
      t.nll(),
      3,
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      "INVALID_ARGUMENT",
      /nll needs class indices/,
    ],
    [
      "numbers where indices are needed",
      t.multiMargin(),
      3,
      new Float32Array(6),
      "INVALID_ARGUMENT",
      /multiMargin needs class indices/,
    ],
    [
      "one number a row where three are needed",
      t.mse(),
      3,
      Float32Array.of(1, 2),
      "SHAPE_MISMATCH",
      /2 numbers for 2 rows/,
      /3 each/,
    ],
    ["ragged targets", t.mse(), 3, [[1, 2, 3], [1]], "SHAPE_MISMATCH", /y\[1\] has 1/],
    ["class names", t.crossEntropy(), 3, ["a", "b"], "INVALID_ARGUMENT", /"a"/],
    ["NaN", t.mse(), 1, [0.5, Number.NaN], "NON_FINITE_DATA", /y has NaN in row 1, column 0/],
    [
      "NaN among probabilities",
      t.crossEntropy(),
      3,
      [
        [0, 1, 0],
        [0, Number.NaN, 1],
      ],
      "NON_FINITE_DATA",
      /row 1, column 1/,
    ],
  ])("%s", async (_name, loss, outputs, bad, code, ...patterns) => {
    const model = await network(loss, outputs);
    await fails(() => model.trainBatch(x, any(bad)), code, ...patterns);
    await fails(() => model.evaluate({ x, y: any(bad) }), code, ...patterns);
    await fails(() => model.fit({ x, y: any(bad) }, { optimizer: t.sgd() }), code, ...patterns);
    expect(model.iterations).toBe(0);
  });
  it("the label -100 is refused by every loss that has no ignoreIndex", async () => {
    for (const [type, { options }] of Object.entries(losses)) {
      const model = await network({ type });
      const label = () => model.evaluate({ x, y: Int32Array.of(1, -100) });
      if ("ignoreIndex" in options) expect((await label()).loss, type).toBeGreaterThan(0);
      else await fails(label, "UNKNOWN_LABEL", /-100/);
    }
  });
});

describe("a failed fit leaves nothing behind", () => {
  it("no class names, schema or scaler of data that was refused", async () => {
    const model = await network();
    const bad = {
      x: Float32Array.of(1, Number.NaN),
      y: Int32Array.of(0),
      rows: 1,
      features: 2,
      classNames: ["a", "b", "c"],
    };
    await fails(() => model.fit({ ...bad, schema: {}, scale: "standard" }, { optimizer: t.sgd() }), "NON_FINITE_DATA");
    expect([model.classNames, model.schema]).toEqual([undefined, undefined]);
    expect(model.predict(x)).toEqual((await network()).predict(x));
  });
});
