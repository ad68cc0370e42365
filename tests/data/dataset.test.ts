import { describe, expect, test } from "vitest";
import type { Dataset } from "../../host/data/dataset.ts";
import { stratifiedCounts, testRows } from "../../host/data/split.ts";
import { fails, permutation, tenRows } from "./fake-core.ts";

/** The row numbers of a part of `tenRows()`, read back from x; checks that labels came along. */
function rowsOf(part: Dataset, whole = tenRows()): number[] {
  return Array.from({ length: part.rows }, (_, i) => {
    const row = part.x[i * 2]! / 10;
    expect(part.x[i * 2 + 1]).toBe(row * 10 + 1);
    expect(part.y[i]).toBe(whole.y[row]);
    return row;
  });
}

describe("Dataset", () => {
  test("refuses x and y that do not have the sizes stated", async () => {
    await fails(() => tenRows({ rows: 9 }), "SHAPE_MISMATCH", /x holds 20 numbers.*9 rows × 2/);
    await fails(() => tenRows({ y: new Int32Array(9) }), "SHAPE_MISMATCH", /y holds 9/);
    await fails(() => tenRows({ y: new Int32Array(20), targets: 2 }), "SHAPE_MISMATCH", /y/);
    await fails(() => tenRows({ x: new Float32Array(0), features: 0 }), "SHAPE_MISMATCH", /x/);
  });

  test("cannot be changed", () => {
    const data = tenRows();
    expect(() => {
      (data as { rows: number }).rows = 3;
    }).toThrow(TypeError);
  });

  test("scaled() shares the arrays, leaves the values alone and keeps everything else", async () => {
    const data = tenRows({ classNames: ["a", "b", "c"] });
    const scaled = data.scaled("minmax");
    expect(scaled.scale).toBe("minmax");
    expect(data.scale).toBe("none");
    expect(scaled.x).toBe(data.x);
    expect(scaled.y).toBe(data.y);
    expect({ ...scaled, scale: "none" }).toEqual({ ...data });
    await fails(() => data.scaled("z-score" as "none"), "INVALID_ARGUMENT", /"standard"/, /"z-score"/);
  });

  test("take() gives the rows asked for, in that order, repeated where asked, as a copy", () => {
    const data = tenRows();
    const part = data.take([7, 2, 2, 9]);
    expect(rowsOf(part)).toEqual([7, 2, 2, 9]);
    part.x[0] = -1;
    expect(data.x[14]).toBe(70);
    expect(rowsOf(data.take(Uint32Array.of(4)))).toEqual([4]);
  });

  test("take() of several targets a row keeps rows together", () => {
    const y = Float32Array.from({ length: 30 }, (_, i) => i);
    expect([...tenRows({ y, targets: 3, classes: 3 }).take([9, 1]).y]).toEqual([27, 28, 29, 3, 4, 5]);
  });

  test("take() refuses what is no row number", async () => {
    for (const bad of [[10], [-1], [1.5], [Number.NaN], ["1"], [undefined]]) {
      await fails(() => tenRows().take(bad as number[]), "INVALID_ARGUMENT", /indices\[0\].*0 to 9/);
    }
    for (const bad of [[], null, undefined, 3, {}, "12"]) {
      await fails(() => tenRows().take(bad as number[]), "INVALID_ARGUMENT", /indices/);
    }
  });

  test("slice() takes a range as arrays do, sharing memory", () => {
    const data = tenRows();
    expect(rowsOf(data.slice(2, 4))).toEqual([2, 3]);
    expect(rowsOf(data.slice(-3))).toEqual([7, 8, 9]);
    expect(rowsOf(data.slice(0, -8))).toEqual([0, 1]);
    expect(data.slice().rows).toBe(10);
    expect(data.slice(2, 4).x.buffer).toBe(data.x.buffer);
  });

  test("slice() refuses an empty range and bounds outside the data", async () => {
    await fails(() => tenRows().slice(4, 4), "INVALID_ARGUMENT", /rows 4 to 4 of 10 are none/);
    await fails(() => tenRows().slice(10), "INVALID_ARGUMENT");
    await fails(() => tenRows().slice(0, 11), "INVALID_ARGUMENT", /to must be .* 11/);
    await fails(() => tenRows().slice(-11), "INVALID_ARGUMENT", /from/);
    await fails(() => tenRows().slice(0.5), "INVALID_ARGUMENT", /from/);
  });

  test("data without labels can be taken, sliced and split", () => {
    const data = tenRows({ y: new Int32Array(0), targets: 0, classes: 0 });
    const { train, test } = data.split({ test: 3 });
    expect([train.rows, test.rows, train.y.length, test.y.length]).toEqual([7, 3, 0, 0]);
    expect(data.slice(2).y.length).toBe(0);
  });
});

