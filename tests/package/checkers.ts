// What tools for packages say of the tarball.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { install, missing, node, project, root, tool } from "./project.ts";

interface Analysed {
  analysis: { entrypoints: Record<string, unknown>; problems: { kind: string; resolutionKind?: string }[] };
}

describe("checkers of packages", () => {
  it.skipIf(missing("publint"))("publint finds nothing", async () => {
    const { code, stdout } = await node(
      project("publint", {}),
      tool("publint", "src/cli.js"),
      await install(),
      "--strict",
    );
    expect(stdout).toMatch(/All good/);
    expect(code).toBe(0);
  });
  it.skipIf(missing("@arethetypeswrong/cli"))("are the types wrong? No", async () => {
    // Left out are the cores: what importing one gives is the bundler's choice, so that the program declares it.
    const { stdout, code } = await node(
      project("attw", {}),
      tool("@arethetypeswrong/cli", "dist/index.js"),
      await install(),
      ...["--profile", "node16", "--format", "json", "--exclude-entrypoints", "core.wasm", "core-fused.wasm"],
    );
    const { entrypoints, problems } = (JSON.parse(stdout) as Analysed).analysis;
    const { exports } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    const expected = Object.keys(exports).filter(entry => !entry.endsWith(".wasm"));
    expect(Object.keys(entrypoints)).toEqual(expected);
    // Resolution as Node 10 had it, which knows no "exports", is still reported, though the profile is without it.
    expect(problems.filter(({ resolutionKind }) => resolutionKind !== "node10")).toEqual([]);
    expect(code).toBe(0);
  });
});
