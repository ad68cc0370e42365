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
  "all-schedules": "host/schedules/list.ts",
  threads: "host/more-threads.ts",
  place: "host/storage/place.ts",
  bytes: "host/files/bytes.ts",
  "class-weights": "host/class-weights.ts",
  divide: "host/divide.ts",
  "fit-steps": "host/fit-steps.ts",
  report: "host/report.ts",
  misfit: "host/misfit.ts",
};

/** Entries of the package: index.js, data.js and so on, for whatever loads the core by its URL. */
const entries = {
  index: "host/index.ts",
  data: "host/data/index.ts",
  optimizers: "host/optimizers.ts",
  schedules: "host/schedules/index.ts",
  storage: "host/storage/index.ts",
};
/** The entry for whoever has workers, and what runs in them: one file, since not every bundler cuts workers in pieces. It
 * takes the factories without the loader of the core, which so share no chunk: webpack would follow the loader's dynamic
 * imports for a page that only makes specs. */
const worker = { worker: "host/worker/index.ts" };
const workerThread = { "worker-thread": "host/worker/thread.ts" };
/** For Node's `import`: see the first. */
const node = { "node-all": "host/node.ts", "node-data": "host/data/index.ts" };
/** The same entries under other names for runtimes that get the core in another way: host/platform has a file for each. */
const variants = {
  workerd: entries,
  "edge-light": entries,
  slim: { index: "host/slim.ts" },
  "slim-edge": { index: "host/slim-edge.ts" },
};

/** Where a script that was required stands; a bundler for browsers that requires it finds no Node there. */
const ownUrl = `globalThis.process?.getBuiltinModule
  ? process.getBuiltinModule("node:url").pathToFileURL(__filename).href
  : globalThis.document?.currentScript?.src ?? globalThis.location?.href`;

async function buildHost() {
  const { build } = await import("esbuild");
  fs.rmSync("dist", { recursive: true, force: true });
  const options = {
    outdir: "dist",
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    packages: "external",
    external: ["node:*", "*.wasm", "*.wasm?module"],
    logLevel: "warning",
  };
  const split = { ...options, splitting: true, chunkNames: "[name]-[hash]" };
  await build({ ...options, entryPoints: detached });
  const { metafile } = await build({
    ...split,
    entryPoints: { ...entries, ...worker },
    metafile: true,
    plugins: [redirect()],
  });
  await build({ ...split, chunkNames: "node-[name]-[hash]", entryPoints: node, plugins: [redirect()] });
  for (const name of ["index", "optimizers", "schedules"]) {
    const names = metafile.outputs[`dist/${name}.js`].exports;
    fs.writeFileSync(`dist/node-${name}.js`, `export { ${names.join(", ")} } from "./node-all.js";\n`);
  }
  await build({
    ...split,
    chunkNames: "cli-[name]-[hash]",
    entryPoints: { cli: "host/cli/main.ts" },
    plugins: [redirect()],
  });
  await build({ ...options, entryPoints: workerThread });
  for (const [platform, list] of Object.entries(variants)) {
    const named = Object.entries(list).map(([name, file]) => [
      name === "index" ? platform : `${platform}-${name}`,
      file,
    ]);
    await build({
      ...split,
      entryPoints: Object.fromEntries(named),
      chunkNames: `${platform}-[name]-[hash]`,
      plugins: [redirect(platform)],
    });
  }
  // Not every host of CommonJS knows import(), Jest's does not: what is detached is required too, in files of its own.
  const required = {
    ...options,
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    supported: { "dynamic-import": false },
    banner: { js: `const importMetaUrl = ${ownUrl};` },
    define: { "import.meta.url": "importMetaUrl" },
  };
  await build({ ...required, entryPoints: detached });
  await build({ ...required, entryPoints: { ...entries, ...worker }, plugins: [redirect(undefined, "cjs")] });
  await build({ ...required, entryPoints: { slim: "host/slim.ts" }, plugins: [redirect("slim", "cjs")] });
  fs.mkdirSync("dist/generated", { recursive: true });
  for (const file of fs.readdirSync("host/generated").filter(name => name.endsWith(".wasm")))
    fs.copyFileSync(`host/generated/${file}`, `dist/generated/${file}`);
  fs.copyFileSync("host/thread.js", "dist/thread.js");
  const tsc = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace("package.json", "bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" });
  fs.copyFileSync("host/web-types.d.ts", "dist/types/web-types.d.ts");
  for (const entry of ["index", "data/index", "optimizers"]) {
    const file = `dist/types/${entry}.d.ts`;
    const types = path.posix.relative(path.posix.dirname(file), "dist/types/web-types.d.ts");
    fs.writeFileSync(file, `/// <reference path="${types}" />\n${fs.readFileSync(file, "utf8")}`);
  }
  // The same declarations for `require`: what they are follows from the nearest package.json.
  fs.cpSync("dist/types", "dist/types-cjs", { recursive: true });
  fs.writeFileSync("dist/types-cjs/package.json", '{ "type": "commonjs" }\n');
}

/** Leaves imports of detached files as they are (with what their names end with), and puts a platform's file in the place of core-by-url.ts. */
function redirect(platform, end = "js") {
  return {
    name: "redirect",
    setup: ({ onResolve }) =>
      onResolve({ filter: /\.ts$/ }, ({ kind, path: given, resolveDir }) => {
        const file = path.relative(".", path.join(resolveDir, given));
        const name = Object.keys(detached).find(n => path.normalize(detached[n]) === file);
        if (kind === "dynamic-import" && name) return { path: `./${name}.${end}`, external: true };
        if (platform && file === path.normalize("host/core-by-url.ts"))
          return { path: path.resolve("host/platform", `${platform}.ts`) };
        return undefined;
      }),
  };
}

await buildCore();
if (process.argv[2] !== "core") await buildHost();
