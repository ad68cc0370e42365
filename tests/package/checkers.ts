// What tools for packages say of the tarball.
import { describe, expect, it } from "vitest";
import { install, missing, node, project, tool } from "./project.ts";

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
    // Left out are resolution as Node 10 had it, which knows no "exports", and the cores: what importing one gives is the
    // bundler's choice, so that they are declared by the program.
    const { stdout, stderr, code } = await node(
      project("attw", {}),
      tool("@arethetypeswrong/cli", "dist/index.js"),
      await install(),
      ...["--profile", "node16", "--format", "table-flipped", "--no-emoji"],
      ...["--exclude-entrypoints", "core.wasm", "core-fused.wasm"],
    );
    expect(`${stdout}${stderr}`).toMatch(/No problems found/);
    expect(code).toBe(0);
  });
});
