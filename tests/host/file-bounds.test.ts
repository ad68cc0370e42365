// What a file may cost before anybody trusts it: memory in proportion to its bytes, time in proportion to its contents.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { bare, forge, to } from "./forge.ts";
import { any, fails, growth, numbers } from "./support.ts";

const MB = 2 ** 20;

describe("a file of a few bytes takes no more than 64 MiB", () => {
  const relu = { type: "relu" };
  it.each([
    ["many inputs", [relu], 20_000_000],
    ["more inputs than memory has", [relu], 100_000_000],
    ["inputs that 32 bits just hold", [relu], 2 ** 31 - 1],
    ["many layers that take a little each", Array.from({ length: 500 }, () => relu), 100_000],
    ["layers with room of their own", [{ type: "dropout", rate: 0.5 }, { type: "softmax" }, relu], 3_000_000],
  ])("%s", async (_, layers, inputs) => {
    const grown = await growth(() =>
      fails(() => t.fromBytes(bare(layers, inputs)), "INVALID_FILE", /takes more than 67108864 bytes.*maxBytes/),
    );
    expect(grown).toBeLessThan(65 * MB);
  });
  it("unless maxBytes says otherwise, up or down", async () => {
    const wide = bare([relu], 1_000_000);
    await fails(() => t.fromBytes(wide), "INVALID_FILE", /maxBytes/);
    const model = await t.fromBytes(wide, { maxBytes: 200 * MB });
    expect(model.inputs).toBe(1_000_000);
    await fails(() => t.fromBytes(bare([relu], 100_000), { maxBytes: MB }), "INVALID_FILE", /more than 1048576 bytes/);
    await fails(() => t.fromBytes(wide, { maxBytes: 0 }), "INVALID_ARGUMENT", /maxBytes is 0/);
    await fails(() => t.fromBytes(wide, any({ maxbytes: 5 })), "UNKNOWN_OPTION", /did you mean "maxBytes"/);
    await fails(() => t.load("nowhere", any({ maxBytes: "5" })), "INVALID_ARGUMENT", /maxBytes is "5"/);
  });
  it("and a name goes with it for messages", async () => {
    await fails(
      () => t.fromBytes(bare([relu], 2 ** 30), { name: "x.safetensors" }),
      "INVALID_FILE",
      /^x\.safetensors: /,
    );
    await fails(() => t.fromBytes(bare([], 1), "y"), "INVALID_FILE", /^y: /);
    await fails(() => t.fromBytes(bare([], 1), any(null)), "INVALID_ARGUMENT", /fromBytes/);
  });
});

describe("state of a rule has to be in the file before there is room for it", () => {
  const cases: [string, object][] = [
    ["lbfgs with a long history", { type: "lbfgs", historySize: 1000 }],
    ["soap, whose state is a square of the inputs", { type: "soap" }],
    ["soap of vectors too", { type: "soap", precondition1d: true }],
    ["muon", { type: "muon" }],
    ["adam", { type: "adam" }],
  ];
  it.each(cases)("%s", async (_, optimizer) => {
    const model = await t.sequential([t.dense(1, { bias: false })], { inputs: 3000, loss: t.mse() });
    model.compile({ optimizer: t.sgd() });
    const forged = forge(model.toBytes({ optimizer: true }), { training: to("options.optimizer", optimizer) });
    const grown = await growth(() => fails(() => t.fromBytes(forged), "INVALID_FILE", /state ".*" is missing/));
    expect(grown).toBeLessThan(MB);
  });
});

