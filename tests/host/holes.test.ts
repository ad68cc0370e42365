// A list with a hole ([1, , 3]) has an entry that is undefined there, and no function passes over it.
import { describe, expect, it } from "vitest";
import { csv, dataset, oneHot } from "../../host/data/index.ts";
import * as t from "../../host/index.ts";
import { any } from "./support.ts";

// biome-ignore lint/suspicious/noSparseArray: what this is about
const hole = any([1, , 3]);
// biome-ignore lint/suspicious/noSparseArray: what this is about
const first = any([, 2, 3]);
const optimizer = t.sgd({ lr: 0.1 });
const three = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
];
const rows = any(Object.assign([...three], { 1: undefined }));
delete (rows as unknown[])[1];
const columns = any(Object.assign(new Array(3), { 0: [1], 2: [3] }));
const regression = () => t.sequential([t.dense(1)], { inputs: 3, loss: t.mse() });

describe("is refused with its place", () => {
  const cases: [string, RegExp, () => unknown][] = [
    [
      "fit, a number of x",
      /x\[0\]\[1\] is undefined/,
      async () => (await regression()).fit(any({ x: [hole], y: [[1]] }), { optimizer }),
    ],
    [
      "fit, a row of x",
      /x\[1\] has no numbers/,
      async () => (await regression()).fit(any({ x: rows, y: [[1], [2], [3]] }), { optimizer }),
    ],
    [
      "fit, a row of y",
      /y\[1\] has no numbers/,
      async () => (await regression()).fit(any({ x: three, y: columns }), { optimizer }),
    ],
    [
      "fit, a number of y",
      /y\[1\] is undefined/,
      async () => (await regression()).fit({ x: three, y: hole }, { optimizer }),
    ],
    [
      "fit, a weight",
      /sampleWeight\[1\]/,
      async () => (await regression()).fit({ x: three, y: [1, 2, 3] }, { optimizer, sampleWeight: hole }),
    ],
    [
      "fit, a callback",
      /callbacks\[0\] is undefined/,
      async () => (await regression()).fit({ x: three, y: [1, 2, 3] }, { optimizer, callbacks: first }),
    ],
    ["evaluate", /x\[0\]\[1\] is undefined/, async () => (await regression()).evaluate(any({ x: [hole], y: [[1]] }))],
    ["predict, flat", /x\[1\] is undefined/, async () => (await regression()).predict(hole)],
    ["predict, the first", /x\[0\] has no numbers/, async () => (await regression()).predict(first)],
    ["predict, all", /x\[0\] has no numbers/, async () => (await regression()).predict(any(new Array(3)))],
    ["loadParameters", /0\.weight/, async () => (await regression()).loadParameters({ "0.weight": hole })],
    ["createOptimizer, a size", /shapes\[0\] is/, () => t.createOptimizer(t.adam(), [hole])],
    [
      "createOptimizer, a shape",
      /shapes\[0\] is/,
      () => t.createOptimizer(t.adam(), any(Object.assign(new Array(2), { 1: [3] }))),
    ],
    [
      "compareOptimizers",
      /contenders\[0\]/,
      () => t.compareOptimizers(regression, { x: three, y: [1, 2, 3] }, { contenders: first }),
    ],
    ["dataset, a number", /x\[0\]\[1\] must be a number, got undefined/, () => dataset({ x: [hole] })],
    ["dataset, a row", /x\[1\] must be an array, got undefined/, () => dataset({ x: any(rows) })],
    ["dataset, a label", /y\[1\] must be a number, as y\[0\] is, got undefined/, () => dataset({ x: three, y: hole })],
    ["dataset, the first label", /y\[0\] must be a number.* got undefined/, () => dataset({ x: three, y: first })],
    [
      "dataset, a name",
      /featureNames\[0\] must be a string/,
      () => dataset({ x: three, featureNames: any(Object.assign(new Array(3), { 1: "a", 2: "b" })) }),
    ],
    [
      "take",
      /indices\[1\].*undefined/,
      async () => (await dataset({ x: three })).take(any(Object.assign(new Array(2), { 0: 1 }))),
    ],
    ["oneHot", /labels\[1\].*undefined/, () => oneHot(hole, 4)],
    [
      "csv, a target",
      /target .*undefined/,
      () => csv({ text: "a,b\n1,2" }, { target: any(Object.assign(new Array(2), { 0: "a" })) }),
    ],
  ];
  it.each(cases)("%s", async (_, pattern, action) => {
    const error = await Promise.resolve()
      .then(action)
      .then(
        () => expect.fail("it took the hole"),
        (thrown: unknown) => thrown,
      );
    expect(error).toBeInstanceOf(t.TrainletError);
    expect((error as t.TrainletError).message).toMatch(pattern);
  });
});
