// The same labels mean the same, whatever they come in: lists, typed arrays of any kind, booleans, another realm's arrays.
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fails, fingerprint, numbers, wholes } from "./support.ts";

const ROWS = 24;
const x = numbers(2 * ROWS, 1);
const foreign = (kind: string, list: Iterable<number | bigint>) => runInNewContext(`${kind}.from(list)`, { list });

/** Every form of these whole numbers. */
const formsOf = (list: readonly number[]): [string, unknown][] => [
  ["number[]", list],
  ["bigint[]", list.map(BigInt)],
  ...[Int8Array, Int16Array, Int32Array, Uint8Array, Uint8ClampedArray, Uint16Array, Uint32Array]
    .filter(kind => !kind.name.startsWith("U") || list.every(v => v >= 0))
    .map(kind => [kind.name, kind.from(list)] as [string, unknown]),
  ["BigInt64Array", BigInt64Array.from(list, BigInt)],
  ["Int32Array of another realm", foreign("Int32Array", list)],
  ["Int8Array of another realm", foreign("Int8Array", list)],
  ["list of another realm", foreign("Array", list)],
  ...(list.every(v => v === 0 || v === 1) ? [["boolean[]", list.map(Boolean)] as [string, unknown]] : []),
];
/** The same, a row each. */
const inRows = (list: readonly number[]): [string, unknown][] => [
  ["rows of one", list.map(v => [v])],
  ["typed rows of one", list.map(v => Int16Array.of(v))],
];
/** What `fit`, `fitSteps`, `trainBatch` and `evaluate` make of labels. */
const learn = async (loss: { type: string }, outputs: number, y: unknown, options: Partial<t.FitOptions> = {}) => {
  const make = () => t.sequential([t.dense(4, { activation: "tanh" }), t.dense(outputs)], { inputs: 2, loss, seed: 1 });
  const data = { x, y: any(y) };
  const optimizer = t.adam({ lr: 0.05 });
  const fitted = await make();
  const history = await fitted.fit(data, { epochs: 3, batchSize: 8, optimizer, validation: data, ...options });
  const stepped = await make();
  for await (const _ of stepped.fitSteps(data, { steps: 9, batchSize: 8, optimizer }));
  const single = await make();
  single.compile({ optimizer });
  const losses = [1, 2, 3].map(() => single.trainBatch(x, any(y)));
  const epochs = history.epochs.map(({ seconds, samplesPerSecond, ...log }) => log);
  return {
    epochs,
    losses,
    metrics: await fitted.evaluate(data, { report: true }),
    prints: [fitted, stepped, single].map(fingerprint),
  };
};

describe("labels mean the same in every form", () => {
  const yesNo = [...wholes(ROWS, 2, 2)];
  const three = [...wholes(ROWS, 3, 3)];
  const signs = yesNo.map(v => 2 * v - 1);
  it.each<[string, { type: string }, number, readonly number[]]>([
    ["crossEntropy", t.crossEntropy(), 3, three],
    ["crossEntropy of two", t.crossEntropy(), 2, yesNo],
    ["multiMargin", t.multiMargin(), 3, three],
    ["binaryCrossEntropy", t.binaryCrossEntropy(), 1, yesNo],
    ["binaryCrossEntropy of several outputs", t.binaryCrossEntropy(), 3, three],
    ["hinge", t.hinge(), 1, yesNo],
    ["squaredHinge", t.squaredHinge(), 1, yesNo],
    ["hinge of -1 and 1", t.hinge(), 1, signs],
    ["hinge of several outputs", t.hinge(), 3, three],
    ["mse of several outputs", t.mse(), 3, three],
    ["mse of whole numbers", t.mse(), 1, three.map(v => v - 1)],
    ["poissonNll of counts", t.poissonNll(), 1, three],
  ])("%s", async (_name, loss, outputs, list) => {
    const expected = await learn(loss, outputs, Int32Array.from(list));
    for (const [form, y] of [...formsOf(list), ...inRows(list)])
      expect(await learn(loss, outputs, y), form).toEqual(expected);
  });
  it.each<[string, { type: string }]>([
    ["hinge", t.hinge()],
    ["squaredHinge", t.squaredHinge()],
    ["binaryCrossEntropy", t.binaryCrossEntropy()],
    ["mse", t.mse()],
  ])("floats for one output too: %s", async (_name, loss) => {
    const expected = await learn(loss, 1, Int32Array.from(yesNo));
    for (const y of [
      Float32Array.from(yesNo),
      Float64Array.from(yesNo),
      yesNo.map(v => [v]),
      yesNo.map(v => [v > 0]),
    ]) {
      expect(await learn(loss, 1, y)).toEqual(expected);
    }
  });
  it("hinge: -1 and 1 are 0 and 1, as class weights count them too", async () => {
    const asSigns = await learn(t.hinge(), 1, Float32Array.from(signs));
    expect(asSigns).toEqual(await learn(t.hinge(), 1, yesNo));
    const weighted = { classWeight: [5, 1] };
    expect(await learn(t.hinge(), 1, signs, weighted)).toEqual(await learn(t.hinge(), 1, yesNo, weighted));
    expect(await learn(t.hinge(), 1, signs, weighted)).not.toEqual(asSigns);
  });
  it("whole floats, one a row, are class indices where nothing else can be meant", async () => {
    const expected = await learn(t.crossEntropy(), 3, three);
    for (const kind of [Float32Array, Float64Array]) {
      expect(await learn(t.crossEntropy(), 3, kind.from(three))).toEqual(expected);
    }
  });
  it("several labels a row may be of any kind", async () => {
    const list = [...wholes(3 * ROWS, 4, 2)];
    const expected = await learn(t.binaryCrossEntropy(), 3, Float32Array.from(list));
    const rows = Array.from({ length: ROWS }, (_, i) => list.slice(3 * i, 3 * i + 3));
    for (const y of [list, Int32Array.from(list), Uint8Array.from(list), rows, rows.map(r => r.map(Boolean))]) {
      expect(await learn(t.binaryCrossEntropy(), 3, y)).toEqual(expected);
    }
    const signed = list.map(v => 2 * v - 1);
    expect(await learn(t.hinge(), 3, Float32Array.from(list))).toEqual(await learn(t.hinge(), 3, signed));
  });
});

