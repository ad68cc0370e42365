// The same training with several rules, side by side; and their paths on test surfaces.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { optimizers } from "../../host/generated/core.ts";
import { commandLine } from "./run-cli.ts";

const { run, file } = commandLine();

interface Run {
  seed: number;
  iterations: number;
  diverged?: { steps: number; message: string };
  target?: { epochs: number; iterations: number; seconds: number };
  history: { loss: number; valLoss: number; valAccuracy: number; seconds: number; iterations: number }[];
}
interface Compared {
  name: string;
  optimizer: Record<string, unknown>;
  batchSize: number | "full";
  diverged: number;
  final: Record<string, { mean: number; min: number; max: number }>;
  target?: { runs: number; epochs: { mean: number } };
  runs: Run[];
}
async function compared(...args: string[]) {
  const { stdout, stderr, code } = await run("compare", ...args, "--json");
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const result = JSON.parse(stdout) as { targetLoss: number; rows: { train: number }; optimizers: Compared[] };
  return { ...result, by: Object.fromEntries(result.optimizers.map(o => [o.name, o])) };
}

/** Rules of the core's table that take one gradient a step, whichever there are. */
const plain = Object.entries(optimizers)
  .filter(([, { drives }]) => !drives)
  .map(([name]) => name);

describe("for each seed", () => {
  test("every rule of the table starts from the same weights", async () => {
    const { optimizers: results } = await compared(
      ...["iris", "--optimizers", plain.join(), "--batch-size", "full", "--epochs", "2", "--seeds", "2"],
    );
    expect(results.map(o => o.name)).toEqual(plain);
    const first = (seed: number) => new Set(results.map(o => o.runs[seed]!.history[0]!.loss));
    expect([first(0).size, first(1).size]).toEqual([1, 1]);
    expect(first(0)).not.toEqual(first(1));
    // From there each goes its own way: two rules that end alike would be one rule run twice.
    const second = new Set(results.map(o => o.runs[0]!.history[1]?.loss));
    expect(second.size).toBeGreaterThan(plain.length / 2);
  });
  test("every rule sees the same batches: with rates too small to move a weight and dropout, whose mask follows place and step, curves are equal", async () => {
    const args = ["--dropout", "0.5", "--batch-size", "16", "--epochs", "3", "--seeds", "4,9"];
    const { optimizers: results } = await compared(
      "iris",
      "--optimizers",
      "sgd,adam,momentum",
      "--lr",
      "1e-30",
      ...args,
    );
    const curves = results.map(o => o.runs.map(r => r.history.map(log => log.loss)));
    expect(curves[1]).toEqual(curves[0]);
    expect(curves[2]).toEqual(curves[0]);
    expect(results[0]!.runs.map(r => r.seed)).toEqual([4, 9]);
    expect(curves[0]![0]).not.toEqual(curves[0]![1]);
    expect(new Set(curves[0]![0]).size).toBe(3);
  });
});

test("gradient descent, stochastic and mini-batch are sgd with other batches; nesterov is sgd with momentum", async () => {
  const names = "gradient-descent,stochastic,mini-batch:lr=0.02,nesterov,sgd:momentum=0.9,nesterov=true";
  const { by, rows } = await compared(
    ...["iris", "--optimizers", names, "--lr", "0.05", "--epochs", "2", "--seeds", "1", "--batch-size", "20"],
  );
  expect(rows.train).toBe(120);
  const seen = Object.fromEntries(Object.values(by).map(o => [o.name, [o.batchSize, o.runs[0]!.iterations]]));
  expect(seen).toEqual({
    "gradient-descent": ["full", 2],
    stochastic: [1, 240],
    "mini-batch:lr=0.02": [20, 12],
    nesterov: [20, 12],
    "sgd:momentum=0.9,nesterov=true": [20, 12],
  });
  expect(by["gradient-descent"]!.optimizer).toEqual({ type: "sgd", lr: 0.05 });
  expect(by["mini-batch:lr=0.02"]!.optimizer).toEqual({ type: "sgd", lr: 0.02 });
  expect(by.nesterov!.optimizer).toEqual({ type: "sgd", momentum: 0.9, nesterov: true, lr: 0.05 });
  const losses = (name: string) => by[name]!.runs[0]!.history.map(log => log.loss);
  expect(losses("nesterov")).toEqual(losses("sgd:momentum=0.9,nesterov=true"));
});

