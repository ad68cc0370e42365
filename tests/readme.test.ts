// The README's example runs as it is printed, against the built package.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import docs from "../host/generated/docs.json" with { type: "json" };

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe("README", () => {
  it("has an example that runs as printed and learns", () => {
    const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
    // Inside the package's own folder its name resolves to the built files, as it would for a user.
    const folder = new URL("../build/readme/", import.meta.url);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(new URL("example.mjs", folder), example);
    const output = execFileSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8" });
    const accuracy = Number(/accuracy: ([\d.]+)/.exec(output)?.[1]);
    expect(accuracy).toBeGreaterThanOrEqual(0.9);
    expect(output).toMatch(/Float32Array\(3\)/);
    expect(existsSync(new URL("iris.safetensors", folder))).toBe(true);
  });

  it("names every activation, loss, layer and optimizer that the core has", () => {
    const names = [docs.layers, docs.losses, docs.optimizers].flatMap(table => Object.keys(table));
    expect(names.filter(name => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
