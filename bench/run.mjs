// Builds the benchmark (core, kernels, TypeScript) into build/bench and runs it: node bench/run.mjs [--json FILE]
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import asc from "assemblyscript/asc";
import esbuild from "esbuild";

// Peers are compared with the package as it is published, so that needs all of it.
const parts = process.argv.includes("--peers") ? [] : ["core"];
execFileSync(process.execPath, ["host/build.mjs", ...parts], { stdio: "inherit" });
fs.mkdirSync("build/bench/generated", { recursive: true });
fs.copyFileSync("host/generated/core.wasm", "build/bench/generated/core.wasm");
const flags = [
  "--config",
  "none",
  "--enable",
  "simd",
  "--runtime",
  "stub",
  "-O3",
  "--noAssert",
  "--converge",
  "--initialMemory",
  "2",
];
const { error, stderr } = await asc.main([
  "bench/assembly/kernels.ts",
  "-o",
  "build/bench/bench-kernels.wasm",
  ...flags,
]);
if (error) throw new Error(stderr.toString());
await esbuild.build({
  entryPoints: ["bench/main.ts"],
  outfile: "build/bench/main.mjs",
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
});
const run = spawnSync(process.execPath, ["build/bench/main.mjs", ...process.argv.slice(2)], { stdio: "inherit" });
process.exitCode = run.status ?? 1;
