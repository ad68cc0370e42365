// The learning-rate range test: on the command line, and as a function that leaves the model alone.
import { describe, expect, it, test } from "vitest";
import * as t from "../../host/index.ts";
import { fails, fingerprint, numbers } from "../host/support.ts";
import { commandLine } from "./run-cli.ts";

const { run } = commandLine();
const close = (a: number, b: number) => expect(Math.abs(a / b - 1)).toBeLessThan(1e-9);

test("rates grow by the same factor from --min-lr to --max-lr, and the loss gets out of hand on the way", async () => {
  const { stdout, code, stderr } = await run("lr-find", "digits", "--layers", "16", "--seed", "3", "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { steps, suggestion, range, end } = JSON.parse(stdout) as t.RangeTest & { suggestion: number };
  steps.forEach((s, i) => {
    expect(s.step).toBe(i + 1);
    close(s.lr, 1e-6 * 1e7 ** (i / 199));
  });
  let average = 0;
  for (const [i, s] of steps.entries()) {
    average = 0.9 * average + 0.1 * s.loss;
    close(s.smoothed, average / (1 - 0.9 ** (i + 1)));
  }
  const best = Math.min(...steps.map(s => s.smoothed));
  expect(end).toBe("growth");
  expect(steps.length).toBeLessThan(200);
  expect(steps.at(-1)!.smoothed).toBeGreaterThan(4 * best);
  expect(steps.at(-2)!.smoothed).toBeLessThanOrEqual(4 * best);
  expect(steps.find(s => s.smoothed === best)!.lr).toBe(range!.to);
  expect(suggestion).toBeGreaterThanOrEqual(range!.from);
  expect(suggestion).toBeLessThan(range!.to);
  // What it is for: with the suggested rate the network learns.
  const trained = await run(
    ...["train", "digits", "--layers", "16", "--lr", String(suggestion), "--epochs", "5", "--seed", "3", "--json"],
  );
  expect(JSON.parse(trained.stdout).metrics.accuracy).toBeGreaterThan(0.9);
});

test("people get the curve, the range and the rate; rates too small give none", async () => {
  const [found, none] = await Promise.all([
    run("lr-find", "iris", "--optimizer", "sgd:momentum=0.9"),
    run("lr-find", "iris", "--max-lr", "1e-5", "--steps", "50"),
  ]);
  expect(found.code).toBe(0);
  expect(found.stdout).toMatch(/^step +lr +loss +smoothed loss$/m);
  expect(found.stdout).toMatch(/^the loss falls from lr [\d.e-]+ on and is lowest at [\d.e-]+$/m);
  expect(found.stdout).toMatch(/^suggested --lr [\d.e-]+, where it falls steepest$/m);
  expect(found.stdout).not.toContain("\u001b");
  expect(none.code).toBe(0);
  expect(none.stdout).toMatch(/^all 50 steps taken\nno suggestion: the loss did not fall/m);
});

test.each([
  ["no data", [], /DATA/],
  ["a range upside down", ["iris", "--min-lr", "1", "--max-lr", "0.1"], /--min-lr 1 should be below/],
  ["too few steps", ["iris", "--steps", "3"], /--steps/],
  ["a rate", ["iris", "--lr", "0.1"], /--lr/],
])("wrong usage: %s", async (_, args, said) => {
  const { code, stdout, stderr } = await run("lr-find", ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(said);
});

test("options in common with train stand in the help of each command under its own headings", async () => {
  const headings = async (command: string) => {
    const { stdout } = await run(command, "--help");
    const lines = stdout.split("\n");
    const at = lines.findIndex(line => /^ +--batch-size/.test(line));
    return lines.slice(0, at).findLast(line => /^[A-Z]\w*:$/.test(line));
  };
  const found = await Promise.all(["train", "compare", "lr-find"].map(headings));
  expect(found).toEqual(["Training:", "Training:", "Test:"]);
});

describe("findLearningRate", () => {
  const x = numbers(600, 1);
  const data = { x, y: Float32Array.from({ length: 200 }, (_, i) => x[3 * i]! - 2 * x[3 * i + 1]!) };
  const make = async () => {
    const model = await t.sequential([t.dense(8, { activation: "tanh" }), t.dropout(0.1), t.dense(1)], {
      inputs: 3,
      loss: t.mse(),
      seed: 2,
    });
    model.compile({ optimizer: t.adam({ lr: 0.01 }) });
    for (let i = 0; i < 3; i++) model.trainBatch(data.x, data.y);
    return model;
  };
  it("leaves weights, steps and the state of the compiled rule as they were", async () => {
    const [tested, other] = await Promise.all([make(), make()]);
    const { suggestion } = await t.findLearningRate(tested, data, { optimizer: t.sgd() });
    expect(suggestion).toBeGreaterThan(1e-4);
    expect(fingerprint(tested)).toBe(fingerprint(other));
    expect(tested.iterations).toBe(3);
    expect(tested.trainBatch(data.x, data.y)).toBe(other.trainBatch(data.x, data.y));
    expect(fingerprint(tested)).toBe(fingerprint(other));
  });
  it("ends where the numbers are no longer finite, and still judges what came before", async () => {
    const model = await make();
    const options = { optimizer: t.sgd(), maxLr: 1e6, steps: 300, stopFactor: 1e300 };
    const { end, steps, suggestion } = await t.findLearningRate(model, data, options);
    expect(end).toBe("divergence");
    expect(steps.length).toBeLessThan(300);
    expect(steps.every(s => Number.isFinite(s.loss))).toBe(true);
    expect(suggestion).toBeDefined();
  });
  it("takes all steps where nothing stops it, over as many epochs as that needs", async () => {
    const seen: number[] = [];
    const onStep = ({ step }: t.RangeTestStep) => void seen.push(step);
    const options = { optimizer: "sgd" as never, maxLr: 1e-3, steps: 30, batchSize: "full" as const, onStep };
    const { end, steps } = await t.findLearningRate(await make(), data, options);
    expect(end).toBe("steps");
    expect(steps).toHaveLength(30);
    expect(seen).toEqual(steps.map(s => s.step));
    close(steps.at(-1)!.lr, 1e-3);
  });
  it("refuses what has no place in it", async () => {
    const model = await make();
    const optimizer = t.sgd();
    const find = (options: object) => () => t.findLearningRate(model, data, { optimizer, ...options });
    await fails(find({ minLr: 1, maxLr: 1 }), "INVALID_ARGUMENT", /minLr is 1/);
    await fails(find({ steps: 2 }), "INVALID_ARGUMENT", /steps is 2/);
    await fails(find({ epochs: 2 }), "UNKNOWN_OPTION", /epochs/);
    await fails(find({ batchSiz: 2 }), "UNKNOWN_OPTION", /batchSize/);
    await fails(find({ optimizer: undefined }), "INVALID_ARGUMENT", /optimizer/);
  });
});
