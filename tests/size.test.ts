// What a page downloads to train: its script, bundled from the built package as a user would bundle it, and one core.
// Counted is what the page needs: the entry and all that it loads statically. Files behind a dynamic import that this page
// never reaches do not count (more threads, fused arithmetic, files, schedules by name alone, weights of classes, reports);
// that it never reaches them is shown by running the page without them.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundle, folder, gzipped, KB, root, scriptSize } from "./bundle-size.ts";

/** API.md's example, with data in memory in place of a file. */
const example = `
import { adamw, crossEntropy, dense, dropout, earlyStopping, oneCycle, sequential } from "trainlet";

export async function train(train, test) {
  const model = await sequential(
    [dense(32, { activation: "relu" }), dropout(0.1), dense(3)],
    { inputs: 4, loss: crossEntropy({ labelSmoothing: 0.05 }), seed: 1 },
  );
  const history = await model.fit(train, {
    epochs: 100, batchSize: 16,
    optimizer: adamw({ lr: 3e-3, weightDecay: 0.01 }),
    schedule: oneCycle({ maxLr: 1e-2 }),
    validation: test,
    callbacks: [earlyStopping({ patience: 10, restoreBest: true })],
  });
  const metrics = await model.evaluate(test); // { loss, accuracy }
  const outputs = model.predict(test.x); // Float32Array, (rows, classes)
  const bytes = model.toBytes(); // to offer as a download, or await model.save(path) where there are files
  return { epochs: history.epochs.length, accuracy: metrics.accuracy, outputs: outputs.length, bytes: bytes.length };
}
export const save = (model, path) => model.save(path);
`;
/** The same page with a core that it fetches for itself. */
const slim = `${example.replace('"trainlet"', '"trainlet/slim"')}export { init } from "trainlet/slim";\n`;
/** All that a program can say in plain JSON, with no factory at all. */
const plain = `
import { sequential } from "trainlet";
const model = () => sequential([{ type: "dense", units: 3 }], { inputs: 4, loss: { type: "crossEntropy" }, seed: 1 });
const optimizer = { type: "adam", lr: 0.01 };
const schedule = { type: "warmup", steps: 2, after: { type: "cosine", etaMin: 1e-4 } };
export async function train(data) {
  const fitted = await model();
  await fitted.fit(data, { epochs: 5, optimizer, schedule, classWeight: [1, 2, 1] });
  const { perClass } = await fitted.evaluate(data, { report: true });
  return { sum: fitted.predict(data.x).reduce((a, b) => a + b), perClass };
}
export async function compile(data) {
  const compiled = await model();
  compiled.compile({ optimizer, schedule: { type: "cosine", tMax: 9 } });
}
export async function wrong(data) {
  await (await model()).fit(data, { optimizer, schedule: { type: "cosin" } });
}
`;

/** Puts the core where the script looks for it. */
function addCore(name: string): void {
  mkdirSync(path.join(folder, name, "generated"), { recursive: true });
  copyFileSync(path.join(root, "dist/generated/core.wasm"), path.join(folder, name, "generated/core.wasm"));
}
/** Runs lines in a process of their own, `page` being the bundle, and reads what they print. */
function run(name: string, before: string, after: string): Record<string, unknown> {
  const file = path.join(folder, name, "run.mjs");
  const entry = readdirSync(path.join(folder, name)).find(f => f === "stdin.js" || f === "page.js")!;
  const data = `const rows = 90, x = new Float32Array(rows * 4), y = new Int32Array(rows);
for (let i = 0; i < rows; i++) {
  y[i] = i % 3;
  for (let j = 0; j < 4; j++) x[i * 4 + j] = (j === y[i] ? 2 : 0) + ((i * 7 + j * 3) % 11) / 11;
}
const data = { x, y };`;
  writeFileSync(
    file,
    `${before}\nconst page = await import("./${entry}");\n${data}\n${after}\nconsole.log(JSON.stringify(result));\n`,
  );
  return JSON.parse(execFileSync(process.execPath, [file], { encoding: "utf8", timeout: 50_000 }));
}

