// Numbers to predict are learnt whatever their units: prices as well as shares, with what users get by default.
import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { numbers } from "../host/support.ts";
import { commandLine } from "./run-cli.ts";

const { run, file } = commandLine();
const rows = 400;

/** Columns a to d and two targets, `price` in units of `unit` around `zero`. */
function table(unit: number, zero: number): string {
  const x = numbers(rows * 4, 7);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c, d] = [...x.subarray(i * 4, i * 4 + 4)] as [number, number, number, number];
    const price = zero + unit * (2 * a - b + 0.3 * c * d);
    return [a, b, c, d, price, zero - unit * b].join(",");
  });
  return `a,b,c,d,price,other\n${lines.join("\n")}\n`;
}
const quick = ["--target", "price", "--exclude", "other"];

async function trained(name: string, ...options: string[]) {
  const { stdout, stderr, code } = await run("train", name, ...options, "--json", "--out", `${name}.st`);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe("targets of any size", () => {
  beforeAll(() => {
    writeFileSync(file("plain.csv"), table(1, 0));
    writeFileSync(file("large.csv"), table(1e5, 3e5));
    writeFileSync(file("small.csv"), table(1e-6, 0));
  });

  test("are learnt alike, and reported in their own units", async () => {
    const [plain, large, small] = [
      await trained("plain.csv", ...quick),
      await trained("large.csv", ...quick),
      await trained("small.csv", ...quick),
    ];
    for (const [result, unit] of [
      [plain, 1],
      [large, 1e5],
      [small, 1e-6],
    ]) {
      expect(result.metrics.r2).toBeGreaterThan(0.95);
      expect(result.metrics.rmse / unit).toBeCloseTo(plain.metrics.rmse, 2);
      const { loss, rmse, mae } = result.history.at(-1);
      expect(rmse ** 2 / loss).toBeCloseTo(1, 4);
      expect(rmse / unit).toBeCloseTo(plain.history.at(-1).rmse, 2);
      expect(mae / unit).toBeCloseTo(plain.history.at(-1).mae, 2);
    }
  });
  test("are predicted in their own units by the saved model", async () => {
    const result = await trained("large.csv", ...quick);
    const { metrics } = JSON.parse((await run("evaluate", "large.csv.st", "large.csv", "--json")).stdout);
    expect(metrics.r2).toBeGreaterThan(0.95);
    const [, first] = (await run("predict", "large.csv.st", "large.csv")).stdout.split("\n");
    expect(Math.abs(Number(first) - 3e5)).toBeLessThan(6e5);
    expect(result.network.layers.at(-1)).toEqual({ type: "dense", units: 1 });
  });
  test("may be several, and one that never changes", async () => {
    const both = await trained("large.csv", "--target", "price", "--target", "other");
    expect(both.metrics.r2).toBeGreaterThan(0.95);
    const still = "a,b\n1,5\n2,5\n3,5\n4,5\n5,5\n6,5\n7,5\n8,5\n9,5\n10,5\n";
    writeFileSync(file("still.csv"), still);
    const { metrics } = await trained("still.csv", "--target", "b", "--task", "regression", "--epochs", "50");
    expect(metrics.rmse).toBeLessThan(2);
  });
  test("are left alone under a loss that would not mean the same", async () => {
    const { stdout } = await run("train", "plain.csv", ...quick, "--loss", "huber", "--epochs", "1");
    expect(stdout).not.toContain("standardised");
    expect((await run("train", "plain.csv", ...quick, "--epochs", "1")).stdout).toContain(
      "targets standardised while training",
    );
  });

  test("are compared, and searched for a rate, in their own units too", async () => {
    const options = [...quick, "--optimizers", "adam", "--seeds", "1", "--json"];
    const [plain, large] = await Promise.all(
      ["plain.csv", "large.csv"].map(async name => JSON.parse((await run("compare", name, ...options)).stdout)),
    );
    const last = (result: typeof plain) => result.optimizers[0].runs[0].history.at(-1);
    expect(last(large).loss / 1e10).toBeCloseTo(last(plain).loss, 3);
    expect(last(large).valRmse / 1e5).toBeCloseTo(last(plain).valRmse, 3);
    expect(large.targetLoss / 1e10).toBeCloseTo(plain.targetLoss, 3);
    expect(large.optimizers[0].final.loss.mean).toBeCloseTo(last(large).loss, 0);

    const [a, b] = await Promise.all(
      ["plain.csv", "large.csv"].map(async name => JSON.parse((await run("lr-find", name, ...quick, "--json")).stdout)),
    );
    expect(b.suggestion / a.suggestion).toBeCloseTo(1, 1);
    expect(b.steps[0].loss / 1e10).toBeCloseTo(a.steps[0].loss, 3);
    expect(b.steps[0].smoothed / 1e10).toBeCloseTo(a.steps[0].smoothed, 3);
  });
});
