// Builds, checks types and style, and runs every test: node tests/run.mjs. The last line counts them.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";

/** The script behind a package's command, so that no shell is needed. */
function command(pkg, name = pkg.split("/").pop()) {
  const file = path.resolve("node_modules", pkg, "package.json");
  const { bin } = JSON.parse(fs.readFileSync(file, "utf8"));
  return path.join(path.dirname(file), typeof bin === "string" ? bin : bin[name]);
}
function run(title, args, capture = false) {
  console.log(`\n— ${title}`);
  const result = spawnSync(process.execPath, args, {
    stdio: capture ? ["ignore", "pipe", "inherit"] : "inherit",
    encoding: "utf8",
  });
  if (capture) process.stdout.write(result.stdout ?? "");
  return { ok: result.status === 0, text: result.stdout ?? "" };
}

let passed = 0;
let failed = 0;
for (const [title, ...args] of [
  ["build", "host/build.mjs"],
  ["types", command("typescript", "tsc"), "-p", "tsconfig.json"],
  ["style", command("@biomejs/biome"), "check"],
]) {
  if (run(title, args).ok) passed++;
  else failed++;
}
if (failed === 0) {
  const inside = run("tests inside WebAssembly", [command("@as-pect/cli", "asp"), "--summary"], true);
  const [, right = "0", all = "0"] = /\[Tests\]: (\d+) \/ (\d+)/.exec(stripVTControlCharacters(inside.text)) ?? [];
  passed += Number(right);
  failed += Number(all) - Number(right);
  if ((!inside.ok || all === "0") && right === all) failed++;

  const report = "build/vitest.json";
  fs.rmSync(report, { force: true });
  const outside = run("tests of the host", [
    command("vitest"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  const { numPassedTests = 0, numFailedTests = 0 } = fs.existsSync(report)
    ? JSON.parse(fs.readFileSync(report, "utf8"))
    : {};
  passed += numPassedTests;
  failed += numFailedTests;
  if (!outside.ok && !numFailedTests) failed++;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
