// docs/runtimes: the code of each page runs in its runtime as it is printed, in a project with the built package installed.
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { type DocPage, projectOf, readPage } from "./runtimes/doc-page.ts";
import { projectFolder } from "./runtimes/package-folder.ts";
import { installed, LIMIT, root } from "./runtimes/runtime.ts";
import { withWorkerd, program as workerd } from "./runtimes/workerd-server.ts";
import { layOutWorker, type WranglerConfig } from "./runtimes/wrangler.ts";

const all = process.env.TRAINLET_ALL_RUNTIMES === "1";
/** A test that is skipped where the runtime is missing, or fails where all of them should be there. */
function itIn(runtime: string, there: boolean, what: string, run: () => Promise<void>): void {
  const fail = () => expect.fail(`${runtime} is missing; .ci/run installs every runtime`);
  if (there || all) it(`${runtime}: ${what}`, there ? run : fail, LIMIT);
  else it.skip(`${runtime}: ${what}`, run);
}

const pages = readdirSync(path.join(root, "docs/runtimes")).map(file => path.basename(file, ".md"));
const tested = ["browser", "bun", "cloudflare-workers", "deno", "edge", "node"];

describe("docs/runtimes", () => {
  it("is tested page by page, and linked from the README", () => {
    expect(pages.sort()).toEqual(tested);
    const readme = readFileSync(path.join(root, "README.md"), "utf8");
    expect(pages.filter(name => !readme.includes(`docs/runtimes/${name}.md`))).toEqual([]);
  });
  it.each(tested)("%s.md installs this package by its name, and its lines fit", name => {
    expect(readPage(name).installed).toEqual([manifest.name]);
    const lines = readFileSync(path.join(root, `docs/runtimes/${name}.md`), "utf8").split("\n");
    expect(lines.filter(line => line.length > 122)).toEqual([]);
  });
});

const environment = { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
/** Runs the page's two commands: one trains and prints what it reached, the other serves predictions. */
async function trainAndServe(page: DocPage, program: string): Promise<void> {
  const folder = projectOf(page);
  // As the package manager would have written it; what is there is used, not fetched.
  if (page.name === "deno") writeFileSync(path.join(folder, "deno.json"), '{ "nodeModulesDir": "manual" }');
  const [train, serve, ...more] = page.commands.map(line => line.split(" ").slice(1));
  expect(more).toEqual([]);
  const options = { cwd: folder, env: environment, timeout: LIMIT };
  const { stdout } = await promisify(execFile)(program, train!, options);
  expect(Number(/accuracy: ([\d.]+)/.exec(stdout)?.[1])).toBeGreaterThan(0.9);

  const port = await freePort();
  const server = spawn(program, serve!, { ...options, env: { ...environment, PORT: String(port) }, stdio: "pipe" });
  let said = "";
  server.stdout.on("data", text => (said += text));
  server.stderr.on("data", text => (said += text));
  const ended = new Promise(resolve => server.once("close", resolve));
  try {
    const outputs = await answer(`http://127.0.0.1:${port}/`, () => said);
    expect(outputs).toHaveLength(6);
    const classes = [outputs.slice(0, 3), outputs.slice(3)].map(row => row.indexOf(Math.max(...row)));
    expect(classes, "setosa, virginica").toEqual([0, 2]);
  } finally {
    server.kill("SIGKILL");
    await ended;
  }
}
async function answer(url: string, said: () => string): Promise<number[]> {
  const body = JSON.stringify([
    [5.1, 3.5, 1.4, 0.2],
    [6.3, 3.3, 6.0, 2.5],
  ]);
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    try {
      return await (await fetch(url, { method: "POST", body })).json();
    } catch {
      await new Promise(resolve => setTimeout(resolve, 50)); // it does not listen yet
    }
  }
  throw new Error(`the server does not answer: ${said()}`);
}

/** Asks the routes of edge.md for a model and what it predicts. */
async function trainAndPredict(post: (route: string, body: string | FormData) => Promise<Response>): Promise<void> {
  const x = [0, 1, 2, 3].map(i => [i >> 1, i & 1]);
  const y = [0, 1, 1, 0];
  const model = await post("/api/train", JSON.stringify({ x, y, inputs: 2, classes: 2 }));
  expect(model.status).toBe(200);
  const form = new FormData();
  form.set("model", await model.blob());
  form.set("rows", JSON.stringify(x));
  const outputs = (await (await post("/api/predict", form)).json()) as number[];
  expect(y.map((_, i) => Number(outputs[2 * i + 1]! > outputs[2 * i]!))).toEqual(y);
}

describe("the code of", () => {
  const processes = [
    ["node", process.execPath],
    ["deno", installed("deno")],
    ["bun", installed("bun")],
  ] as const;
  for (const [name, program] of processes) {
    itIn(name, existsSync(program), `${name}.md trains, saves, loads and serves`, () =>
      trainAndServe(readPage(name), program),
    );
  }
  itIn("workerd", existsSync(workerd), "cloudflare-workers.md trains on a request", async () => {
    const page = readPage("cloudflare-workers");
    expect(page.commands).toEqual(["npx wrangler deploy"]);
    const folder = projectOf(page);
    const config: WranglerConfig = JSON.parse(page.files["wrangler.jsonc"]!);
    await layOutWorker(folder, config, path.join(folder, "out"));
    const { accuracy } = await withWorkerd(path.join(folder, "out"), async url => (await fetch(url)).json());
    expect(accuracy).toBeGreaterThan(0.9);
  });
  // Vercel's own runtime is no program that could be installed here; workerd compiles nothing at run time either, and has the same interfaces.
  itIn("workerd", existsSync(workerd), "edge.md trains and predicts, by the files that edge-light gets", async () => {
    const page = readPage("edge");
    expect(page.commands).toEqual(["npx vercel deploy"]);
    const folder = projectOf(page);
    const main = "routes.js";
    writeFileSync(
      path.join(folder, main),
      `import * as train from "./app/api/train/route.js";
import * as predict from "./app/api/predict/route.js";
const routes = { "/api/train": train, "/api/predict": predict };
export default { fetch: request => routes[new URL(request.url).pathname].POST(request) };`,
    );
    const out = path.join(folder, "out");
    await layOutWorker(folder, { main, compatibility_date: "2026-01-01" }, out, ["edge-light", "worker", "browser"]);
    await withWorkerd(out, url => trainAndPredict((route, body) => fetch(url + route, { method: "POST", body })));
  });
  it("edge.md runs on Node as well", async () => {
    const page = readPage("edge");
    const folder = projectFolder("docs/edge-node", page.files);
    const load = (file: string) => import(pathToFileURL(path.join(folder, file)).href);
    expect((await load("next.config.js")).default).toEqual({ serverExternalPackages: [manifest.name] });
    await trainAndPredict(async (route, body) => {
      const { POST } = await load(`app${route}/route.js`);
      return await POST(new Request(`http://localhost${route}`, { method: "POST", body }));
    });
  });
});
