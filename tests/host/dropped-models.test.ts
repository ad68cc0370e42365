// Models that are dropped give their memory back, disposed of or not, and their threads end.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

interface Outcome extends Record<"held" | "before" | "after", NodeJS.MemoryUsage> {
  workers: { started: number; ended: number };
}
/** What the child measured with the models of its warm-up in its hands, after it, and in the end. */
function drop(
  models: number,
  { warmUp, threads, flags }: { warmUp: number; threads: number; flags: string[] },
): Outcome {
  const child = fileURLToPath(new URL("./dropped-models.js", import.meta.url));
  const args = ["--expose-gc", "--max-semi-space-size=1", ...flags, child, ...[models, warmUp, threads].map(String)];
  const outcome: Outcome = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 100_000 }));
  const { held, before, after } = outcome;
  const mb = (key: keyof NodeJS.MemoryUsage) =>
    `${key} ${[held, before, after].map(usage => (usage[key] / 1e6).toFixed(1)).join(", ")}`;
  console.log(
    `${models} models, ${threads} threads: MB with those of the warm-up, before, after: ${mb("rss")}; ${mb("external")}`,
  );
  return outcome;
}
function expectReturned({ before, after }: Outcome): void {
  expect(after.external / before.external).toBeLessThan(1.05);
  expect(after.arrayBuffers / before.arrayBuffers).toBeLessThan(1.05);
  // Elsewhere freed pages stay with the process for a while.
  if (process.platform === "linux") expect(after.rss / before.rss).toBeLessThan(1.05);
}

describe("memory returns to within 5 %", () => {
  it("after 200 models", () => {
    // V8's own helper threads keep more or less memory of their own, as chance will have it.
    const outcome = drop(200, { warmUp: 20, threads: 1, flags: ["--single-threaded"] });
    expect(outcome.held.external / outcome.before.external, "models weigh something").toBeGreaterThan(1.5);
    expectReturned(outcome);
  });
  it("after 24 models of two threads, every thread having ended", () => {
    const outcome = drop(24, { warmUp: 8, threads: 2, flags: [] });
    expect(outcome.workers).toEqual({ started: 32, ended: 32 });
    expectReturned(outcome);
  });
});
