// What is listed in the core has everything that belongs to it: forget one, and this fails.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { optimizers } from "../host/generated/core.ts";
import * as trainlet from "../host/index.ts";
import { forms } from "../host/schedules/list.ts";

const root = new URL("../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
/** Rules that are judged by other files: by the losses of a network, or, where random, by what they reach. */
const elsewhere: Record<string, string> = {
  lbfgs: "tests/golden/networks/lbfgs.json",
  finiteDifferences: "tests/host/derivative-free.test.ts",
  augmentedRandomSearch: "tests/host/derivative-free.test.ts",
};

describe("every update rule", () => {
  const golden = readdirSync(new URL("tests/golden/optimizers/", root)).map(
    file => JSON.parse(read(`tests/golden/optimizers/${file}`)).optimizer,
  );
  const pages = readdirSync(new URL("docs/optimizers/", root))
    .map(file => read(`docs/optimizers/${file}`))
    .join("\n");
  const bench = JSON.parse(read("bench/results.json")).rules.map((r: { name: string }) => r.name);

  it.each(Object.keys(optimizers))("%s has a reference, a documentation entry, a bench row and a factory", name => {
    expect(golden.includes(name) || read(elsewhere[name] ?? "").includes(name)).toBe(true);
    expect(`${pages}\n`).toContain(`\n## ${name}\n`);
    expect(bench).toContain(name);
    expect((trainlet as unknown as Record<string, unknown>)[name]).toBeTypeOf("function");
  });
});

describe("every schedule", () => {
  const page = read("docs/schedules.md");
  const readme = read("README.md");
  it.each(Object.entries(forms))(
    "%s has a documentation entry that names its options, and a factory",
    (name, { options }) => {
      const section = `${page}\n# end`.split(`\n### ${name}\n`)[1]?.split(/\n#+ /)[0] ?? "";
      expect(section, `### ${name} in docs/schedules.md`).not.toBe("");
      for (const option of Object.keys(options)) {
        if (option !== "cycleMomentum") expect(section.toLowerCase()).toContain(option.toLowerCase());
      }
      expect(readme).toContain(`\`${name}\``);
      expect((trainlet as unknown as Record<string, unknown>)[name]).toBeTypeOf("function");
    },
  );
});

describe("docs/reference.md", () => {
  it("is what the core and the schedules say of themselves", () => {
    execFileSync(process.execPath, ["docs/generate.mjs", "--check"], { cwd: root });
  });
});