describe("x may be of any kind of number", () => {
  it("typed arrays, of another realm too, and rows of them", async () => {
    const model = await t.sequential([t.dense(2)], { inputs: 2, loss: t.mse(), seed: 1 });
    const list = [1, 0, 3, 2, 7, 5];
    const expected = model.predict(Float32Array.from(list));
    for (const [form, given] of formsOf(list)) {
      if (!form.startsWith("Big")) expect(model.predict(any(given)), form).toEqual(expected);
    }
    for (const kind of ["Float32Array", "Float64Array"]) expect(model.predict(foreign(kind, list))).toEqual(expected);
    const rows = [list.slice(0, 2), Float64Array.from(list.slice(2, 4)), foreign("Uint8Array", list.slice(4))];
    expect(model.predict(rows)).toEqual(expected);
    expect(model.predict(foreign("Array", any(rows)))).toEqual(expected);
  });
});

/** The list without its second entry. */
const holed = (list: unknown[]) => {
  delete list[1];
  return list;
};

describe("labels that say nothing clear are refused", () => {
  const rows = [[1, 2], [3, 4]]; // biome-ignore format: two rows
  it.each<[string, { type: string }, number, unknown, t.ErrorCode, RegExp]>([
    [
      "hinge of -1, 0 and 1",
      t.hinge(),
      1,
      Float32Array.of(-1, 0),
      "INVALID_ARGUMENT",
      /0 in row 1, column 0.*-1 and 1, or 0 and 1/,
    ],
    [
      "hinge of -1, 0 and 1 as classes",
      t.hinge(),
      1,
      [0, -1],
      "UNKNOWN_LABEL",
      /class 0 in row 0; hinge takes -1 and 1, or 0 and 1/,
    ],
    ["hinge of other numbers", t.squaredHinge(), 1, [0.5, 1], "INVALID_ARGUMENT", /0.5 in row 0.*-1 and 1, or 0 and 1/],
    ["a list of yes, no and more", t.binaryCrossEntropy(), 1, [0, 2], "UNKNOWN_LABEL", /class 2 in row 1.*0 to 1/],
    ["a fraction among classes", t.crossEntropy(), 3, [0, 1.5], "SHAPE_MISMATCH", /3 each, or one class index each/],
    ["a big integer past every class", t.crossEntropy(), 3, [0n, 2n ** 40n], "SHAPE_MISMATCH", /class index/],
    ["a hole", t.crossEntropy(), 3, holed([0, 1]), "INVALID_ARGUMENT", /y\[1\] is undefined/],
    ["a hole among rows", t.mse(), 1, holed([[1], [2]]), "SHAPE_MISMATCH", /y\[1\] has no numbers/],
    ["text", t.crossEntropy(), 3, ["0", "1"], "INVALID_ARGUMENT", /y\[0\] is "0"/],
    ["null", t.crossEntropy(), 3, [0, null], "INVALID_ARGUMENT", /y\[1\] is null/],
    ["a set", t.crossEntropy(), 3, new Set([0, 1]), "INVALID_ARGUMENT", /y is an object \(Set\)/],
    ["a DataView", t.crossEntropy(), 3, new DataView(new ArrayBuffer(8)), "INVALID_ARGUMENT", /y is a DataView/],
  ])("%s", async (_name, loss, outputs, y, code, pattern) => {
    const model = await t.sequential([t.dense(outputs)], { inputs: 2, loss, seed: 1 });
    model.compile({ optimizer: t.sgd() });
    await fails(() => model.evaluate({ x: rows, y: any(y) }), code, pattern);
    await fails(() => model.trainBatch(rows, any(y)), code, pattern);
    await fails(() => model.fit({ x: rows, y: any(y) }, { optimizer: t.sgd() }), code, pattern);
  });
});
