// Threads and arithmetic at the command line: the same model with any number of threads, and what is refused.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { commandLine } from "./run-cli.ts";

const { run, folder } = commandLine();
const train = (name: string, ...more: string[]) =>
  run("train", "digits", "--layers", "256,64", "--epochs", "2", "--seed", "3", "--out", name, "--quiet", ...more);
const model = (name: string) => readFileSync(path.join(folder, name));

test("--threads changes no bit of the model, and the process ends by itself", async () => {
  for (const count of ["1", "2", "3"]) expect((await train(`${count}.st`, "--threads", count)).code).toBe(0);
  expect((await train("auto.st")).code).toBe(0);
  for (const name of ["2.st", "3.st", "auto.st"]) expect(model(name).equals(model("1.st")), name).toBe(true);
});

test("--arithmetic fused trains to about the same loss as strict", async () => {
  const losses = await Promise.all(
    ["strict", "fused"].map(async kind => {
      const { stdout } = await run(
        "train",
        "digits",
        "--epochs",
        "3",
        "--arithmetic",
        kind,
        "--out",
        `${kind}.st`,
        "--json",
      );
      return JSON.parse(stdout).history.at(-1).loss as number;
    }),
  );
  expect(Math.abs(losses[1]! / losses[0]! - 1)).toBeLessThan(0.01);
});

test.each([
  ["--threads", "0", /--threads.*\[1, 64\]|--threads/],
  ["--threads", "65", /--threads/],
  ["--threads", "two", /--threads/],
  ["--arithmetic", "loose", /one of strict, fused/],
])("%s %s is wrong usage", async (option, value, message) => {
  const { code, stderr } = await train("no.st", option, value);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test("compare and lr-find take them too", async () => {
  const some = ["--threads", "2", "--arithmetic", "strict", "--layers", "256", "--json"];
  expect(
    (await run("compare", "iris", "--optimizers", "sgd,adam", "--epochs", "2", "--seeds", "1", ...some)).code,
  ).toBe(0);
  expect((await run("lr-find", "iris", "--steps", "20", ...some)).code).toBe(0);
});
