// Builds everything: the core (asc, with its generated tables), then the host into dist/ (esbuild) and its types (tsc).
//   node host/build.mjs [core]     with `core`, only the WebAssembly and the tables
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
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

/** What is only fetched when it is needed: each a file of its own that shares nothing with the rest, so that a page's
 * bundler neither takes it in nor cuts the rest in pieces for its sake. */
const detached = {
  schedules: "host/schedules/list.ts",
  threads: "host/more-threads.ts",
  atomic: "host/files/atomic.ts",
  "class-weights": "host/class-weights.ts",
};

async function buildHost() {
  const esbuild = await import("esbuild");
  fs.rmSync("dist", { recursive: true, force: true });
  const options = {
    outdir: "dist",
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    packages: "external",
    external: ["node:*"],
    logLevel: "warning",
  };
  const fetched = {
    name: "detached",
    setup: ({ onResolve }) =>
      onResolve({ filter: /\.ts$/ }, ({ kind, path: given, resolveDir }) => {
        const file = path.relative(".", path.join(resolveDir, given));
        const name = Object.keys(detached).find(n => path.normalize(detached[n]) === file);
        return kind === "dynamic-import" && name ? { path: `./${name}.js`, external: true } : undefined;
      }),
  };
  await esbuild.build({ ...options, entryPoints: detached });
  await esbuild.build({
    ...options,
    // createSchedule on its own, since its import has an effect: it makes every schedule known.
    entryPoints: {
      index: "host/index.ts",
      data: "host/data/index.ts",
      cli: "host/cli/main.ts",
      "create-schedule": "host/schedules/create.ts",
    },
    splitting: true,
    chunkNames: "[name]-[hash]",
    plugins: [fetched],
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