test("a rule that diverges is a row that says after which step; the target is what the median of the others ends with", async () => {
  const args = ["iris", "--optimizers", "sgd:lr=1e30,sgd,adam,adam:lr=0.01", "--epochs", "4", "--seeds", "2"];
  const [text, { by, targetLoss }] = await Promise.all([run("compare", ...args), compared(...args)]);
  const bad = by["sgd:lr=1e30"]!;
  expect(bad.diverged).toBe(2);
  expect(bad.final).toEqual({});
  expect(bad.target).toBeUndefined();
  for (const { diverged } of bad.runs) {
    expect(diverged!.steps).toBeGreaterThan(0);
    // Said of the update that broke a parameter, or of the step after it that came to see it.
    expect([0, 1]).toContain(Number(/step (\d+)/.exec(diverged!.message)![1]) - diverged!.steps);
  }
  const others = ["sgd", "adam", "adam:lr=0.01"].map(name => by[name]!);
  const ends = others.map(o => (o.runs[0]!.history[3]!.loss + o.runs[1]!.history[3]!.loss) / 2);
  expect(others.map(o => o.final.loss!.mean)).toEqual(ends);
  expect(targetLoss).toBe([...ends].sort((a, b) => a - b)[1]);
  for (const r of others.flatMap(o => o.runs)) {
    const epochs = r.history.findIndex(log => log.loss <= targetLoss) + 1;
    expect(r.target?.epochs ?? 0).toBe(epochs);
    const until = r.history.slice(0, epochs);
    if (epochs) expect(r.target!.iterations).toBe(until.at(-1)!.iterations);
    if (epochs)
      expect(r.target!.seconds).toBeCloseTo(
        until.reduce((sum, log) => sum + log.seconds, 0),
        9,
      );
  }
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/^sgd:lr=1e30 +diverged +0 of 2$/m);
  expect(text.stdout).toMatch(/^sgd:lr=1e30 +diverged after steps \d+, \d+$/m);
  expect(text.stdout).toMatch(/^adam:lr=0\.01 +0\.\d+ \(0\.\d+–0\.\d+\) +0\.\d+ \(/m);
  expect(text.stdout).not.toContain("\u001b");
});

test("--target-loss: who does not reach it is said so; without a validation part the training part's accuracy is shown", async () => {
  const args = ["iris", "--optimizers", "adam:lr=0.05,sgd:lr=1e-6", "--epochs", "3", "--seeds", "1"];
  const { by, targetLoss } = await compared(...args, "--target-loss", "0.5");
  expect(targetLoss).toBe(0.5);
  expect(by["adam:lr=0.05"]!.target!.runs).toBe(1);
  expect(by["sgd:lr=1e-6"]!.target).toBeUndefined();
  const { stdout } = await run("compare", ...args, "--target-loss", "0.5", "--validation", "0");
  expect(stdout).toMatch(/^sgd:lr=1e-6 +not reached +0 of 1$/m);
  expect(stdout).toMatch(/^ +train loss +accuracy$/m);
});

