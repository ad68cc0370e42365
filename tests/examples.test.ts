// examples/worker in workerd, bundled as wrangler does: requests in parts leave the bits of one run in Node.
import { cpSync, existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { adam, crossEntropy, dense, fromBytes, sequential } from "../host/index.ts";
import { projectFolder, readJsonc } from "./runtimes/package-folder.ts";
import { root } from "./runtimes/runtime.ts";
import { program, withWorkerd } from "./runtimes/workerd-server.ts";
import { layOutWorker, type WranglerConfig } from "./runtimes/wrangler.ts";

const example = path.join(root, "examples/worker");
const config = readJsonc(path.join(example, "wrangler.jsonc")) as unknown as WranglerConfig;
const kvConfig: WranglerConfig = {
  main: "worker-kv.js",
  compatibility_date: config.compatibility_date,
  vars: config.vars,
  kv_namespaces: [{ binding: "MODELS_KV", id: "…" }],
};

const rows = 60;
const x = Array.from({ length: rows }, (_, i) =>
  [0, 1, 2, 3].map(j => Math.fround(Math.sin(i * 1.3 + j) + (j === i % 3 ? 2 : 0))),
);
const y = Array.from({ length: rows }, (_, i) => i % 3);
const body = { x, y, classes: 3, batchSize: 16 };

/** What the example makes, trained in one go. */
async function inNode(steps: number, data = { x, y: Int32Array.from(y) }): Promise<Uint8Array> {
  const model = await sequential([dense(32, { activation: "relu" }), dense(3)], {
    inputs: data.x[0]!.length,
    loss: crossEntropy(),
    seed: 1,
  });
  for await (const _ of model.fitSteps(data, { steps, batchSize: 16, optimizer: adam({ lr: 0.01 }) }));
  return model.toBytes({ optimizer: true });
}

type Ask = (route: string, body?: unknown, query?: string) => Promise<Response>;
const asker =
  (address: string): Ask =>
  (route, body, query = "") => {
    const [method, name] = route.split(" ");
    const text = typeof body === "string" ? body : body && JSON.stringify(body);
    return fetch(`${address}${name}${query}`, { method, body: text as string | undefined });
  };
const json = async (response: Promise<Response>) => {
  const { status } = await response;
  return { status, ...(await (await response).json()) };
};
const bytesOf = async (response: Promise<Response>) => new Uint8Array(await (await response).arrayBuffer());

const all = process.env.TRAINLET_ALL_RUNTIMES === "1";
const missing = !existsSync(program);
if (missing && all) it("workerd is installed", () => expect.fail(`${program} is missing; .ci/run installs it`));
describe.skipIf(missing)("examples/worker", () => {
  const outdir = path.join(root, "build/examples/worker/out");
  const serve = <T>(use: (ask: Ask) => Promise<T>) => withWorkerd(outdir, address => use(asker(address)));
  beforeAll(async () => {
    const folder = projectFolder("examples/worker");
    for (const file of readdirSync(example).filter(name => name.endsWith(".js"))) {
      cpSync(path.join(example, file), path.join(folder, file));
    }
    await layOutWorker(folder, config, outdir);
    await layOutWorker(folder, kvConfig, `${outdir}-kv`);
  });

  it("trains 100 steps a request, with a new workerd between them: the bits are those of 200 steps in Node", async () => {
    const first = await serve(ask => json(ask("POST /train", { ...body, steps: 100 })));
    expect(first).toMatchObject({ status: 200, steps: 100, left: 0, iterations: 100 });
    await serve(async ask => {
      const second = await json(ask("POST /train", { ...body, steps: 100 }));
      expect(second).toMatchObject({ status: 200, iterations: 200 });
      expect(second.loss).toBeLessThan(first.loss);
      const expected = await inNode(200);
      expect(Buffer.compare(await bytesOf(ask("GET /model")), expected)).toBe(0);
      const { classes, outputs } = await json(ask("POST /predict", { x }));
      expect(outputs.flat()).toEqual([...(await fromBytes(expected)).predict(x)]);
      const right = y.filter((label, i) => label === classes[i]).length;
      expect(right / rows).toBeGreaterThan(0.95);
    });
  });
  it("takes no more steps than its budget allows, and goes on where it stopped", async () => {
    await serve(async ask => {
      const train = (steps: number) => json(ask("POST /train", { ...body, steps }, "?model=budget"));
      const first = await train(100_000);
      expect(first.steps).toBeLessThan(100_000);
      expect(first.left).toBe(100_000 - first.steps);
      expect(await train(50)).toMatchObject({ steps: 50, iterations: first.steps + 50 });
      expect(
        Buffer.compare(await bytesOf(ask("GET /model", undefined, "?model=budget")), await inNode(first.steps + 50)),
      ).toBe(0);
    });
  });
  it("keeps models that are larger than one value, and trains in turn when asked at once", async () => {
    const wide = { x: x.map((row, i) => Array.from({ length: 1024 }, (_, j) => (j < 4 ? row[j]! : (i * j) % 7))), y };
    await serve(async ask => {
      const answers = await Promise.all(
        [1, 2, 3].map(() => json(ask("POST /train", { ...body, ...wide, steps: 5 }, "?model=wide"))),
      );
      expect(answers.map(answer => answer.iterations).sort((a, b) => a - b)).toEqual([5, 10, 15]);
      const bytes = await bytesOf(ask("GET /model", undefined, "?model=wide"));
      expect(bytes.length).toBeGreaterThan(3 * 128 * 1024);
      expect(Buffer.compare(bytes, await inNode(15, { x: wide.x, y: Int32Array.from(y) }))).toBe(0);
    });
  });
  it("refuses what it cannot use with a reason, and changes nothing", async () => {
    await serve(async ask => {
      const refused = async (status: number, reason: RegExp, ...asked: Parameters<Ask>) => {
        const answer = await json(ask(...asked));
        expect(answer.status, answer.error).toBe(status);
        expect(answer.error).toMatch(reason);
      };
      const q = "?model=refused";
      await refused(404, /no model yet/, "POST /predict", { x }, q);
      await refused(400, /classes: give a whole number from 2/, "POST /train", { ...body, classes: undefined }, q);
      expect(await json(ask("POST /train", { ...body, steps: 5 }, q))).toMatchObject({ iterations: 5 });
      const before = await bytesOf(ask("GET /model", undefined, q));
      await refused(400, /not JSON/, "POST /train", "{ x: 1", q);
      await refused(400, /no object/, "POST /train", "[1]", q);
      await refused(400, /x: give rows/, "POST /train", { ...body, x: "rows" }, q);
      await refused(400, /x\[1\]/, "POST /train", { ...body, x: [x[0], [1, 2]], y: [0, 1] }, q);
      await refused(400, /./, "POST /train", { ...body, x: [[1, 2, 3, null]], y: [0] }, q);
      await refused(400, /60 rows/, "POST /train", { ...body, y: [0, 1] }, q);
      await refused(400, /y\[0\]/, "POST /train", { ...body, y: y.map(() => "a") }, q);
      await refused(400, /3/, "POST /train", { ...body, y: y.map(() => 3) }, q);
      await refused(400, /steps/, "POST /train", { ...body, steps: 0 }, q);
      await refused(400, /batchSize/, "POST /train", { ...body, batchSize: 1.5 }, q);
      await refused(400, /x/, "POST /predict", { x: [[1, 2]] }, q);
      await refused(400, /model: give a name/, "GET /model", undefined, "?model=../x");
      await refused(404, /POST \/train/, "GET /train", undefined, q);
      await refused(413, /2000000 bytes/, "POST /train", "x".repeat(2_000_001), q);
      expect(Buffer.compare(await bytesOf(ask("GET /model", undefined, q)), before)).toBe(0);
      expect((await ask("DELETE /model", undefined, q)).status).toBe(204);
      expect((await ask("GET /model", undefined, q)).status).toBe(404);
    });
  });
  it("does the same with Workers KV", async () => {
    await withWorkerd(`${outdir}-kv`, async address => {
      const ask = asker(address);
      expect((await ask("GET /model")).status).toBe(404);
      for (const iterations of [100, 200]) {
        expect(await json(ask("POST /train", { ...body, steps: 100 }))).toMatchObject({ status: 200, iterations });
      }
      expect(Buffer.compare(await bytesOf(ask("GET /model")), await inNode(200))).toBe(0);
      expect((await ask("DELETE /model")).status).toBe(204);
      expect((await ask("GET /model")).status).toBe(404);
    });
  });
});
