// Builds everything: the core (asc, with its generated tables), then the host into dist/ (esbuild) and its types (tsc).
//   node host/build.mjs [core]     with `core`, only the WebAssembly and the tables
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import asc from "assemblyscript/asc";

async function buildCore() {
  fs.mkdirSync("host/generated", { recursive: true });
  const { error, stderr } = await asc.main(["--target", "strict", "--transform", "./assembly/transform.mjs"]);
  if (error) {
    process.stderr.write(stderr.toString());
    throw error;
  }
}

async function buildHost() {
  const esbuild = await import("esbuild");
  fs.rmSync("dist", { recursive: true, force: true });
  await esbuild.build({
    entryPoints: { index: "host/index.ts", data: "host/data/index.ts", cli: "host/cli/main.ts" },
    outdir: "dist",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    packages: "external",
    external: ["node:*"],
    chunkNames: "[name]-[hash]",
    logLevel: "warning",
  });
  fs.mkdirSync("dist/generated", { recursive: true });
  fs.copyFileSync("host/generated/core.wasm", "dist/generated/core.wasm");
  const tsc = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace("package.json", "bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" });
}

await buildCore();
if (process.argv[2] !== "core") await buildHost();
