// Reading takes time in proportion to the size, in whichever direction a table grows. Sizes are such that a step that is
// quadratic in one of them takes far longer than the guard, which is some twenty times what reading takes.
import { expect, test, vi } from "vitest";
import { type CsvOptions, csv, type Schema } from "../../host/data/index.ts";
import { nearest } from "../../host/nearest.ts";
import { tenRows } from "./fake-core.ts";

vi.mock("../../host/data/core-access.ts", async () => {
  const { fakeCore } = await import("./fake-core.ts");
  return { dataCore: async () => fakeCore };
});

const list = (n: number, item: (i: number) => unknown) => Array.from({ length: n }, (_, i) => item(i));
const read =
  (text: string, options: CsvOptions = {}) =>
  () =>
    csv({ text }, { target: null, ...options });
const wide = (n: number) => `${list(n, i => `name${i}`).join(",")}\n${list(n, i => i).join(",")}\n`;
const schema = (n: number): Schema => ({
  version: 1,
  header: true,
  missing: "error",
  columns: list(n, i => ({ name: `name${n - 1 - i}`, kind: "number" })) as Schema["columns"],
  target: null,
});
const named = (classes: number) => list(2 * classes, i => `${i},id${i % classes}`).join("\n");

const columns = 100_000;
const cases: [what: string, () => unknown][] = [
  ["rows", read(list(200_000, i => `${i},${i % 7},x${i % 3}`).join("\n"))],
  ["rows of one quoted cell", read(list(400_000, i => `"${i}"`).join("\n"), { delimiter: "," })],
  ["rows whose quotes hold line ends", read(list(200_000, i => `${i},"a\n\r\nb"`).join("\r"))],
  ["rows without a delimiter", read(`"a"\n${list(400_000, i => i).join("\n")}`, { delimiter: ";" })],
  ["columns", read(wide(columns))],
  ["columns by a schema, in another order", read(wide(columns), { target: undefined, schema: schema(columns) })],
  ["columns excluded", read(wide(columns), { exclude: list(columns - 1, i => `name${i}`) as string[] })],
  ["columns to predict", read(wide(columns), { target: list(columns - 1, i => `name${i}`) as string[] })],
  ["classes", read(named(100_000), { target: -1 })],
  [
    "different numbers",
    read(`a,b\n${list(200_000, i => `${i / 3},${i}`).join("\n")}\n,1`, { missing: "mostFrequent" }),
  ],
  ["the length of a cell", read(`a,b\n1,${"1".repeat(1e6)}x\n2,${"-".repeat(1e6)}`)],
  ["the length of a number", read(`a,b\n1,0.${"1".repeat(1e6)}\n2,1`)],
  ["doubled quotes in a cell", read(`a,b\n1,"${'""'.repeat(5e5)}"\n2,x`)],
  ["blanks after a quote", read(`a,b\n1,"x"${" ".repeat(1e6)}\n2,x`)],
  ["long names near a wrong one", () => nearest("a".repeat(100), list(1e5, i => `${i}`.padEnd(100, "b")) as string[])],
];

test.each(cases)("%s", async (_, action) => {
  const start = performance.now();
  await action();
  expect(performance.now() - start).toBeLessThan(6000);
});

test("classes of a stratified split, most of which have to be given a row", () => {
  const classes = 60_000; // of 2 rows each, and one that has half of all
  const y = Int32Array.from({ length: 4 * classes }, (_, i) => Math.min(i >> 1, classes));
  const data = tenRows({ x: new Float32Array(y.length), y, rows: y.length, features: 1, classes: classes + 1 });
  const start = performance.now();
  const { test } = data.split({ test: classes + 1, stratify: true });
  expect(performance.now() - start).toBeLessThan(6000);
  expect(new Set(test.y).size).toBe(classes + 1);
});
