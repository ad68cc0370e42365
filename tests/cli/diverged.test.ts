// A run that diverges fails, but what it was to keep of itself is saved.
import { existsSync, rmSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { load } from "../../host/index.ts";
import { commandLine } from "./run-cli.ts";

const cli = commandLine();
const wild = [
  "train",
  "digits",
  "--epochs",
  "10",
  "--schedule",
  "manual:rates=0.01/0.01/0.01/0.01/1e30",
  "--validation",
  "0.1",
];
const keeping = [...wild, "--early-stopping", "8", "--out", "m.safetensors"];
const out = () => cli.file("m.safetensors");
beforeEach(() => rmSync(out(), { force: true }));

describe("train that diverges", () => {
  it("with --early-stopping saves the best model before that, says so, and fails", async () => {
    const { code, stderr } = await cli.run(...keeping);
    expect(code).toBe(1);
    expect(stderr).toMatch(/diverged: .*; the best model before that was saved to m\.safetensors/);
    const measured = await cli.run("evaluate", "m.safetensors", "digits", "--json");
    expect(JSON.parse(measured.stdout).metrics.accuracy).toBeGreaterThan(0.9);
    using model = await load(out());
    expect(model.parameters().every(p => p.value.every(Number.isFinite))).toBe(true);
  });
  it("says the same as JSON, and of the first of several seeds", async () => {
    const { code, stdout, stderr } = await cli.run(...keeping, "--seeds", "3,4", "--json");
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/DIVERGED.*the best model before that was saved/s);
    expect(existsSync(out())).toBe(true);
  });
  it("without saves nothing", async () => {
    const { code, stderr } = await cli.run(...wild, "--out", "m.safetensors");
    expect([code, existsSync(out())]).toEqual([1, false]);
    expect(stderr).not.toMatch(/saved/);
  });
});
