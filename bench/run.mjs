// Builds the benchmark (core, kernels, TypeScript) into build/bench and runs it: node bench/run.mjs [--json FILE]
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import asc from "assemblyscript/asc";
import esbuild from "esbuild";

// Peers are compared with the package as it is published, and processes start with it, so that needs all of it.
const only = process.argv[process.argv.indexOf("--only") + 1];
const packaged = process.argv.includes("--peers") || !process.argv.includes("--only") || only?.includes("start");
const parts = packaged ? [] : ["core"];
execFileSync(process.execPath, ["host/build.mjs", ...parts], { stdio: "inherit" });
fs.mkdirSync("build/bench/generated", { recursive: true });
for (const file of fs.readdirSync("host/generated").filter(name => name.endsWith(".wasm")))
  fs.copyFileSync(`host/generated/${file}`, `build/bench/generated/${file}`);
// The kernels by themselves, in each arithmetic.
for (const arithmetic of ["strict", "fused"]) {
  const { error, stderr } = await asc.main([
    "bench/assembly/kernels.ts",
    "-o",
    `build/bench/kernels-${arithmetic}.wasm`,
    "--config",
    "none",
    "--enable",
    "simd",
    ...(arithmetic === "fused" ? ["--enable", "relaxed-simd"] : []),
    "--runtime",
    "stub",
    "-O3",
    "--noAssert",
    "--converge",
    "--initialMemory",
    "2",
  ]);
  if (error) throw new Error(stderr.toString());
}
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
