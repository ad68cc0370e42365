// A few kills of processes that save; `npm run kill-test` makes hundreds.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("saves that are killed leave a whole model, and nothing that the next save or list does not remove", async () => {
  const script = fileURLToPath(new URL("kills.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--kills", "12"]);
  const found = Object.values(JSON.parse(stdout) as Record<string, Record<string, number>>);
  const sum = (name: string) => found.reduce((total, each) => total + each[name]!, 0);
  expect(found).toHaveLength(3);
  expect(sum("kills")).toBe(12);
  expect(sum("torn")).toBe(0);
  expect(sum("left")).toBe(0);
  expect(sum("withinWrite"), "some land where it matters").toBeGreaterThan(0);
}, 120_000);
