// Builds everything: the core (asc, with its generated tables), then the host into dist/ (esbuild) and its types (tsc).
//   node host/build.mjs [core]     with `core`, only the WebAssembly and the tables
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";

/** One source, a core for each arithmetic, alone or for threads; the strict one also writes the host's tables. */
async function buildCore() {
  fs.mkdirSync("host/generated", { recursive: true });
  const asc = createRequire(import.meta.url).resolve("assemblyscript/bin/asc.js");
  const run = promisify(execFile);
  const build = (target, ...more) => run(process.execPath, [asc, "--target", target, ...more]);
  await Promise.all([
    build("strict", "--transform", "./assembly/transform.mjs"),
    build("fused"),
    build("strict-threads"),
    build("fused-threads"),
  ]).catch(error => {
    process.stderr.write(error.stderr ?? "");
    throw error;
  });
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
  for (const file of fs.readdirSync("host/generated").filter(name => name.endsWith(".wasm")))
    fs.copyFileSync(`host/generated/${file}`, `dist/generated/${file}`);
  fs.copyFileSync("host/thread.js", "dist/thread.js");
  const tsc = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace("package.json", "bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" });
}

await buildCore();
if (process.argv[2] !== "core") await buildHost();
