// A model in a file: everything that belongs to it comes back, under names and shapes that PyTorch knows.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobs, csv, iris } from "../../host/data/index.ts";
import { decodeSafetensors } from "../../host/files/safetensors.ts";
import * as t from "../../host/index.ts";
import { fails, fingerprint, numbers, wholes } from "./support.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trainlet-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

const data = { x: numbers(200, 1), y: wholes(50, 2, 3) };
const stack = [
  t.dense(6, { activation: t.prelu({ perFeature: true }), l2: 0.01, name: "first" }),
  t.batchNorm({ momentum: 0.3 }),
  t.dropout(0.2),
  t.dense(5, { activation: "gelu", bias: false, init: t.normal({ std: 0.1 }), trainable: false }),
  t.layerNorm(),
  t.dense(3),
];
const trained = async () => {
  const model = await t.sequential(stack, {
    inputs: 4,
    loss: t.crossEntropy({ labelSmoothing: 0.1, classWeights: [1, 2, 3] }),
    seed: 3,
  });
  await model.fit(data, { epochs: 3, batchSize: 10, optimizer: t.adam({ lr: 0.01 }) });
  return model;
};

describe("a round trip", () => {
  it("through bytes gives the same spec, parameters, statistics and predictions, bit for bit", async () => {
    const model = await trained();
    const loaded = await t.fromBytes(model.toBytes());
    expect(loaded.spec).toEqual(model.spec);
    expect(loaded.parameters().map(p => [p.name, p.shape, p.value])).toEqual(
      model.parameters().map(p => [p.name, p.shape, p.value]),
    );
    expect(loaded.buffers()).toEqual(model.buffers());
    expect(loaded.predict(data.x)).toEqual(model.predict(data.x));
    expect(await loaded.evaluate(data)).toEqual(await model.evaluate(data));
    expect(loaded.toBytes()).toEqual(model.toBytes());
  });
  it("through a file does the same", async () => {
    const path = join(folder, "model.safetensors");
    const model = await trained();
    await model.save(path);
    expect(new Uint8Array(await readFile(path))).toEqual(model.toBytes());
    expect(fingerprint(await t.load(path))).toBe(fingerprint(model));
  });
  it("works from any window of a larger buffer", async () => {
    const model = await trained();
    const bytes = model.toBytes();
    const wide = new Uint8Array(bytes.length + 20).fill(7);
    for (const at of [1, 3, 8]) {
      wide.set(bytes, at);
      expect(fingerprint(await t.fromBytes(wide.subarray(at, at + bytes.length)))).toBe(fingerprint(model));
    }
    expect(fingerprint(await t.fromBytes(Buffer.from(bytes)))).toBe(fingerprint(model));
  });
  it.each(["standard", "minmax"] as const)("keeps the scaler (%s): raw rows give the same outputs", async kind => {
    const all = (await iris()).scaled(kind);
    const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy() });
    await model.fit(all, { epochs: 5, optimizer: t.adam({ lr: 0.1 }) });
    const loaded = await t.fromBytes(model.toBytes());
    expect(loaded.predict(all.x)).toEqual(model.predict(all.x));
    const bare = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy() });
    bare.loadParameters(Object.fromEntries(model.parameters().map(p => [p.name, p.value])));
    expect(loaded.predict(all.x), "the scaler matters").not.toEqual(bare.predict(all.x));
  });
  it("keeps class names and the schema of the table", async () => {
    const all = await iris();
    const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy() });
    await model.fit(all, { optimizer: t.sgd() });
    const loaded = await t.fromBytes(model.toBytes());
    expect(loaded.classNames).toEqual(["setosa", "versicolor", "virginica"]);
    expect(loaded.schema).toEqual(all.schema);
    const report = await loaded.evaluate({ x: all.x, y: all.y }, { report: true });
    expect(report.perClass!.map(c => c.class)).toEqual(loaded.classNames);
  });
  it("keeps names that are not ASCII", async () => {
    const table = "größe,ort\n1,Zürich\n2,東京\n3,Zürich\n4,東京\n";
    const towns = await csv({ text: table }, { target: "ort" });
    const model = await t.sequential([t.dense(2)], { inputs: 1, loss: t.crossEntropy() });
    await model.fit(towns, { optimizer: t.sgd() });
    const loaded = await t.fromBytes(model.toBytes());
    expect(loaded.classNames).toEqual(["Zürich", "東京"]);
    expect(loaded.schema).toEqual(towns.schema);
  });
  it("works for an untrained model, and for one of the shortest kind", async () => {
    const model = await t.sequential([t.relu()], { inputs: 1, loss: t.mse() });
    expect((await t.fromBytes(model.toBytes())).predict([[-1], [2]])).toEqual(Float32Array.of(0, 2));
  });
  it("works for lists of weights given as typed arrays, or they are refused at once", async () => {
    const classWeights = Float32Array.of(1, 2, 3) as unknown as number[];
    let model: t.Model;
    try {
      model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy({ classWeights }) });
    } catch (error) {
      expect(error).toBeInstanceOf(t.TrainletError);
      return;
    }
    const loaded = await t.fromBytes(model.toBytes());
    expect(await loaded.evaluate(data)).toEqual(await model.evaluate(data));
  });
  it("lets training go on: the loaded model learns as the saved one would", async () => {
    const model = await trained();
    const loaded = await t.fromBytes(model.toBytes());
    // A dropout mask depends on the step, which a file does not hold; so the rest of the network must do.
    const plain = [t.dense(6, { activation: "tanh" }), t.batchNorm(), t.dense(3)];
    const first = await t.sequential(plain, { inputs: 4, loss: t.crossEntropy(), seed: 1 });
    const options = { epochs: 2, batchSize: 10, optimizer: t.adam({ lr: 0.01 }) };
    await first.fit(data, options);
    const second = await t.fromBytes(first.toBytes());
    await first.fit(data, options);
    await second.fit(data, options);
    expect(fingerprint(second), "also in the order of rows").toBe(fingerprint(first));
    const { loss } = await loaded.evaluate(data);
    await loaded.fit(data, { ...options, epochs: 20 });
    expect((await loaded.evaluate(data)).loss).toBeLessThan(loss);
    const bits = (m: t.Model) => m.parameters().find(p => p.name === "3.weight")!.value;
    expect(bits(loaded), "frozen stays frozen").toEqual(bits(model));
  });
  it("keeps the scaler of the first training when a loaded model is trained on other rows", async () => {
    const all = await blobs({ rows: 60 });
    const model = await t.sequential([t.dense(3)], { inputs: 2, loss: t.crossEntropy() });
    await model.fit(all.slice(0, 30), { optimizer: t.sgd() });
    const loaded = await t.fromBytes(model.toBytes());
    await loaded.fit(all.slice(30), { optimizer: t.sgd() });
    const scaler = (m: t.Model) => decodeSafetensors(m.toBytes()).tensors.get("scaler.offset")!.data;
    expect(scaler(loaded)).toEqual(scaler(model));
  });
});

