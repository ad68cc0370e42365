// Everything that a file says goes through the checks of the API: options, counts, states, names. Whatever stands in a
// place, the answer is a TrainletError or a model that works; and what is not finite is neither written nor read.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeSafetensors } from "../../host/files/safetensors.ts";
import * as t from "../../host/index.ts";
import { forge, type Json, to } from "./forge.ts";
import { any, fails, fillAll, fingerprint, growth, numbers, wholes } from "./support.ts";

const data = { x: numbers(80, 1), y: wholes(20, 2, 3) };
const trained = async (options: t.CompileOptions = { optimizer: t.adam() }) => {
  const model = await t.sequential([t.dense(4, { activation: "relu", name: "in" }), t.batchNorm(), t.dense(3)], {
    inputs: 4,
    loss: t.crossEntropy(),
    seed: 1,
  });
  model.compile(options);
  for (let i = 0; i < 3; i++) model.trainBatch(data.x, data.y);
  return model;
};
const full = (
  await trained({
    optimizer: t.sgd({ lr: 0.01, momentum: 0.9 }),
    groups: [{ layers: ["in"], lr: 0.001 }],
    accumulate: 2,
    sam: {},
    lookahead: {},
    ema: {},
    clipNorm: 1,
    schedule: t.warmup({ steps: 2, after: t.cosine({ tMax: 9 }) }),
  })
).toBytes({ optimizer: true });

describe("counters of a file are counts, and nothing else", () => {
  const adam = trained().then(model => model.toBytes({ optimizer: true }));
  it.each([
    { values: 0, grads: 0, emaDecay: 0.5, average: 0, bytes: 60000 },
    { network: 0 },
    { rules: 8 },
    { parameters: 64 },
    { bytes: 4294967280, emaDecay: 0.5 },
    { lookaheadEvery: 1, slow: 0 },
    { accumulate: 2, sums: 0 },
    { rates: 0 },
    { kept: 16, samRho: 0.1 },
    { noSuchField: 1 },
    { __proto__: null, updates: 1 },
    { averaged: 1 },
    { averaged: -1 },
    { waiting: 1 },
    { waiting: -0.5 },
    { updates: 1e300 },
    { skipped: "1" },
    { updates: null },
    { updates: [1] },
  ] as Json[])("%j", async forged => {
    const file = forge(await adam, { training: r => void Object.assign(r.counters.trainer, forged) });
    if (Object.keys(forged).length === 1 && forged.updates === 1) expect((await t.fromBytes(file)).iterations).toBe(3);
    else await fails(() => t.fromBytes(file), "INVALID_FILE", /counters of training/);
  });
});