test("of a regression the rmse is shown", async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 10},${i % 7},${2 * (i % 10) - (i % 7) + 0.5}`);
  writeFileSync(file("line.csv"), `a,b,y\n${rows.join("\n")}\n`);
  const args = ["--target", "y", "--optimizers", "sgd,adam:lr=0.1", "--epochs", "30", "--seeds", "1"];
  const { stdout } = await run("compare", "line.csv", ...args);
  expect(stdout).toMatch(/^ +train loss +val loss +val rmse$/m);
  const [, loss, rmse] = /^adam:lr=0\.1 +[\d.]+ +([\d.]+) +([\d.]+)$/m.exec(stdout)!.map(Number);
  expect(rmse! ** 2).toBeCloseTo(loss!, 1);
});

describe("on a surface", () => {
  test("each rule's path, steps to the minimum and end; rules that measure for themselves and diverging ones are rows", async () => {
    const args = ["--surface", "rosenbrock", "--optimizers", "adam:lr=0.05,sgd:lr=1,lbfgs"];
    const options = ["--steps", "1800", "--tolerance", "0.05"];
    const [json, text] = await Promise.all([
      run("compare", ...args, ...options, "--json"),
      run("compare", ...args, ...options, "--report", "paths.html"),
    ]);
    expect([json.code, text.code]).toEqual([0, 0]);
    const [adam, sgd, lbfgs] = JSON.parse(json.stdout).optimizers;
    expect(adam.path).toHaveLength(1801);
    const distance = ([x, y]: [number, number]) => Math.hypot(x - 1, y - 1);
    expect(adam.reached).toBe(adam.path.findIndex((p: [number, number]) => distance(p) <= 0.05));
    expect(adam.distance).toBe(distance(adam.path.at(-1)));
    expect(adam.path[0]).toEqual([Math.fround(-1.2), 1]);
    expect(sgd.diverged).toBe(sgd.path.length);
    expect(lbfgs.refused).toMatch(/measures the loss for itself/);
    expect(text.stdout).toMatch(new RegExp(`^adam:lr=0\\.05 +0\\.05 +${adam.reached.toLocaleString("en")} +\\d`, "m"));
    expect(text.stdout).toMatch(new RegExp(`^sgd:lr=1 +1 +not reached +diverged at step ${sgd.diverged}$`, "m"));
    expect(text.stdout).toMatch(/^lbfgs +1 +measures the loss for itself/m);
  });
  test("the report is one page with level lines, axes, and a line a rule that has a path; it loads and runs nothing", () => {
    const page = readFileSync(file("paths.html"), "utf8");
    expect(page).not.toMatch(/<script|src=|href=|url\(|@import|\son\w+=|NaN|Infinity|undefined/i);
    expect(page.match(/<path class="level" d="M/g)!.length).toBeGreaterThan(8);
    const lines = [...page.matchAll(/<polyline [^>]*points="([^"]*)"/g)].map(m => m[1]!.split(" "));
    expect(lines).toHaveLength(2);
    expect(lines[0]!.length).toBeGreaterThan(50);
    expect(lines[0]!.length).toBeLessThan(1801);
    expect(page).toContain(`<td class="left">diverged at step`);
    // The path starts in the ring, which lies where the axes put (-1.2, 1).
    const tick = (pattern: RegExp) => {
      const [low, high] = [...page.matchAll(pattern)].map(m => ({ at: Number(m[1]), value: Number(m[2]) })).slice(-2);
      return (value: number) => low!.at + ((value - low!.value) / (high!.value - low!.value)) * (high!.at - low!.at);
    };
    const x = tick(/<text x="([\d.]+)" y="\d+" text-anchor="middle">(-?[\d.]+)</g);
    const y = tick(/<text x="48" y="([\d.]+)" [^>]*>(-?[\d.]+)</g);
    const [, cx, cy] = /class="start" cx="([\d.]+)" cy="([\d.]+)"/.exec(page)!.map(Number);
    expect([cx, cy]).toEqual([expect.closeTo(x(-1.2), 0), expect.closeTo(y(1), 0)]);
    expect(lines[0]![0]).toBe(`${cx},${cy}`);
  });
});

test.each([
  ["no --optimizers", ["iris"], /--optimizers/],
  ["an unknown rule", ["iris", "--optimizers", "adma"], /did you mean "adam"/],
  ["a rule's option out of range", ["iris", "--optimizers", "adam:beta1=2"], /beta1 is 2/],
  ["a rule twice", ["iris", "--optimizers", "sgd,adam,sgd"], /sgd twice/],
  ["neither data nor surface", ["--optimizers", "sgd"], /DATA is missing/],
  ["both", ["iris", "--surface", "ravine", "--optimizers", "sgd"], /--surface needs none/],
  ["an unknown surface", ["--surface", "bowl", "--optimizers", "sgd"], /himmelblau/],
  ["an option of the other kind", ["--surface", "ravine", "--optimizers", "sgd", "--epochs", "3"], /--epochs is for/],
  ["the reverse", ["iris", "--optimizers", "sgd", "--steps", "3", "--report", "x.html"], /--steps is for --surface/],
  ["batches on a surface", ["--surface", "ravine", "--optimizers", "stochastic"], /no batches/],
  [
    "no seeds",
    ["iris", "--optimizers", "sgd", "--seeds", "0"],
    /--seeds <n>' argument '0' .*from 1 to 1000, or a list/,
  ],
  ["an empty seed", ["iris", "--optimizers", "sgd", "--seeds", "1,"], /argument '1,' .*or a list of different ones/],
  ["an empty list", ["iris", "--optimizers", ""], /--optimizers <list>' argument '' .*It is empty; give rules/],
  ["an empty name", ["iris", "--optimizers", "sgd,,adam"], /argument 'sgd,,adam' .*Name 2 in it is empty/],
  ["a rule given again", ["iris", "--optimizers", "sgd,adam", "--optimizers", "sgd"], /sgd twice/],
  ["a target that is no number", ["iris", "--optimizers", "sgd", "--target-loss", "0x10"], /argument '0x10'/],
  ["a report without a name", ["iris", "--optimizers", "sgd", "--report", ""], /--report is empty/],
])("wrong usage: %s", async (_, args, said) => {
  const { code, stdout, stderr } = await run("compare", ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(said);
  expect(existsSync(file("x.html"))).toBe(false);
});

test("--optimizers given again adds to the list", async () => {
  const quick = ["--epochs", "1", "--seeds", "1"];
  const { optimizers: rules } = await compared(
    "iris",
    "--optimizers",
    "sgd,adam:lr=0.1",
    "--optimizers",
    "nesterov",
    ...quick,
  );
  expect(rules.map(o => o.name)).toEqual(["sgd", "adam:lr=0.1", "nesterov"]);
});

test("a validation part that takes every row is named as such, and a report leaves the data alone", async () => {
  const rows = Array.from({ length: 20 }, (_, i) => `${i % 4},${i % 7}.5`).join("\n");
  writeFileSync(file("small.csv"), `a,y\n${rows}\n`);
  const args = ["small.csv", "--target", "y", "--optimizers", "sgd", "--epochs", "1"];
  const [all, own] = await Promise.all([
    run("compare", ...args, "--validation", "20"),
    run("compare", ...args, "--report", "./small.csv"),
  ]);
  const message = "trainlet: --validation 20 leaves no row to train on: there are 20\n";
  expect(all).toEqual({ code: 1, stdout: "", stderr: message });
  expect(own).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining('would overwrite "small.csv"') });
  expect(readFileSync(file("small.csv"), "utf8")).toBe(`a,y\n${rows}\n`);
});

test("data that is not there fails with 1, and as JSON", async () => {
  const { code, stdout } = await run("compare", "none.csv", "--target", "y", "--optimizers", "sgd", "--json");
  expect(code).toBe(1);
  expect(JSON.parse(stdout).error.code).toBe("FILE_NOT_FOUND");
});
