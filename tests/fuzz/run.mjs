// Builds the package and the fuzzer, and runs it: node tests/fuzz/run.mjs [--minutes 5] [--seed N] [--only target] [--case N]
import { execFileSync, spawnSync } from "node:child_process";
import esbuild from "esbuild";

if (!process.argv.includes("--no-build")) execFileSync(process.execPath, ["host/build.mjs"], { stdio: "inherit" });
await esbuild.build({
  entryPoints: ["tests/fuzz/main.ts", "tests/fuzz/child.ts"],
  outdir: "build/fuzz",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
});
const run = spawnSync(process.execPath, ["build/fuzz/main.mjs", ...process.argv.slice(2)], { stdio: "inherit" });
process.exitCode = run.status ?? 1;
