// The whole way: a table is read, split, learnt with scaling, evaluated, saved, loaded, and asked about new rows.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { csv, type Dataset, type Schema } from "../../host/data/index.ts";
import { decodeSafetensors } from "../../host/files/safetensors.ts";
import * as t from "../../host/index.ts";
import { expectClose, fails } from "./support.ts";

const path = fileURLToPath(new URL("../data/fixtures/iris.csv", import.meta.url));
const layers = [t.dense(16, { activation: "relu" }), t.dense(3)];
const options = { epochs: 60, batchSize: 16, optimizer: t.adam({ lr: 0.01 }) };

const trained = async (scale: "none" | "standard" | "minmax" = "standard") => {
  const all = await csv(path, { target: "species", scale });
  const { train, test } = all.split({ test: 0.2, stratify: true, seed: 1 });
  const model = await t.sequential(layers, { inputs: all.features, loss: t.crossEntropy(), seed: 1 });
  const history = await model.fit(train, options);
  return { all, train, test, model, history };
};
const scalerOf = (model: t.Model) => {
  const { tensors } = decodeSafetensors(model.toBytes());
  return {
    offset: tensors.get("scaler.offset")?.data as Float32Array,
    factor: tensors.get("scaler.factor")?.data as Float32Array,
  };
};
const column = (data: Dataset, j: number) =>
  Array.from({ length: data.rows }, (_, i) => data.x[i * data.features + j]!);