describe("split", () => {
  test("parts are disjoint, cover every row, keep rows whole and come shuffled", () => {
    const { train, test } = tenRows().split({ test: 0.3, seed: 4 });
    expect([train.rows, test.rows]).toEqual([7, 3]);
    const rows = [...rowsOf(test), ...rowsOf(train)];
    expect([...rows].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(rows).toEqual([...permutation(10, 4)]);
  });

  test("keeps names, schema and scale in both parts", () => {
    const data = tenRows({ classNames: ["a", "b", "c"], featureNames: ["u", "v"], scale: "standard" });
    for (const part of Object.values(data.split({ test: 2 }))) {
      const { x: _x, y: _y, rows: _rows, ...rest } = { ...part };
      expect(rest).toMatchObject({
        classNames: ["a", "b", "c"],
        featureNames: ["u", "v"],
        scale: "standard",
        classes: 3,
      });
    }
  });

  test("the same seed gives the same parts, another seed others, and 0 is the default", () => {
    const parts = (seed?: number) => rowsOf(tenRows().split({ test: 0.4, ...(seed !== undefined && { seed }) }).test);
    expect(parts(3)).toEqual(parts(3));
    expect(parts(3)).not.toEqual(parts(5));
    expect(parts()).toEqual(parts(0));
  });

  test("shuffle: false takes the last rows as test, in order", () => {
    const { train, test } = tenRows().split({ test: 0.25, shuffle: false });
    expect(rowsOf(train)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(rowsOf(test)).toEqual([7, 8, 9]);
  });

  test("stratify keeps class shares, moves no row twice and follows the seed", () => {
    const { train, test } = tenRows().split({ test: 0.5, stratify: true, seed: 1 });
    const count = (part: Dataset) => [0, 1, 2].map(c => part.y.filter(label => label === c).length);
    expect(count(test)).toEqual([3, 1, 1]);
    expect(count(train)).toEqual([2, 2, 1]);
    const rows = [...rowsOf(train), ...rowsOf(test)].sort((a, b) => a - b);
    expect(rows).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(rowsOf(tenRows().split({ test: 0.5, stratify: true, seed: 1 }).test)).toEqual(rowsOf(test));
    const others = [2, 3, 4, 5].map(seed => rowsOf(tenRows().split({ test: 0.5, stratify: true, seed }).test));
    expect(others.some(other => `${other}` !== `${rowsOf(test)}`)).toBe(true);
  });

  test("stratify is refused for regression, without labels and without shuffling", async () => {
    const regression = tenRows({ y: new Float32Array(10) });
    await fails(() => regression.split({ test: 2, stratify: true }), "INVALID_ARGUMENT", /class indices.*regression/);
    const bare = tenRows({ y: new Int32Array(0), targets: 0 });
    await fails(() => bare.split({ test: 2, stratify: true }), "INVALID_ARGUMENT", /without labels/);
    const both = { test: 2, stratify: true, shuffle: false };
    await fails(() => tenRows().split(both), "INVALID_ARGUMENT", /shuffle: false/);
  });

  test("sizes are ceil(rows · fraction), or the count itself, 1 being one row", () => {
    expect(testRows(150, 0.2)).toBe(30);
    expect(testRows(10, 0.25)).toBe(3);
    expect(testRows(10, 1e-9)).toBe(1);
    expect(testRows(10, 1)).toBe(1);
    expect(testRows(10, 9)).toBe(9);
  });

  test("neither part may be empty", async () => {
    await fails(() => tenRows().split({ test: 10 }), "INVALID_ARGUMENT", /10 of 10 rows/);
    await fails(() => tenRows().split({ test: 0.95 }), "INVALID_ARGUMENT", /leaves none/);
    await fails(() => tenRows().slice(0, 1).split({ test: 0.5 }), "INVALID_ARGUMENT", /1 of 1/);
  });

  test("refuses a wrong test, seed, flag or option, naming it", async () => {
    for (const bad of [0, -0.2, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "0.2", null, undefined]) {
      await fails(() => tenRows().split({ test: bad as number }), "INVALID_ARGUMENT", /test must be/);
    }
    for (const bad of [-1, 0.5, "1", 2 ** 53]) {
      await fails(() => tenRows().split({ test: 2, seed: bad as number }), "INVALID_ARGUMENT", /seed/);
    }
    await fails(() => tenRows().split({ test: 2, stratify: 1 as never }), "INVALID_ARGUMENT", /stratify.*got 1/);
    await fails(() => tenRows().split({ test: 2, shuffle: "no" as never }), "INVALID_ARGUMENT", /shuffle.*"no"/);
    await fails(() => tenRows().split({ test: 2, stratfy: true } as never), "UNKNOWN_OPTION", /"stratfy".*"stratify"/);
    await fails(() => tenRows().split(0.2 as never), "INVALID_ARGUMENT", /options must be an object, got 0.2/);
    await fails(() => tenRows().split(null as never), "INVALID_ARGUMENT", /null/);
  });
});

describe("stratifiedCounts", () => {
  test("shares by largest remainder, ties to the earlier class", () => {
    expect(stratifiedCounts([50, 50, 50], 30)).toEqual([10, 10, 10]);
    expect(stratifiedCounts([50, 50, 50], 31)).toEqual([11, 10, 10]);
    expect(stratifiedCounts([60, 30, 10], 25)).toEqual([15, 8, 2]);
  });

  test("a class of two rows or more stands in both parts when there is room", () => {
    expect(stratifiedCounts([96, 2, 2], 10)).toEqual([8, 1, 1]);
    expect(stratifiedCounts([96, 2, 2], 90)).toEqual([88, 1, 1]);
    expect(stratifiedCounts([2, 2, 2], 3)).toEqual([1, 1, 1]);
  });

  test("with fewer test rows than classes the largest shares win", () => {
    expect(stratifiedCounts([4, 3, 3], 2)).toEqual([1, 1, 0]);
  });

  test("a class of one row stands in one part", () => {
    const shares = stratifiedCounts([1, 9], 5);
    expect(shares[0]! + shares[1]!).toBe(5);
    expect(shares[1]).toBeGreaterThanOrEqual(4);
  });

  test("for any counts: the sum is right, no share exceeds its class, classes stand in both parts where possible", () => {
    const random = permutation(997, 7);
    for (let trial = 0; trial < 400; trial++) {
      const counts = Array.from(
        { length: 1 + (random[trial]! % 6) },
        (_, c) => 1 + (random[(trial * 7 + c) % 997]! % 9),
      );
      const rows = counts.reduce((a, b) => a + b, 0);
      if (rows < 2) continue;
      const total = 1 + (random[(trial * 13) % 997]! % (rows - 1));
      const shares = stratifiedCounts(counts, total);
      expect(shares.reduce((a, b) => a + b, 0)).toBe(total);
      const plural = counts.filter(count => count >= 2).length;
      for (const [c, count] of counts.entries()) {
        expect(shares[c]).toBeGreaterThanOrEqual(0);
        expect(shares[c]).toBeLessThanOrEqual(count);
        if (count >= 2 && total >= plural) expect(shares[c], `${counts} ${total} → ${shares}`).toBeGreaterThan(0);
        if (count >= 2 && rows - total >= plural)
          expect(shares[c], `${counts} ${total} → ${shares}`).toBeLessThan(count);
      }
    }
  });
});
