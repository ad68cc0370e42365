// Programs under test by Jest, in its environments "node" and "jsdom": each test file is a realm of its own, where what
// Node gives is no instance of the classes at hand; CommonJS there knows no import(), and jsdom lacks what Node has.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { missing, node, project, tool } from "./project.ts";

/** What a program does, file after file of the package; `t`, `data`, `storage`, `away`, `slim` are its entries. */
const tests = `
const rows = { x: [[0, 1], [1, 0]], y: [0, 1] };
const text = "a,b\\n1,x\\n3,y\\n5,x\\n";
const name = path => place + path;
const make = (more = {}) => t.sequential([t.dense(2)], { inputs: 2, loss: t.crossEntropy(), seed: 1, ...more });
const fitting = { optimizer: t.adam() };

test("trains, with weights of classes, schedules in JSON, reports", async () => {
  const model = await make();
  const { epochs } = await model.fit(rows, { ...fitting, epochs: 3, classWeight: [1, 2], schedule: { type: "cosine" } });
  expect(epochs).toHaveLength(3);
  expect((await model.evaluate(rows, { report: true })).perClass).toHaveLength(2);
  for await (const step of model.fitSteps(rows, { steps: 2, ...fitting })) expect(step.loss).toBeGreaterThan(0);
});
test("takes typed arrays of the test's realm, and gives such", async () => {
  const model = await make();
  await model.fit({ x: new Float32Array([0, 1, 1, 0]), y: new Int32Array([0, 1]) }, fitting);
  expect(model.predict(new Float32Array([1, 2]))).toBeInstanceOf(Float32Array);
  expect(model.toBytes()).toBeInstanceOf(Uint8Array);
});
test("saves and loads files", async () => {
  const model = await make();
  await model.fit(rows, fitting);
  await model.save(name("model"), { optimizer: true });
  await model.save(name("model"), { optimizer: true });
  const loaded = await t.load(name("model"));
  expect([...loaded.predict(rows.x)]).toEqual([...model.predict(rows.x)]);
  await loaded.fit(rows);
});
test("says what is wrong with a file by its own class", async () => {
  const error = await t.load(name("none")).catch(error => error);
  expect(error).toBeInstanceOf(t.TrainletError);
  expect(error).toBeInstanceOf(Error);
  expect(error.code).toBe("FILE_NOT_FOUND");
  await expect((await make()).save(name("none/model"))).rejects.toMatchObject({ message: /create it first/ });
});
test("keeps models in a storage", async () => {
  const storage = stores.files(name("store"));
  expect(await storage.list()).toEqual([]);
  await (await make()).save("a/b", { storage });
  await storage.write("c", new Uint8Array([1]));
  expect(await storage.list()).toEqual(["a/b", "c"]);
  await storage.remove("c");
  await storage.remove("c");
  expect((await t.load("a/b", { storage })).outputs).toBe(2);
});
test("reads bytes in every form", async () => {
  const bytes = (await make()).toBytes();
  const forms = [bytes, bytes.buffer, Buffer.from(bytes), new DataView(bytes.buffer), new Blob([bytes])];
  forms.push(Promise.resolve(bytes), (async function* () { yield bytes; })());
  if (typeof Response === "function") forms.push(new Response(bytes), new Response(bytes).body);
  for (const form of forms) expect((await t.fromBytes(form)).outputs).toBe(2);
});
test("reads tables", async () => {
  fs.writeFileSync(name("table.csv"), text);
  const plain = Uint8Array.from(Buffer.from(text));
  for (const source of [{ text }, name("table.csv"), plain, plain.buffer, new Blob([text]), zlib.gzipSync(text)])
    expect((await data.csv(source, { target: "b" })).rows).toBe(3);
  expect((await data.digits()).rows).toBe(1797);
});
test("ends when a signal fires", async () => {
  const controller = new AbortController();
  const callbacks = [{ onEpochEnd: () => controller.abort() }];
  const run = (await make()).fit(rows, { ...fitting, epochs: 9, signal: controller.signal, callbacks });
  await expect(run).rejects.toMatchObject({ name: "AbortError" });
});
test("trains with two threads", async () => {
  const model = await make({ threads: 2 });
  await model.fit(rows, fitting);
  model.dispose();
});
test("trains in a worker", async () => {
  const model = await away.sequential([away.dense(2)], { inputs: 2, loss: away.crossEntropy(), seed: 1 });
  const { signal } = new AbortController();
  expect((await model.fit(rows, { optimizer: away.adam(), epochs: 3, signal })).epochs).toHaveLength(3);
  expect(await model.predict([1, 2])).toBeInstanceOf(Float32Array);
  expect(await model.parameters()).toBeInstanceOf(Array);
  expect((await model.parameters())[0].value).toBeInstanceOf(Float32Array);
  await model.save(name("away"));
  const error = await model.fit({ x: 1 }, {}).catch(error => error);
  expect(error).toBeInstanceOf(away.TrainletError);
  model.dispose();
  (await away.load(name("away"))).dispose();
});
test("trains with slim", async () => {
  await slim.init(fs.readFileSync(core));
  await slim.init(new WebAssembly.Module(fs.readFileSync(core)));
  const model = await slim.sequential([slim.dense(2)], { inputs: 2, loss: slim.crossEntropy() });
  await model.fit(rows, { optimizer: slim.adam() });
  expect((await slim.fromBytes(model.toBytes())).outputs).toBe(2);
});
`;
const count = tests.match(/^test\(/gm)!.length;

const entries = { t: "", data: "/data", stores: "/storage", away: "/worker", slim: "/slim" };
const lines = (line: (name: string, module: string) => string) =>
  Object.entries({ fs: "node:fs", zlib: "node:zlib" })
    .concat(Object.entries(entries).map(([name, entry]) => [name, `trainlet${entry}`]))
    .map(([name, module]) => line(name, module))
    .join("\n");
const required = `${lines((name, module) => `const ${name} = require("${module}");`)}
const place = fs.mkdtempSync(__dirname + "/files-") + "/";
const core = require.resolve("trainlet/core.wasm");
${tests}`;
const imported = `${lines((name, module) => `import * as ${name} from "${module}";`)}
import { fileURLToPath } from "node:url";
const place = fs.mkdtempSync(fileURLToPath(new URL("files-", import.meta.url))) + "/";
const core = fileURLToPath(new URL(${JSON.stringify("../node_modules/trainlet/dist/generated/core.wasm")}, import.meta.url));
${tests}`;

interface Report {
  numPassedTests: number;
  testResults: { message: string }[];
}

/** Runs test files in both environments, in one process; gives how many tests passed. */
async function jest(name: string, files: Record<string, string>, ...flags: string[]): Promise<number> {
  const environments = ["jest-environment-node", "jest-environment-jsdom"].map(environment => ({
    rootDir: ".",
    testEnvironment: tool(environment, "build/index.js"),
    testMatch: ["**/*.test.*js"],
    transform: {},
  }));
  const config = { projects: environments, cacheDirectory: "./cache", watchman: false };
  const folder = project(name, { ...files, "jest.config.json": JSON.stringify(config) });
  const jestFile = tool("jest", "bin/jest.js");
  const { stdout, stderr } = await node(folder, ...flags, jestFile, "--runInBand", "--json", "--colors=false");
  if (!stdout.trim()) throw new Error(stderr);
  const { numPassedTests, testResults } = JSON.parse(stdout) as Report;
  expect(testResults.map(({ message }) => message).join("")).toBe("");
  expect(readdirSync(folder).filter(file => file.startsWith("files-"))).toHaveLength(testResults.length);
  return numPassedTests;
}

describe.skipIf(missing("jest", "jest-environment-jsdom"))("Jest, by node and by jsdom", () => {
  it("runs programs that require the package", async () => {
    expect(await jest("jest", { "required.test.cjs": required })).toBe(2 * count);
  });
  it("runs programs that import it, or require it, where modules are enabled", async () => {
    const files = { "required.test.cjs": required, "imported.test.mjs": imported };
    expect(await jest("jest-modules", files, "--experimental-vm-modules")).toBe(4 * count);
  });
});