describe("iris, from the file to the answer", () => {
  it("is learnt to at least 0.9 on the test part, saved, loaded, and evaluated alike", async () => {
    const { test, model } = await trained();
    expect(test.rows).toBe(30);
    const metrics = await model.evaluate(test, { report: true });
    expect(metrics.accuracy).toBeGreaterThanOrEqual(0.9);
    expect(metrics.perClass!.map(c => [c.class, c.support])).toEqual([
      ["setosa", 10],
      ["versicolor", 10],
      ["virginica", 10],
    ]);
    const folder = await mkdtemp(join(tmpdir(), "trainlet-"));
    try {
      await model.save(join(folder, "iris.safetensors"));
      const loaded = await t.load(join(folder, "iris.safetensors"));
      expect(await loaded.evaluate(test, { report: true })).toEqual(metrics);
      expect(loaded.classNames).toEqual(["setosa", "versicolor", "virginica"]);
      expect(loaded.predict(test.x)).toEqual(model.predict(test));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  it("predicts raw rows in centimetres: the class that a botanist would name", async () => {
    const { model } = await trained();
    const logits = model.predict([
      [5.0, 3.4, 1.5, 0.2],
      [6.0, 2.8, 4.3, 1.3],
      [6.6, 3.0, 5.8, 2.2],
    ]);
    const decided = [0, 1, 2].map(
      i => model.classNames![logits.subarray(3 * i, 3 * i + 3).indexOf(Math.max(...logits.subarray(3 * i, 3 * i + 3)))],
    );
    expect(decided).toEqual(["setosa", "versicolor", "virginica"]);
  });
});

describe("the scaler", () => {
  it("standard: has the mean and deviation of the training rows, not of the test rows", async () => {
    const { train, all, model } = await trained("standard");
    const { offset, factor } = scalerOf(model);
    for (let j = 0; j < 4; j++) {
      const values = column(train, j);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
      expect(offset[j]).toBeCloseTo(mean, 5);
      expect(1 / factor[j]!).toBeCloseTo(deviation, 5);
    }
    const whole = all.x.reduce((a, b) => a + b, 0) / all.x.length;
    expect(offset.reduce((a, b) => a + b, 0) / 4).not.toBeCloseTo(whole, 5);
  });
  it("minmax: has the least value and the range of the training rows", async () => {
    const { train, model, test } = await trained("minmax");
    const { offset, factor } = scalerOf(model);
    for (let j = 0; j < 4; j++) {
      const values = column(train, j);
      expect(offset[j]).toBe(Math.min(...values));
      expect(1 / factor[j]!).toBeCloseTo(Math.max(...values) - Math.min(...values), 5);
    }
    expect((await model.evaluate(test)).accuracy).toBeGreaterThanOrEqual(0.9);
  });
  it("none: is not there", async () => {
    expect(scalerOf((await trained("none")).model)).toEqual({ offset: undefined, factor: undefined });
  });
  it("is applied as (x - offset)·factor, by fit, evaluate and predict", async () => {
    const { train, test, model } = await trained("standard");
    const { offset, factor } = scalerOf(model);
    const byHand = (data: Dataset) =>
      data.x.map((v, i) => Math.fround(Math.fround(v - offset[i % 4]!) * factor[i % 4]!));
    const bare = await t.sequential(layers, { inputs: 4, loss: t.crossEntropy(), seed: 1 });
    await bare.fit({ x: byHand(train), y: train.y }, options);
    const expected = bare.predict(byHand(test));
    expectClose(model.predict(test.x), expected, 4);
    expect((await model.evaluate(test)).loss).toBeCloseTo(
      (await bare.evaluate({ x: byHand(test), y: test.y })).loss,
      4,
    );
  });
  it("is fitted on the training part when validation is a fraction", async () => {
    const { all } = await trained();
    const shuffled = all.split({ test: 30, seed: 3 });
    const data = shuffled.train;
    const model = await t.sequential(layers, { inputs: 4, loss: t.crossEntropy() });
    await model.fit(data, { ...options, epochs: 1, validation: 0.25 });
    const values = column(data.slice(0, 90), 0);
    expect(scalerOf(model).offset[0]).toBeCloseTo(values.reduce((a, b) => a + b, 0) / 90, 5);
  });
  it("stays when the model is trained further, since the weights stand behind it", async () => {
    const { model, test } = await trained();
    const before = scalerOf(model);
    await model.fit(test, { ...options, epochs: 1 });
    expect(scalerOf(model)).toEqual(before);
  });
  it("leaves a feature that never changes at zero, and finite", async () => {
    const rows = "a,b,y\n1,7,u\n2,7,v\n3,7,u\n4,7,v\n";
    for (const scale of ["standard", "minmax"] as const) {
      const data = await csv({ text: rows }, { target: "y", scale });
      const model = await t.sequential([t.dense(2)], { inputs: 2, loss: t.crossEntropy() });
      await model.fit(data, { ...options, epochs: 2 });
      expect(scalerOf(model).factor[1]).toBe(1);
      expect(model.predict(data).every(Number.isFinite)).toBe(true);
    }
  });
});

describe("a new file through the schema that the model keeps", () => {
  const header = "sepal_length,sepal_width,petal_length,petal_width,species";
  it("gives the same features, in whatever order its columns stand", async () => {
    const { model } = await trained();
    const loaded = await t.fromBytes(model.toBytes());
    const turned = "species,petal_width,petal_length,sepal_width,sepal_length\nvirginica,2.2,5.8,3.0,6.6\n";
    const data = await csv({ text: turned }, { schema: loaded.schema as Schema });
    expect(loaded.predict(data)).toEqual(model.predict([[6.6, 3.0, 5.8, 2.2]]));
    expect((await loaded.evaluate(data)).accuracy).toBe(1);
  });
  it("with a label that training never saw is refused with the line and the known labels", async () => {
    const { model } = await trained();
    const loaded = await t.fromBytes(model.toBytes());
    const schema = loaded.schema as Schema;
    const rows = `${header}\n5,3,1,0.2,setosa\n5,3,1,0.2,pseudacorus\n`;
    await fails(() => csv({ text: rows }, { schema }), "UNKNOWN_LABEL", /line 3/, /"pseudacorus"/, /setosa/);
    await fails(
      () => csv({ text: `${header}\n5,3,1,,setosa\n` }, { schema }),
      "NON_FINITE_DATA",
      /line 2/,
      /petal_width/,
    );
    await fails(() => csv({ text: "sepal_length,species\n5,setosa\n" }, { schema }), "INVALID_FILE", /sepal_width/);
  });
  it("encodes categories as in training: their order comes from the schema, not from the file", async () => {
    const text = "colour,size,kind\nred,1,a\nblue,2,b\ngreen,3,a\nred,4,b\n";
    const data = await csv({ text }, { target: "kind" });
    const model = await t.sequential([t.dense(2)], { inputs: data.features, loss: t.crossEntropy() });
    await model.fit(data, { ...options, epochs: 1 });
    const schema = (await t.fromBytes(model.toBytes())).schema as Schema;
    const again = await csv({ text: "colour,size\nred,1\n" }, { schema, target: null });
    expect([...again.x]).toEqual([...data.x.subarray(0, data.features)]);
    expect(model.predict(again)).toEqual(model.predict(data).subarray(0, 2));
    await fails(() => csv({ text: "colour,size\nyellow,1\n" }, { schema, target: null }), "UNKNOWN_LABEL", /"yellow"/);
  });
  it("works for a regression", async () => {
    const text = `x,y\n${Array.from({ length: 40 }, (_, i) => `${i},${3 * i - 7}`).join("\n")}\n`;
    const data = await csv({ text }, { target: "y", task: "regression" });
    const model = await t.sequential([t.dense(1)], { inputs: 1, loss: t.mse() });
    await model.fit(data, { epochs: 400, batchSize: "full", optimizer: t.adam({ lr: 1 }) });
    const metrics = await model.evaluate(data);
    expect(metrics.r2).toBeGreaterThan(0.999);
    expect(model.predict([[100]])[0]).toBeGreaterThan(270);
    const loaded = await t.fromBytes(model.toBytes());
    expect(await loaded.evaluate(data)).toEqual(metrics);
  });
});

describe("a file that was read on its own, without the model's schema", () => {
  const header = "length,width,kind";
  const train = () =>
    csv({ text: `${header}\n1,9,ant\n2,8,bee\n3,1,cow\n1,8,ant\n2,9,bee\n3,2,cow\n` }, { target: "kind" });
  const model = async () => {
    const data = await train();
    const made = await t.sequential([t.dense(3)], { inputs: 2, loss: t.crossEntropy(), seed: 1 });
    await made.fit(data, { epochs: 300, batchSize: "full", optimizer: t.adam({ lr: 0.1 }) });
    expect((await made.evaluate(data)).accuracy).toBe(1);
    return made;
  };
  it("whose classes are numbered otherwise is refused, or its labels go by name", async () => {
    const some = await csv({ text: `${header}\n2,8,bee\n3,1,cow\n` }, { target: "kind" }); // bee is 0 here
    const outcome = await (await model()).evaluate(some).catch((e: unknown) => e);
    if (outcome instanceof t.TrainletError) expect(outcome.code).toBe("UNKNOWN_LABEL");
    else expect((outcome as t.Metrics).accuracy).toBe(1);
  });
  it("whose features stand in another order is refused, or goes by name", async () => {
    const turned = await csv({ text: "width,length,kind\n9,1,ant\n8,2,bee\n1,3,cow\n" }, { target: "kind" });
    const outcome = await (await model()).evaluate(turned).catch((e: unknown) => e);
    if (outcome instanceof t.TrainletError) expect(outcome.code).toBe("SHAPE_MISMATCH");
    else expect((outcome as t.Metrics).accuracy).toBe(1);
  });
});