describe("a file is refused at once", () => {
  it("with a name of a megabyte", async () => {
    const long = "x".repeat(1e6);
    const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.mse() });
    model.compile({ optimizer: t.adam() });
    const bytes = model.toBytes({ optimizer: true });
    const forged = [
      bare([{ type: long }], 1),
      bare([{ type: "dense", units: 3, [long]: 1 }], 1),
      bare([{ type: "dense", units: 3, activation: long }], 1),
      bare([{ type: "dense", units: 3, init: { type: long } }], 1),
      forge(bytes, { spec: to("loss", { type: long }) }),
      forge(bytes, { training: to("options.optimizer", { type: long }) }),
      forge(bytes, { training: to(`options.${long}`, 1) }),
      forge(bytes, { training: to("schedule", { spec: { type: long }, state: {} }) }),
      forge(bytes, { training: to("schedule", { spec: { type: "cosine", tMax: 3, [long]: 1 }, state: {} }) }),
    ];
    for (const file of forged) {
      const error = await fails(() => t.fromBytes(file), "INVALID_FILE");
      expect(error.message.length).toBeLessThan(2000);
    }
  });
  it.each(["[", '{"a":'])("with %s ten thousand deep, wherever that stands", async open => {
    const deep = open.repeat(10_000) + (open === "[" ? "" : "1") + (open === "[" ? "]" : "}").repeat(10_000);
    const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.mse() });
    model.compile({ optimizer: t.adam(), schedule: t.cosine({ tMax: 9 }) });
    const bytes = model.toBytes({ optimizer: true });
    const nest = (text: string) => text.replace(/"HERE"/, deep);
    const put = (key: "spec" | "about" | "training", path: string) => {
      // The JSON that is too deep is put in as text: nothing here could write it.
      const marked = forge(bytes, { [key]: to(path, "HERE") });
      const escaped = JSON.stringify(nest('"HERE"')).slice(1, -1);
      const header = 8 + Number(new DataView(marked.buffer).getBigUint64(0, true));
      const text = new TextDecoder().decode(marked.subarray(8, header)).replace('\\"HERE\\"', escaped);
      const out = new Uint8Array(8 + text.length + marked.length - header);
      new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
      out.set(new TextEncoder().encode(text), 8);
      out.set(marked.subarray(header), 8 + text.length);
      return out;
    };
    const files = [
      put("spec", "layers.0"),
      put("spec", "loss"),
      put("about", "schema"),
      put("training", "options.groups"),
      put("training", "schedule.spec"),
      put("training", "schedule.state"),
    ];
    for (const file of files) await fails(() => t.fromBytes(file), "INVALID_FILE", /nested more than 100 deep/);
  });
  it("and so are specs of one's own that go in a circle", async () => {
    const circle: Record<string, unknown> = { type: "dense", units: 2 };
    circle.activation = circle;
    const network = () => t.sequential([t.dense(2)], { inputs: 2, loss: t.mse() });
    await fails(() => t.sequential([any(circle)], { inputs: 2, loss: t.mse() }), "INVALID_ARGUMENT", /nested too deep/);
    const model = await network();
    await fails(() => model.compile({ optimizer: any(circle) }), "INVALID_ARGUMENT", /nested too deep/);
    const optimizer = t.sgd();
    await fails(
      () => model.compile({ optimizer, schedule: any({ type: "warmup", steps: 1, after: circle }) }),
      "INVALID_ARGUMENT",
    );
    await fails(() => t.createOptimizer(any(circle), [[1]]), "INVALID_ARGUMENT", /nested too deep/);
  });
});

describe("twice the layers take about twice the time, not four times", () => {
  /** Seconds of each call on a network of so many layers; the best of three, as others use the machine too. */
  const times = async (layers: number) => {
    const best: Record<string, number> = {};
    const time = async <T>(name: string, call: () => T | Promise<T>): Promise<T> => {
      const start = performance.now();
      const value = await call();
      best[name] = Math.min(best[name] ?? Infinity, performance.now() - start);
      return value;
    };
    const list = Array.from({ length: layers }, (_, i) => t.dense(2, { activation: "tanh", name: `n${i}` }));
    const groups = list.map((_, i) => ({ layers: [i, `n${i}`], lr: 0.1 }));
    const one = [{ layers: list.map((_, i) => i), lr: 0.1 }];
    for (let round = 0; round < 3; round++) {
      const model = await time("sequential", () => t.sequential(list, { inputs: 2, loss: t.mse() }));
      await time("compile with a group for each", () => model.compile({ optimizer: t.adam(), groups }));
      await time("compile with a group of all", () => model.compile({ optimizer: t.adam(), groups: one }));
      await time("summary", () => model.summary());
      const parameters = await time("parameters", () => model.parameters());
      const tensors = Object.fromEntries(parameters.map(p => [p.name, p.value]));
      await time("loadParameters", () => model.loadParameters(tensors));
      const bytes = await time("toBytes", () => model.toBytes({ optimizer: true }));
      const loaded = await time("fromBytes", () => t.fromBytes(bytes));
      await time("predict", () => loaded.predict(numbers(2, 1)));
      loaded.dispose();
      model.dispose();
    }
    return best;
  };
  it("for everything that is done once to a network", { timeout: 60_000 }, async () => {
    const [few, many] = [await times(500), await times(2000)];
    // Four times as many: 16 times as long would be quadratic. Some grace, as the short ones are all noise.
    for (const name of Object.keys(few)) expect(many[name]! / (few[name]! + 5), name).toBeLessThan(10);
  });
});
