import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { dataset, oneHot } from "../../host/data/index.ts";
import { fails } from "./fake-core.ts";

vi.mock("../../host/data/core-access.ts", async () => {
  const { fakeCore } = await import("./fake-core.ts");
  return { dataCore: async () => fakeCore };
});

const x = [
  [1, 2],
  [3, 4],
  [5, 6],
];

describe("dataset", () => {
  test("nested rows and class indices become a classification dataset", async () => {
    const data = await dataset({ x, y: [0, 2, 1] });
    expect(data).toMatchObject({ rows: 3, features: 2, targets: 1, classes: 3, scale: "none" });
    expect(data.x).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(data.y).toEqual(Int32Array.of(0, 2, 1));
    expect(data.split({ test: 1 }).train.rows).toBe(2);
  });

  test("a flat Float32Array is used as it is, its rows counted by y", async () => {
    const flat = Float32Array.of(1, 2, 3, 4, 5, 6);
    const data = await dataset({ x: flat, y: Int32Array.of(1, 0) });
    expect(data.x).toBe(flat);
    expect([data.rows, data.features, data.classes]).toEqual([2, 3, 2]);
  });

  test("every kind of typed array and of rows is taken", async () => {
    const expected = Float32Array.of(1, 2, 3, 4);
    for (const Type of [Float64Array, Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array]) {
      expect((await dataset({ x: Type.of(1, 2, 3, 4), y: Type === Float64Array ? [0, 1] : Type.of(0, 1) })).x).toEqual(
        expected,
      );
      expect((await dataset({ x: [Type.of(1, 2), [3, 4]], y: [0, 1] })).x).toEqual(expected);
    }
    expect((await dataset({ x: [1, 2, 3, 4], y: [0, 1] })).features).toBe(2);
    expect((await dataset({ x, y: Uint8Array.of(3, 0, 1) })).y).toEqual(Int32Array.of(3, 0, 1));
  });

  test("labels may be booleans or big integers, and any array another realm's", async () => {
    const labels = Int32Array.of(1, 0, 1);
    const foreign = (kind: string, list: unknown) => runInNewContext(`${kind}.from(list)`, { list });
    for (const y of [
      [true, false, true],
      [1n, 0n, 1n],
      BigInt64Array.of(1n, 0n, 1n),
      BigUint64Array.of(1n, 0n, 1n),
      foreign("Uint8Array", labels),
      foreign("Int32Array", labels),
      foreign("BigInt64Array", [1n, 0n, 1n]),
      foreign("Array", labels),
    ]) {
      const data = await dataset({ x: foreign("Array", x), y });
      expect([data.y, data.classes]).toEqual([labels, 2]);
      expect(data.split({ test: 1, stratify: true, seed: 1 }).train.rows).toBe(2);
    }
    for (const kind of ["Float32Array", "Float64Array"]) {
      const data = await dataset({ x: foreign(kind, x.flat()), y: foreign(kind, [1.5, 0, 1]) });
      expect([...data.x]).toEqual(x.flat());
      expect([data.targets, [...data.y]]).toEqual([1, [1.5, 0, 1]]);
    }
    await fails(() => dataset({ x, y: [0n, 2n ** 70n, 1n] }), "UNKNOWN_LABEL", /y\[1\]/);
    await fails(() => dataset({ x, y: [true, null, false] as never }), "INVALID_ARGUMENT", /y\[1\].*null/);
  });

  test("a Float32Array, a Float64Array or rows in y are regression targets", async () => {
    const one = await dataset({ x, y: Float32Array.of(0, 1, 2) });
    expect([one.targets, one.classes, one.y]).toEqual([1, 1, Float32Array.of(0, 1, 2)]);
    const two = await dataset({ x, y: Float64Array.of(0, 1, 2, 3, 4, 5) });
    expect([two.targets, two.classes, two.y.length]).toEqual([2, 2, 6]);
    const rows = await dataset({
      x: new Float32Array(6),
      y: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    expect([rows.rows, rows.features, rows.targets]).toEqual([2, 3, 3]);
  });

  test("features settles the rows of a flat x, whatever y is", async () => {
    const data = await dataset({ x: new Float32Array(6), y: new Float32Array(6), features: 3 });
    expect([data.rows, data.features, data.targets]).toEqual([2, 3, 3]);
    const bare = await dataset({ x: new Float32Array(6), features: 2 });
    expect([bare.rows, bare.targets, bare.classes, bare.y.length]).toEqual([3, 0, 0, 0]);
  });

  test("strings in y become classes sorted by name, numbers among them by value", async () => {
    const named = await dataset({ x, y: ["pear", "apple", "pear"] });
    expect([named.classNames, named.y]).toEqual([["apple", "pear"], Int32Array.of(1, 0, 1)]);
    const numbers = await dataset({ x, y: ["10", "9", "2"] });
    expect([numbers.classNames, numbers.y]).toEqual([["2", "9", "10"], Int32Array.of(2, 1, 0)]);
  });

  test("classNames fix the order and the classes that there may be", async () => {
    const data = await dataset({ x, y: ["b", "a", "b"], classNames: ["c", "b", "a"] });
    expect([data.y, data.classes]).toEqual([Int32Array.of(1, 2, 1), 3]);
    expect((await dataset({ x, y: [0, 1, 0], classNames: ["p", "q", "r"] })).classes).toBe(3);
    expect((await dataset({ x, y: [0, 1, 0], classes: 5 })).classes).toBe(5);
    const names = ["a", "b"];
    await fails(() => dataset({ x, y: ["a", "z", "b"], classNames: names }), "UNKNOWN_LABEL", /y\[1\].*"z".*"a", "b"/);
    await fails(() => dataset({ x, y: [0, 2, 1], classNames: names }), "UNKNOWN_LABEL", /y\[1\] is 2.*0 to 1/);
    await fails(() => dataset({ x, y: [0, 2, 1], classes: 2 }), "UNKNOWN_LABEL", /y\[1\] is 2/);
    await fails(() => dataset({ x, y: ["a", "b", "c"], classes: 2 }), "SHAPE_MISMATCH", /classes is 2.*3 different/);
    await fails(() => dataset({ x, y: [0, 1, 0], classes: 3, classNames: names }), "SHAPE_MISMATCH", /3 names, got 2/);
    await fails(() => dataset({ x, y: [0, 1, 0], classNames: ["a", "a"] }), "INVALID_ARGUMENT", /"a" twice/);
  });

  test("a ragged row is named, with its length and the expected one", async () => {
    await fails(() => dataset({ x: [[1, 2], [3], [4, 5]], y: [0, 1, 0] }), "SHAPE_MISMATCH", /row 1 of x has 1 .* 2/);
    await fails(() => dataset({ x, y: [[1], [2, 3], [4]] }), "SHAPE_MISMATCH", /row 1 of y has 2 .* 1/);
    await fails(() => dataset({ x: [[1, 2], 3] as never, y: [0, 1] }), "INVALID_ARGUMENT", /x\[1\].*got 3/);
  });

  test("NaN and infinities are named by row and column, in whatever form x has", async () => {
    const bad = [
      [1, 2],
      [3, Number.NaN],
    ];
    await fails(() => dataset({ x: bad, y: [0, 1] }), "NON_FINITE_DATA", /x, row 1, column 1 .*NaN/);
    await fails(() => dataset({ x: Float32Array.from(bad.flat()), y: [0, 1] }), "NON_FINITE_DATA", /row 1, column 1/);
    await fails(() => dataset({ x: bad.flat(), y: [0, 1] }), "NON_FINITE_DATA", /row 1, column 1/);
    await fails(() => dataset({ x: [[1], [1e39]], y: [0, 1] }), "NON_FINITE_DATA", /row 1, column 0 .*1e\+39/);
    const y = [
      [1, 2],
      [3, 4],
      [5, Number.NEGATIVE_INFINITY],
    ];
    await fails(() => dataset({ x, y }), "NON_FINITE_DATA", /y, row 2, column 1 .*-Infinity/);
    await fails(() => dataset({ x, y: [0, Number.NaN, 1] }), "NON_FINITE_DATA", /y\[1\] is NaN/);
  });

  test("class indices are whole and not negative; the message says what regression takes", async () => {
    await fails(() => dataset({ x, y: [0, 1.5, 1] }), "INVALID_ARGUMENT", /y\[1\] is 1.5.*Float32Array/);
    await fails(() => dataset({ x, y: [0, -1, 1] }), "INVALID_ARGUMENT", /y\[1\] is -1/);
    await fails(() => dataset({ x, y: [0, "b", 1] as never }), "INVALID_ARGUMENT", /y\[1\].*"b"/);
    await fails(() => dataset({ x, y: ["a", 1, "b"] as never }), "INVALID_ARGUMENT", /y\[1\] must be a string.*got 1/);
  });

  test("sizes that do not fit are refused", async () => {
    await fails(() => dataset({ x, y: [0, 1] }), "SHAPE_MISMATCH", /3 rows.*2 entries/);
    await fails(() => dataset({ x, y: Float32Array.of(1, 2, 3, 4) }), "SHAPE_MISMATCH", /3 rows.*4/);
    await fails(() => dataset({ x: new Float32Array(7), y: [0, 1] }), "SHAPE_MISMATCH", /7 numbers.*2 rows/);
    await fails(() => dataset({ x: new Float32Array(7), y: [0, 1], features: 3 }), "SHAPE_MISMATCH", /7 .*3 features/);
    await fails(() => dataset({ x: new Float32Array(6), y: [0, 1, 0], features: 3 }), "SHAPE_MISMATCH", /2 rows.*3/);
    await fails(() => dataset({ x, y: [0, 1, 0], features: 3 }), "SHAPE_MISMATCH", /rows of 2.*features is 3/);
    await fails(() => dataset({ x: new Float32Array(6) }), "INVALID_ARGUMENT", /needs features/);
    await fails(
      () => dataset({ x, y: [0, 1, 0], featureNames: ["a"] }),
      "SHAPE_MISMATCH",
      /featureNames.*2 names, got 1/,
    );
    await fails(() => dataset({ x, y: new Float32Array(3), classes: 3 }), "INVALID_ARGUMENT", /regression/);
  });

  test("wrong types are refused by name", async () => {
    for (const bad of [undefined, null, 3, "12", {}, new DataView(new ArrayBuffer(8)), BigInt64Array.of(1n)]) {
      await fails(() => dataset({ x: bad as never, y: [0] }), "INVALID_ARGUMENT", /x must be/);
      if (bad === undefined || bad instanceof BigInt64Array) continue; // no labels; a label
      await fails(() => dataset({ x, y: bad as never }), "INVALID_ARGUMENT", /y must be/);
    }
    await fails(() => dataset({ x: [], y: [] }), "INVALID_ARGUMENT", /x is empty/);
    await fails(() => dataset({ x: [[], []], y: [0, 1] }), "INVALID_ARGUMENT", /rows of x are empty/);
    await fails(() => dataset({ x, y: [] }), "INVALID_ARGUMENT", /y is empty/);
    await fails(
      () => dataset({ x: [["1", 2]] as never, y: [0] }),
      "INVALID_ARGUMENT",
      /x\[0\]\[0\] must be a number, got "1"/,
    );
    await fails(() => dataset({ x, y: [0, 1, 0], scale: "robust" as never }), "INVALID_ARGUMENT", /scale.*"robust"/);
    await fails(() => dataset({ x, y: [0, 1, 0], features: 0 }), "INVALID_ARGUMENT", /features/);
    await fails(() => dataset({ x, y: [0, 1, 0], classes: 0 }), "INVALID_ARGUMENT", /classes/);
    await fails(() => dataset({ x, labels: [0] } as never), "UNKNOWN_OPTION", /"labels"/);
    await fails(() => dataset(x as never), "INVALID_ARGUMENT", /object/);
  });
});

describe("oneHot", () => {
  test("gives a row with a single 1 for each label", () => {
    expect(oneHot([2, 0], 3)).toEqual(Float32Array.of(0, 0, 1, 1, 0, 0));
    expect(oneHot(Int32Array.of(1), 2)).toEqual(Float32Array.of(0, 1));
    expect(oneHot([], 4).length).toBe(0);
  });

  test("refuses labels outside the classes and wrong types", async () => {
    for (const bad of [3, -1, 0.5, Number.NaN, "1", undefined]) {
      await fails(() => oneHot([0, bad as number], 3), "INVALID_ARGUMENT", /labels\[1\].*0 to 2/);
    }
    for (const bad of [null, 3, "01", { length: 2 }, new DataView(new ArrayBuffer(2))]) {
      await fails(() => oneHot(bad as never, 3), "INVALID_ARGUMENT", /labels must be an array/);
    }
    for (const bad of [0, -1, 2.5, undefined]) {
      await fails(() => oneHot([0], bad as number), "INVALID_ARGUMENT", /classes/);
    }
    await fails(() => oneHot([0, 1], 2 ** 50), "OUT_OF_MEMORY");
  });
});