describe("a file", () => {
  it("has PyTorch's names and shapes, and the spec in its metadata", async () => {
    const model = await trained();
    const { tensors, metadata } = decodeSafetensors(model.toBytes());
    const shapes = Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensor.shape]));
    expect(shapes).toEqual({
      "0.weight": [6, 4],
      "0.bias": [6],
      "0.activation.weight": [6],
      "1.weight": [6],
      "1.bias": [6],
      "1.running_mean": [6],
      "1.running_var": [6],
      "3.weight": [5, 6],
      "4.weight": [5],
      "4.bias": [5],
      "5.weight": [3, 5],
      "5.bias": [3],
    });
    for (const p of [...model.parameters(), ...model.buffers()]) expect(tensors.get(p.name)!.data).toEqual(p.value);
    expect(metadata.format).toBe("pt");
    expect(JSON.parse(metadata.spec!)).toEqual(JSON.parse(JSON.stringify(model.spec)));
  });
  it("has weights as [out, in], row by row: y = x·Wᵀ + b", async () => {
    const model = await t.sequential([t.dense(2)], { inputs: 3, loss: t.mse() });
    model.loadParameters({ "0.weight": [1, 2, 3, 40, 50, 60], "0.bias": [0.5, -0.5] });
    expect(model.predict([[1, 1, 2]])).toEqual(Float32Array.of(9.5, 209.5));
  });
});

describe("save", () => {
  it("replaces an old file as a whole and leaves nothing else in the folder", async () => {
    const place = await mkdtemp(join(folder, "place-"));
    const path = join(place, "m.safetensors");
    await writeFile(path, "what stood here before, longer than nothing");
    const models = await Promise.all(
      [1, 2, 3].map(seed => t.sequential([t.dense(300)], { inputs: 100, loss: t.mse(), seed })),
    );
    let open = true;
    const prints = new Set(models.map(fingerprint));
    await models[0]!.save(path);
    const reader = (async () => {
      let reads = 0;
      for (; open; reads++) expect(prints).toContain(fingerprint(await t.load(path)));
      return reads;
    })();
    for (let i = 0; i < 30; i++) await models[i % 3]!.save(path);
    open = false;
    expect(await reader).toBeGreaterThan(0);
    expect(await readdir(place)).toEqual(["m.safetensors"]);
  });
  it("that fails leaves the old file", async () => {
    const model = await trained();
    await fails(() => model.save(join(folder, "no", "such", "folder.safetensors")), "FILE_ERROR", /folder/);
    await fails(() => model.save(folder), "FILE_ERROR", /it is a folder/);
    await fails(() => model.save(5 as unknown as string), "INVALID_ARGUMENT", /path is 5/);
    await fails(() => t.load(join(folder, "nothing")), "FILE_NOT_FOUND", /nothing/);
  });
});