describe("what a training page downloads", () => {
  let page: Bundle;
  beforeAll(async () => {
    page = await bundle("page", example);
    addCore("page");
  });
  it("is 63 KB at most, script and core together, gzipped", () => {
    const script = scriptSize(page);
    const core = gzipped("dist/generated/core.wasm");
    console.log(`a page downloads ${script + core} bytes: ${script} of script, ${core} of WebAssembly`);
    expect(script + core).toBeLessThanOrEqual(63 * KB);
    const said = /downloads (\d+) KB of script/.exec(readFileSync(path.join(root, "README.md"), "utf8"))?.[1];
    expect(Math.abs(Number(said) / (script / KB) - 1), "README").toBeLessThan(0.03);
  });
  it("trains with that alone, and does nothing before it is called", () => {
    for (const file of page.fetched) rmSync(path.resolve(root, file));
    const watched = `
delete globalThis.SharedArrayBuffer; // as in a page that is not isolated
const calls = [];
const watch = (owner, name) => {
  const own = owner[name];
  owner[name] = new Proxy(own, {
    apply: (target, self, args) => (calls.push(name), Reflect.apply(target, self, args)),
    construct: (target, args) => (calls.push(name), Reflect.construct(target, args)),
  });
};
for (const name of ["Module", "Instance", "Memory", "compile", "instantiate", "validate", "compileStreaming"]) watch(WebAssembly, name);
for (const name of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "fetch", "MessageChannel"]) watch(globalThis, name);
watch(Math, "random"); watch(crypto, "getRandomValues"); watch(performance, "now");`;
    const result = run(
      "page",
      watched,
      "const atImport = [...calls]; const result = { atImport, ...(await page.train(data, data)), later: calls.length };",
    );
    expect(result.atImport).toEqual([]);
    expect(result.later, "the watch works").toBeGreaterThan(0);
    expect(result.accuracy).toBeGreaterThan(0.95);
    expect(result.epochs).toBeGreaterThan(5);
    expect(result.outputs).toBe(270);
    expect(result.bytes).toBeGreaterThan(1000);
  });
});

describe("a training page with slim", () => {
  let page: Bundle;
  beforeAll(async () => {
    page = await bundle("slim", slim);
    addCore("slim");
  });
  it("has 26 KB of script at most, gzipped", () => {
    const script = scriptSize(page);
    console.log(`a page with slim downloads ${script} bytes of script`);
    expect(script).toBeLessThanOrEqual(26 * KB);
  });
  it("trains with that alone, and the core that it is given", () => {
    for (const file of page.fetched) rmSync(path.resolve(root, file));
    const result = run(
      "slim",
      'import { readFileSync } from "node:fs";',
      `await page.init(readFileSync(new URL("generated/core.wasm", import.meta.url)));
const result = await page.train(data, data);`,
    );
    expect(result.accuracy).toBeGreaterThan(0.95);
    expect(result.outputs).toBe(270);
  });
});

describe("a page of plain JSON", () => {
  const expected = `
const t = await import(${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)});`;
  beforeAll(async () => {
    await bundle("plain", plain);
    addCore("plain");
  });
  it("fetches what no factory asked for, and does the same with it", () => {
    const { here, there } = run(
      "plain",
      expected,
      `const here = await page.train(data);
const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy(), seed: 1 });
const schedule = t.warmup({ steps: 2, after: t.cosine({ etaMin: 1e-4 }) });
await model.fit(data, { epochs: 5, optimizer: t.adam({ lr: 0.01 }), schedule, classWeight: [1, 2, 1] });
const { perClass } = await model.evaluate(data, { report: true });
const result = { here, there: { sum: model.predict(x).reduce((a, b) => a + b), perClass } };`,
    );
    expect(here).toEqual(there);
  });
  it("refuses names that do not exist as everyone else does", () => {
    const said = run(
      "plain",
      expected,
      "const result = await page.wrong(data).catch(({ name, code, message }) => ({ name, code, message }));",
    );
    expect(said).toMatchObject({ name: "TrainletError", code: "INVALID_ARGUMENT" });
    expect(said.message).toMatch(/unknown schedule "cosin"; did you mean "cosine"/);
  });
  it("is told by compile, which cannot wait, to import the factory; one that all is in needs none", () => {
    const said = run(
      "plain",
      expected,
      `const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy() });
model.compile({ optimizer: { type: "sgd" }, schedule: { type: "cosine", tMax: 9 } });
const result = await page.compile(data).catch(({ name, code, message }) => ({ name, code, message }));`,
    );
    expect(said).toMatchObject({ name: "TrainletError", code: "UNSUPPORTED" });
    expect(said.message).toMatch(/cosine.*factory/);
  });
});

describe("each core", () => {
  it.each(readdirSync(new URL("../host/generated/", import.meta.url)).filter(file => file.endsWith(".wasm")))(
    "%s is 120 KB at most",
    file => {
      const bytes = readFileSync(path.join(root, "host/generated", file)).length;
      console.log(`${file}: ${bytes} bytes, ${gzipped(`host/generated/${file}`)} gzipped`);
      expect(bytes).toBeLessThanOrEqual(120 * KB);
    },
  );
});