describe("options of training are checked as those of compile are", () => {
  it.each<[string, unknown, RegExp]>([
    ["accumulate", -4294967294, /accumulate/],
    ["accumulate", 4294967298, /accumulate/],
    ["accumulate", 0, /accumulate/],
    ["accumulate", 1.5, /accumulate/],
    ["clipNorm", -1, /clipNorm/],
    ["clipNorm", "1", /clipNorm/],
    ["decayBiases", 1, /decayBiases/],
    ["skipNonFinite", "yes", /skipNonFinite/],
    ["sam", { rho: -1 }, /rho/],
    ["sam", { rh: 1 }, /rh/],
    ["lookahead", { every: 0 }, /every/],
    ["ema", { decay: 1 }, /decay/],
    ["ema", [], /ema/],
    ["groups", {}, /groups/],
    ["groups", [{ layers: [99] }], /99/],
    ["optimizer", null, /optimizer/],
    ["optimizer", { type: "sgd", momentum: -1 }, /momentum/],
    ["swa", {}, /swa/],
    ["learningRate", 1, /did you mean "optimizer"/],
  ])("%s: %j", async (name, value, message) => {
    await fails(() => t.fromBytes(forge(full, { training: to(`options.${name}`, value) })), "INVALID_FILE", message);
  });
  it("and so are the schedule, its state, and what goes with the weights", async () => {
    const cases: [Parameters<typeof forge>[1], RegExp][] = [
      [{ training: to("options", null) }, /options/],
      [{ training: to("options", []) }, /options/],
      [{ training: to("schedule", 0) }, /schedule/],
      [{ training: to("schedule", null) }, /schedule/],
      [{ training: to("schedule", []) }, /schedule/],
      [{ training: to("schedule", {}) }, /schedule/],
      [{ training: to("schedule.state", null) }, /state/],
      [{ training: to("schedule.state.t", 1e300) }, /state\.t/],
      [{ training: to("schedule.state.parts", [null]) }, /parts/],
      [{ training: to("schedule.spec.after", null) }, /after/],
      [{ training: to("schedule.spec.steps", 1e10) }, /steps/],
      [{ training: to("counters", null) }, /counters/],
      [{ training: to("counters.rules", [1, 2, 3]) }, /counters/],
      [{ training: to("step", 2 ** 31) }, /step/],
      [{ training: () => 5 }, /training/],
      [{ spec: to("seed", 0.5) }, /seed/],
      [{ spec: to("threads", 4) }, /threads/],
      [{ spec: to("inputs", 2 ** 31) }, /inputs/],
      [{ spec: to("loss.classWeights", [1, 2, 1e300]) }, /classWeights/],
      [{ about: to("classNames", [1, 2, 3]) }, /classNames/],
      [{ about: to("featureNames", "abcd") }, /featureNames/],
      [{ about: to("epochs", -1) }, /epochs/],
      [{ about: to("epochs", 1.5) }, /epochs/],
      [{ about: to("schema", 7) }, /schema/],
      [{ about: () => null }, /about/],
      [{ about: () => [] }, /about/],
    ];
    for (const [change, message] of cases) await fails(() => t.fromBytes(forge(full, change)), "INVALID_FILE", message);
  });
  it("whatever stands in any place of the metadata", { timeout: 60_000 }, async () => {
    const strange = [
      null,
      -0,
      -1,
      0.5,
      1e300,
      2 ** 31,
      2 ** 53,
      "",
      "x",
      "__proto__",
      [],
      {},
      [null],
      true,
      "y".repeat(9999),
    ];
    const paths = (value: Json, at: string): string[] =>
      value === null || typeof value !== "object"
        ? [at]
        : [at, ...Object.entries(value).flatMap(([key, item]) => paths(item, at === "" ? key : `${at}.${key}`))];
    let tried = 0;
    let loaded = 0;
    for (const key of ["spec", "about", "training"] as const) {
      const { metadata } = decodeSafetensors(full);
      for (const path of paths(JSON.parse(metadata[key]!), "")) {
        for (const value of strange) {
          const change = path === "" ? () => value : to(path, value);
          tried++;
          try {
            const model = await t.fromBytes(forge(full, { [key]: change as (value: Json) => Json }));
            loaded++;
            model.predict(data.x);
            if (key === "training") model.trainBatch(data.x, data.y);
            await t.fromBytes(model.toBytes({ optimizer: true }));
            model.summary();
          } catch (error) {
            expect(
              error,
              `${key}.${path} = ${JSON.stringify(value)?.slice(0, 50)}: ${(error as Error).stack}`,
            ).toBeInstanceOf(t.TrainletError);
          }
        }
      }
    }
    expect(tried).toBeGreaterThan(500);
    expect(loaded, "not all is refused").toBeGreaterThan(10);
  });
});

