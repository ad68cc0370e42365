// Pages of users, built by Vite, webpack and esbuild, which train in Chromium: alone, and with two threads in a Worker.
import { copyFileSync, cpSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openPage } from "./browser.ts";
import { bundle } from "./bundle.ts";
import { missing, modules, node, project, tool, withoutBrowser } from "./project.ts";
import { fromNode, type Trained, trainer } from "./training.ts";

interface Shown {
  isolated: boolean;
  alone: Trained;
  two?: Trained;
}
const html = (script: string) =>
  `<!doctype html>\n<meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="${script}"></script>\n`;
const page = {
  "train.js": trainer(),
  "worker.js": `import { train } from "./train.js";
train({ threads: 2 }).then(two => postMessage({ two }), error => postMessage({ error: String(error) }));
`,
  "page.js": `import { train } from "./train.js";
async function show() {
  const alone = await train();
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const { two, error } = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = event => reject(new Error("worker: " + event.message));
  });
  if (error) throw new Error(error);
  return { isolated: crossOriginIsolated, alone, two };
}
globalThis.result = show();
`,
};
/** With the core's URL from an import, or by an expression that the bundler knows. */
const slim = (how: string) => ({
  "train.js": trainer("trainlet/slim"),
  "page.js": `${how}
import { init } from "trainlet/slim";
import { train } from "./train.js";
globalThis.result = init(fetch(url)).then(() => train()).then(alone => ({ isolated: crossOriginIsolated, alone }));
`,
});
/** Everything by trainlet/worker, in a page that says nothing of workers. */
const away = {
  "train.js": trainer("trainlet/worker"),
  "page.js": `import { train } from "./train.js";
async function show() {
  return { isolated: crossOriginIsolated, alone: await train(), two: await train({ threads: 2 }) };
}
globalThis.result = show();
`,
};
/** Uses one factory, of two entries that are imported. */
const small = {
  "page.js": `import * as unused from "trainlet";
import { iris } from "trainlet/data";
import { adam } from "trainlet/optimizers";
globalThis.result = adam({ lr: 0.1 });
`,
};

async function vite(name: string, files: Record<string, string>): Promise<string> {
  // A Worker of the page's that imports in pieces has to be a module.
  const config = files["worker.js"] ? `{ worker: { format: "es" } }` : "{}";
  const folder = project(name, {
    ...files,
    "index.html": html("./page.js"),
    "vite.config.mjs": `export default ${config};\n`,
  });
  const { code, stdout, stderr } = await node(folder, tool("vite", "bin/vite.js"), "build");
  if (code) throw new Error(`${stdout}\n${stderr}`);
  expect(stderr, "warnings").toBe("");
  return path.join(folder, "dist");
}
async function webpack(name: string, files: Record<string, string>): Promise<string> {
  const folder = project(name, { ...files, "dist/index.html": html("./main.js") });
  const pack = createRequire(import.meta.url)(tool("webpack"));
  const options = {
    context: folder,
    mode: "production",
    entry: "./page.js",
    output: { path: path.join(folder, "dist") },
  };
  const stats = await new Promise<{ compilation: { errors: unknown[]; warnings: unknown[] } }>((resolve, reject) =>
    pack(options, (error: Error | null, done: never) => (error ? reject(error) : resolve(done))),
  );
  expect(stats.compilation.errors).toEqual([]);
  expect(stats.compilation.warnings).toEqual([]);
  return path.join(folder, "dist");
}
async function esbuild(name: string, files: Record<string, string>): Promise<string> {
  const folder = project(name, { ...files, "out/index.html": html("./page.js") });
  const scripts = ["page.js", "worker.js"].filter(file => files[file]);
  const { warnings } = await bundle(folder, scripts, { minify: true, loader: { ".wasm": "file" } });
  expect(warnings).toEqual([]);
  return path.join(folder, "out");
}
/** It takes no notice of `new URL`, so that the files stand where the README has them copied. */
async function esbuildAndCopy(name: string, files: Record<string, string>): Promise<string> {
  const out = await esbuild(name, files);
  const dist = path.join(modules, "trainlet/dist");
  cpSync(path.join(dist, "generated"), path.join(out, "generated"), { recursive: true });
  for (const file of ["thread.js", "worker-thread.js"]) copyFileSync(path.join(dist, file), path.join(out, file));
  return out;
}

const bundlers = {
  vite: { build: vite, whole: vite, url: `import url from "trainlet/core.wasm?url";` },
  webpack: { build: webpack, whole: webpack, url: `const url = new URL("trainlet/core.wasm", import.meta.url);` },
  esbuild: { build: esbuild, whole: esbuildAndCopy, url: `import url from "trainlet/core.wasm";` },
};

/** The page's script and what that imports, less what it might fetch later. */
function loaded(folder: string): Set<string> {
  const [, script] = /src="([^"]*)"/.exec(readFileSync(path.join(folder, "index.html"), "utf8"))!;
  const files = new Set([path.join(folder, script!)]);
  for (const file of files)
    for (const [, next] of readFileSync(file, "utf8").matchAll(/\b(?:import|from)\s*"(\.[^"]*)"/g))
      files.add(path.join(path.dirname(file), next!));
  return files;
}

describe.each(Object.entries(bundlers))("%s", (name, { build, whole, url }) => {
  const left = name !== "esbuild" && missing(name);
  it.skipIf(left || withoutBrowser())("builds a page that trains, alone and with two threads", async () => {
    const { result, asked } = await openPage<Shown>(await whole(name, page));
    expect(result.isolated).toBe(true);
    expect(result.alone).toEqual(await fromNode());
    expect(result.two).toEqual(result.alone);
    expect(asked.filter(file => file.endsWith(".wasm"))).toHaveLength(2); // the core, and the one for threads
  });
  it.skipIf(left || withoutBrowser())("builds a page whose models train in workers", async () => {
    const { result, asked } = await openPage<Shown>(await whole(`${name}-away`, away));
    expect(result.isolated).toBe(true);
    expect(result.alone).toEqual(await fromNode());
    expect(result.two).toEqual(result.alone);
    expect(asked.filter(file => file.endsWith(".wasm"))).toHaveLength(2);
  });
  it.skipIf(left || withoutBrowser())("builds a page that trains with slim and the core as a file", async () => {
    const { result, asked } = await openPage<Shown>(await build(`${name}-slim`, slim(url)));
    expect(result.alone).toEqual(await fromNode());
    expect(asked.filter(file => file.endsWith(".wasm"))).toHaveLength(1);
  });
  it.skipIf(left)("leaves out what a page does not use", async () => {
    const folder = await build(`${name}-small`, small);
    const code = [...loaded(folder)].map(file => readFileSync(file, "utf8")).join("\n");
    expect(code).toContain("adam");
    expect(code).not.toMatch(/WebAssembly|\.wasm/);
    expect(code.length).toBeLessThan(12_000);
  });
});
