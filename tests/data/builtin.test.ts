import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as everything from "../../host/data/index.ts";
import { fails, generateCalls } from "./fake-core.ts";

vi.mock("../../host/data/core-access.ts", async () => {
  const { fakeCore } = await import("./fake-core.ts");
  return { dataCore: async () => fakeCore };
});

const api = { ...everything };
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

describe("embedded data", () => {
  test("digits are the CSV file, number for number and in its order, divided by 16", async () => {
    const lines = gunzipSync(readFileSync(fixture("digits.csv.gz")))
      .toString()
      .trim()
      .split("\n")
      .slice(1);
    const rows = lines.map(line => line.split(",").map(Number));
    const data = await api.digits();
    expect(rows.length).toBe(1797);
    expect(data).toMatchObject({ rows: 1797, features: 64, targets: 1, classes: 10, scale: "none" });
    expect(data.classNames).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    for (const [row, numbers] of rows.entries()) {
      expect([...data.x.subarray(row * 64, row * 64 + 64)].map(value => value * 16)).toEqual(numbers.slice(0, 64));
      expect(data.y[row]).toBe(numbers[64]);
    }
  });

  test("iris is the CSV file digit for digit: the same dataset, schema included, as csv() makes of it", async () => {
    const lines = readFileSync(fixture("iris.csv"), "utf8").trim().split("\n").slice(1);
    const data = await api.iris();
    const text = lines.map((_, row) => {
      const numbers = [...data.x.subarray(row * 4, row * 4 + 4)].map(value => String(Number(value.toFixed(4))));
      return [...numbers, data.classNames![data.y[row]!]].join(",");
    });
    expect(text).toEqual(lines);
    expect({ ...data }).toEqual({ ...(await api.csv(fixture("iris.csv"), { target: "species" })) });
  });

  test("each call gives arrays of its own", async () => {
    const first = await api.digits();
    first.x.fill(9);
    expect((await api.digits()).x[0]).toBe(0);
  });

  test("they take no options", async () => {
    await fails(() => api.digits({ rows: 5 } as never), "UNKNOWN_OPTION", /digits.*"rows".*none/);
    await fails(() => api.iris({ seed: 5 } as never), "UNKNOWN_OPTION", /iris.*"seed"/);
  });
});

describe("generated data", () => {
  beforeEach(() => {
    generateCalls.length = 0;
  });

  test("each problem asks the core with its defaults", async () => {
    for (const name of ["moons", "circles", "spirals", "blobs", "xor"] as const) {
      const data = await api[name]();
      const { kind, options } = generateCalls.at(-1)!;
      expect(kind).toBe(name);
      expect(options).toMatchObject({ rows: 1000, seed: 0, features: 2 });
      expect(options.noise).toBeGreaterThan(0);
      expect(data).toMatchObject({ rows: 1000, features: 2, targets: 1, classes: options.classes });
      expect(data.y).toBeInstanceOf(Int32Array);
    }
  });

  test("options reach the core", async () => {
    const data = await api.blobs({ rows: 30, classes: 5, features: 7, noise: 0, seed: 9 });
    expect(generateCalls).toEqual([
      { kind: "blobs", options: { rows: 30, classes: 5, features: 7, noise: 0, seed: 9 } },
    ]);
    expect([data.features, data.classes, data.x[0]]).toEqual([7, 5, 9]);
    await api.spirals({ classes: 4 });
    expect(generateCalls[1]!.options.classes).toBe(4);
    expect(data.split({ test: 0.5, stratify: true }).test.rows).toBe(15);
  });

  test("options that a problem does not have, or of the wrong kind, are refused before the core is asked", async () => {
    await fails(() => api.moons({ classes: 3 } as never), "UNKNOWN_OPTION", /moons.*"classes"/);
    await fails(() => api.xor({ nois: 1 } as never), "UNKNOWN_OPTION", /"nois".*"noise"/);
    await fails(() => api.spirals({ features: 3 } as never), "UNKNOWN_OPTION", /"features"/);
    for (const bad of [0, 1, -5, 2.5, "9", Number.NaN]) {
      await fails(() => api.moons({ rows: bad as number }), "INVALID_ARGUMENT", /moons: rows/);
      await fails(() => api.spirals({ classes: bad as number }), "INVALID_ARGUMENT", /spirals: classes/);
    }
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e39, "0"]) {
      await fails(() => api.circles({ noise: bad as number }), "INVALID_ARGUMENT", /circles: noise/);
    }
    await fails(() => api.blobs({ seed: -1 }), "INVALID_ARGUMENT", /blobs: seed/);
    await fails(() => api.blobs({ features: 0 }), "INVALID_ARGUMENT", /blobs: features/);
    await fails(() => api.blobs({ rows: 2 }), "INVALID_ARGUMENT", /blobs: rows .*3/);
    expect(generateCalls).toEqual([]);
  });
});

describe("builtin", () => {
  test("gives every dataset that is listed, the same as the function of that name", async () => {
    expect([...api.builtinNames].sort()).toEqual(["blobs", "circles", "digits", "iris", "moons", "spirals", "xor"]);
    for (const name of api.builtinNames) expect({ ...(await api.builtin(name)) }).toEqual({ ...(await api[name]()) });
    expect((await api.builtin("blobs", { rows: 12 })).rows).toBe(12);
  });

  test("refuses another name, and options that the dataset does not have", async () => {
    for (const bad of ["mnist", "", "toString", "__proto__", 3, undefined]) {
      await fails(() => api.builtin(bad as "iris"), "INVALID_ARGUMENT", /name must be one of "digits"/);
    }
    await fails(() => api.builtin("iris", { rows: 5 }), "UNKNOWN_OPTION", /iris.*"rows"/);
  });
});
