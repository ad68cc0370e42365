// What is listed in the core has everything that belongs to it: forget one, and this fails.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { measureRule, ruleRows } from "../bench/rules.ts";
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
  const reference = read("docs/reference.md");
  const pages = readdirSync(new URL("docs/optimizers/", root)).map(file => read(`docs/optimizers/${file}`));
  const described = pages.flatMap(page => [...page.matchAll(/^## (\w+)$/gm)].map(m => m[1]!));

  it.each(Object.keys(optimizers))("%s has a reference, a documentation entry and a factory", name => {
    expect(golden.includes(name) || read(elsewhere[name] ?? "").includes(name)).toBe(true);
    expect(reference).toMatch(new RegExp(`^\\| \`${name}\` \\| .*\\b(19|20)\\d\\d\\b.*\\| .*\`lr = `, "m"));
    expect((trainlet as unknown as Record<string, unknown>)[name]).toBeTypeOf("function");
  });
  it.each(Object.keys(optimizers))("%s has a row in the benchmark", async name => {
    expect(ruleRows).toContain(name);
    const row = await measureRule(name, { copy: () => 1e9, parameters: 100, budget: 1 });
    expect(row.name).toBe(name);
    expect(row.nsPerParameter).toBeGreaterThan(0);
  });
  it("has no description or figure of a rule that is gone", () => {
    const figures = JSON.parse(read("bench/results.json")).rules.map((r: { name: string }) => r.name);
    const known = Object.keys(optimizers);
    expect([...described, ...figures].filter(name => !known.includes(name))).toEqual([]);
    expect(described.length).toBeGreaterThan(30);
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