describe("what is not finite", () => {
  const diverged = async () => {
    const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.mse() });
    model.compile({ optimizer: t.sgd({ lr: 3e38 }) });
    for (let i = 0; i < 3; i++) {
      try {
        model.trainBatch(numbers(32, i, -100, 100), numbers(24, i));
      } catch {
        break; // DIVERGED
      }
    }
    return model;
  };
  it("is not saved over a good file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trainlet-"));
    try {
      const path = join(folder, "precious.safetensors");
      const good = await t.sequential([t.dense(3)], { inputs: 4, loss: t.mse() });
      await good.save(path);
      const model = await diverged();
      await fails(
        () => model.save(path),
        "NON_FINITE_DATA",
        /tensor "0\.(weight|bias)" has a number that is not finite/,
      );
      await fails(() => model.toBytes(), "NON_FINITE_DATA");
      expect(fingerprint(await t.load(path))).toBe(fingerprint(good));
      model.predict([[1, 2, 3, 4]]); // it can still be looked at
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "%s is not read, in any tensor",
    async bad => {
      const { tensors } = decodeSafetensors(full);
      const names = [...tensors.values()].filter(({ data }) => data instanceof Float32Array).map(({ name }) => name);
      expect(names).toContain("training.0.weight.average");
      expect(names).toContain("training.0.weight.sums");
      for (const name of names) {
        const file = forge(full, { tensors: map => void (map.get(name)!.data as Float32Array).fill(bad, -1) });
        await fails(() => t.fromBytes(file), "INVALID_FILE", new RegExp(`"${name}" has a number that is not finite`));
      }
    },
  );
  it.each(["soap", "novograd", "adafactor", "muon", "prodigy", "dog", "lbfgs", "nadam", "scheduleFreeAdamw"])(
    "is not read in what %s keeps as bytes, nor saved from there",
    async type => {
      const model = await trained({ optimizer: any({ type, lr: 0.001 }) });
      const bytes = model.toBytes({ optimizer: true });
      const raw = [...decodeSafetensors(bytes).tensors.values()].filter(({ data }) => data instanceof Uint8Array);
      expect(raw.length).toBeGreaterThan(0);
      for (const { name } of raw) {
        const file = forge(bytes, { tensors: map => void (map.get(name)!.data as Uint8Array).fill(0xff) });
        await fails(() => t.fromBytes(file), "INVALID_FILE", new RegExp(`state of ${type}`));
      }
    },
  );
  it("is neither given out nor taken by a rule on its own, which stays as it was", async () => {
    const one = await t.createOptimizer(t.adam(), [[3], [2, 2]]);
    const other = await t.createOptimizer(t.adam(), [[3], [2, 2]]);
    fillAll(one.grads, (i, length) => numbers(length, i));
    one.step();
    const good = one.toBytes();
    other.loadBytes(good);
    one.grads[1]![2] = Number.NaN;
    one.step();
    await fails(() => one.toBytes(), "NON_FINITE_DATA", /"1" has a number that is not finite/);
    for (const name of ["0", "1.state.0", "1.state.1"]) {
      const bad = forge(good, { tensors: map => void (map.get(name)!.data as Float32Array).fill(Number.NaN, 0, 1) });
      await fails(() => other.loadBytes(bad), "INVALID_FILE", /not finite/);
      expect(other.toBytes()).toEqual(good);
    }
    one.loadBytes(good);
    expect(one.toBytes()).toEqual(good);
  });
});

describe("memory of loading and saving", () => {
  const cases: [string, t.CompileOptions | undefined][] = [
    ["a model alone", undefined],
    ["with plain descent", { optimizer: t.sgd() }],
    ["with adam", { optimizer: t.adam() }],
    ["with adam and averages", { optimizer: t.adam(), ema: {}, lookahead: {}, accumulate: 2 }],
    ["with a schedule-free rule", { optimizer: t.scheduleFreeAdamw() }],
  ];
  it.each(cases)("grows by little more than the file: %s", { timeout: 30_000 }, async (_, options) => {
    const model = await t.sequential([t.dense(900, { bias: false })], { inputs: 1200, loss: t.mse() });
    if (options) model.compile(options);
    let bytes = new Uint8Array();
    const saving = await growth(() => {
      bytes = model.toBytes({ optimizer: options !== undefined });
    });
    expect(saving / bytes.length, "to save").toBeLessThan(0.5);
    model.dispose();
    // What JavaScript allocates beside: whole copies would be some multiple of the file.
    const before = process.memoryUsage().arrayBuffers;
    let loaded: t.Model | undefined;
    const loading = await growth(async () => {
      loaded = await t.fromBytes(bytes);
    });
    const copied = process.memoryUsage().arrayBuffers - before;
    expect((bytes.length + loading) / bytes.length, "the file and the model together").toBeLessThan(2.2);
    // Weights that training goes on from stay aside while those for inference stand in their place.
    const aside = options?.ema ? 900 * 1200 * 4 : 0;
    expect((copied - aside) / bytes.length, "copies").toBeLessThan(0.1);
    const again = loaded!.toBytes({ optimizer: options !== undefined });
    expect(Buffer.compare(again, bytes), "the same bytes").toBe(0);
  });
});
