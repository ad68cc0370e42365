// Weights meant for inference: averages by decay and over epochs, who sees them and when, statistics made anew.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import {
  adamRule,
  batch,
  expectNear,
  gap,
  gradients,
  lossOf,
  map,
  network,
  part,
  predict,
  type Rows,
  rowsOf,
  sgdRule,
  type Tensors,
  tensors,
} from "./reference.ts";
import { any, expectClose, fails, valuesOf } from "./support.ts";

const sgd = t.sgd({ lr: 0.3 });
const rows = rowsOf(16, 61);
const full = { batchSize: "full", shuffle: false } as const;
/** a + share·(b - a) */
const between = (a: Tensors, b: Tensors, share: number) => map(a, (v, name, i) => v + share * (b[name]![i]! - v));

describe("ema", () => {
  const around = { optimizer: t.adam({ lr: 0.05 }), ema: { decay: 0.8 } };
  /** After 6 batches: the weights and their average. */
  async function trained(options: t.CompileOptions = around, decay = 0.8) {
    const model = await network();
    let w = tensors(model);
    let average = w;
    const rule = adamRule(0.05);
    model.compile(options);
    for (let i = 0; i < 6; i++) {
      model.trainBatch(batch(i).x, batch(i).y);
      w = rule(w, gradients(w, batch(i)));
      average = between(average, w, 1 - decay);
    }
    return { model, w, average };
  }
  it("is what predict, evaluate and a saved model use; parameters() has the weights in training", async () => {
    const { model, w, average } = await trained();
    expect(gap(average, w)).toBeGreaterThan(0.02);
    expectNear(model, w);
    expectClose(model.predict(rows.x), predict(average, rows.x), 5);
    expect((await model.evaluate(rows)).loss).toBeCloseTo(lossOf(average, rows), 4);
    expectNear(await t.fromBytes(model.toBytes()), average, "toBytes");
    const folder = mkdtempSync(join(tmpdir(), "trainlet-"));
    try {
      await model.save(join(folder, "model.safetensors"));
      expectNear(await t.load(join(folder, "model.safetensors")), average, "save");
    } finally {
      rmSync(folder, { recursive: true });
    }
    expectNear(model, w, "looking changed nothing");
  });
  it("has decay 0.999 where none is given and there is no warm-up, and is the weights with decay 0", async () => {
    for (const [ema, decay] of [[{ warmup: false }, 0.999] as const, [{ decay: 0 }, 0] as const]) {
      const { model, average } = await trained({ ...around, ema }, decay);
      expectClose(model.predict(rows.x), predict(average, rows.x), 5);
    }
  });
  it("counts updates, not batches", async () => {
    const model = await network();
    let w = tensors(model);
    let average = w;
    model.compile({ optimizer: sgd, accumulate: 2, ema: { decay: 0.5 } });
    for (let i = 0; i < 3; i++) {
      for (const _ of [0, 1]) model.trainBatch(batch(i).x, batch(i).y);
      w = sgdRule(0.3)(w, gradients(w, batch(i)));
      average = between(average, w, 0.5);
    }
    expectClose(model.predict(rows.x), predict(average, rows.x), 5);
  });
  it("averages what lookahead leaves", async () => {
    const model = await network();
    let w = tensors(model);
    let slow = w;
    let average = w;
    model.compile({ optimizer: sgd, lookahead: { every: 2, alpha: 0.5 }, ema: { decay: 0.5 } });
    for (let i = 0; i < 5; i++) {
      model.trainBatch(batch(i).x, batch(i).y);
      w = sgdRule(0.3)(w, gradients(w, batch(i)));
      if (i % 2) slow = w = between(slow, w, 0.5);
      average = between(average, w, 0.5);
    }
    expectNear(model, w);
    expectClose(model.predict(rows.x), predict(average, rows.x), 5);
  });
  it("is the model after fit, and what validation saw in it", async () => {
    const model = await network();
    let w = tensors(model);
    let average = w;
    const validation = rowsOf(9, 62);
    const options = { ...full, epochs: 4, optimizer: sgd, ema: { decay: 0.7 }, validation };
    const history = await model.fit(rows, options);
    for (const log of history.epochs) {
      expect(log.loss).toBeCloseTo(lossOf(w, rows), 5);
      w = sgdRule(0.3)(w, gradients(w, rows));
      average = between(average, w, 0.3);
      expect(log.valLoss).toBeCloseTo(lossOf(average, validation), 5);
    }
    expectNear(model, average);
    expectClose(model.predict(rows.x), predict(average, rows.x), 5);
  });
  it.each([
    ["compile and trainBatch", (m: t.Model) => m.compile(around)],
    ["fit", (m: t.Model) => m.fit(rows, { ...full, ...around, epochs: 3 })],
  ])("gives way to parameters that are loaded or restored after %s", async (_, before) => {
    const model = await network();
    const snapshot = model.snapshot();
    const given = valuesOf(model);
    const expected = predict(tensors(model), rows.x);
    await before(model);
    model.trainBatch(rows.x, rows.y);
    model.loadParameters(given);
    expectClose(model.predict(rows.x), expected, 5, "loaded");
    model.trainBatch(rows.x, rows.y);
    model.restore(snapshot);
    expectClose(model.predict(rows.x), expected, 5, "restored");
  });
  it("leaves earlyStopping its best epoch", async () => {
    const model = await network();
    const validation = { x: rows.x, y: model.predict(rows.x) }; // what it knows best before it has learnt anything
    const callbacks = [t.earlyStopping({ patience: 4, restoreBest: true })];
    const options = { ...full, optimizer: sgd, ema: { decay: 0.5 }, epochs: 8, validation, callbacks };
    const history = await model.fit(rows, options);
    const best = Math.min(...history.epochs.map(log => log.valLoss!));
    expect(best).toBe(history.epochs[0]!.valLoss);
    expect(history.epochs.at(-1)!.valLoss!).toBeGreaterThan(best + 0.05);
    expect((await model.evaluate(validation)).loss).toBeCloseTo(best, 5);
  });
  it.each([[{ decay: 1 }], [{ decay: -0.1 }], [0.9]])("as %j is refused", async ema => {
    const model = await network();
    const pattern = typeof ema === "number" ? /compile: ema is 0.9/ : /compile: ema: decay is .*\[0, 1\)/;
    await fails(() => model.compile({ optimizer: sgd, ema: any(ema) }), "INVALID_ARGUMENT", pattern);
  });
});

describe("swa", () => {
  /** Weights after each of `epochs` full batches. */
  const path = (w: Tensors, epochs: number) =>
    Array.from({ length: epochs }, () => {
      w = sgdRule(0.3)(w, gradients(w, rows));
      return w;
    });
  const mean = (list: readonly Tensors[]) =>
    map(list[0]!, (_, name, i) => list.reduce((sum, w) => sum + w[name]![i]! / list.length, 0));
  it.each([
    [6, { start: 3 }, 3],
    [5, { start: 5 }, 5],
    [4, { start: 1 }, 1],
    [8, {}, 7], // the last quarter
    [4, {}, 4],
    [1, {}, 1],
  ])("of %d epochs with %j averages from epoch %d on", async (epochs, swa, first) => {
    const model = await network();
    const all = path(tensors(model), epochs);
    await model.fit(rows, { ...full, optimizer: sgd, epochs, swa });
    expectNear(model, mean(all.slice(first - 1)));
    expectClose(model.predict(rows.x), predict(mean(all.slice(first - 1)), rows.x), 5);
  });
  it("is what validation sees from its first epoch on, while training goes on from the weights", async () => {
    const model = await network();
    const all = path(tensors(model), 4);
    const validation = rowsOf(9, 62);
    const history = await model.fit(rows, { ...full, optimizer: sgd, epochs: 4, swa: { start: 2 }, validation });
    const expected = [all[0]!, ...[2, 3, 4].map(end => mean(all.slice(1, end)))];
    expectClose(
      history.epochs.map(log => log.valLoss!),
      expected.map(w => lossOf(w, validation)),
      5,
    );
  });
  it("ends with its fit: training after that starts from the average and is not undone", async () => {
    const model = await network();
    await model.fit(rows, { ...full, optimizer: sgd, epochs: 3, swa: { start: 2 } });
    const start = tensors(model);
    const [end] = path(start, 2).slice(-1) as [Tensors];
    await model.fit(rows, { ...full, epochs: 2 });
    expectNear(model, end, "after fit");
    model.trainBatch(rows.x, rows.y);
    const next = sgdRule(0.3)(end, gradients(end, rows));
    expectNear(model, next, "after trainBatch");
    expectClose(model.predict(rows.x), predict(next, rows.x), 5);
  });
  it("gives way to parameters that are loaded", async () => {
    const model = await network();
    const given = valuesOf(model);
    const expected = predict(tensors(model), rows.x);
    await model.fit(rows, { ...full, optimizer: sgd, epochs: 3, swa: {} });
    model.loadParameters(given);
    expectClose(model.predict(rows.x), expected, 5);
  });
  it.each([
    [{ start: 0 }, /fit: swa: start is 0/],
    [{ start: 4 }, /swa.start is 4.*1 to 3/],
    [true, /swa is true/],
  ])("as %j is refused for 3 epochs", async (swa, pattern) => {
    const model = await network();
    await fails(() => model.fit(rows, { optimizer: sgd, epochs: 3, swa: any(swa) }), "INVALID_ARGUMENT", pattern);
  });
  it("is refused with ema, and by compile", async () => {
    const model = await network();
    const both = { optimizer: sgd, epochs: 3, swa: {}, ema: {} };
    await fails(() => model.fit(rows, both), "INVALID_ARGUMENT", /fit: .*ema.*swa/);
    await fails(() => model.compile(any({ optimizer: sgd, swa: {} })), "UNKNOWN_OPTION", /compile: .*swa/);
  });
});

describe("running statistics of averaged weights", () => {
  const stack = [t.dense(4), t.batchNorm(), t.dense(2)];
  /** Plain means over batches of the batches' means and unbiased variances, behind the first layer. */
  function statistics(w: Tensors, { x }: Rows, size: number) {
    const units = Array.from({ length: 4 }, (_, unit) =>
      Array.from({ length: x.length / 3 }, (_, r) =>
        [0, 1, 2].reduce((z, i) => z + w["0.weight"]![3 * unit + i]! * x[3 * r + i]!, w["0.bias"]![unit]!),
      ),
    );
    const average = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
    const variance = (list: number[]) =>
      (average(list.map(v => (v - average(list)) ** 2)) * list.length) / (list.length - 1);
    const batches = (list: number[]) =>
      Array.from({ length: Math.ceil(list.length / size) }, (_, b) => list.slice(b * size, (b + 1) * size));
    return {
      "1.running_mean": units.map(list => average(batches(list).map(average))),
      "1.running_var": units.map(list => average(batches(list).map(variance))),
    };
  }
  it.each([
    ["swa", { swa: { start: 2 } }],
    ["ema", { ema: { decay: 0.9 } }],
  ])("%s: are made anew, as plain means over the batches", async (_, average) => {
    const model = await network(stack);
    const data = { x: part(rowsOf(22, 5), 0, 22).x.map((v, i) => v + (i > 40 ? 1 : 0)), y: rowsOf(22, 5).y };
    await model.fit(data, { epochs: 3, batchSize: 8, shuffle: false, optimizer: sgd, ...average });
    const expected = statistics(tensors(model), data, 8);
    for (const { name, value } of model.buffers()) expectClose(value, expected[name as keyof typeof expected], 4, name);
  });
  it("stay those of training without averages, and in training go on as before", async () => {
    const [plain, averaged] = [await network(stack), await network(stack)];
    const seen: number[][] = [];
    const callbacks = [(_: unknown, m: t.Model) => void seen.push([...m.buffers()[0]!.value])];
    const options = { epochs: 3, batchSize: 8, shuffle: false, optimizer: sgd, callbacks };
    await plain.fit(rows, options);
    await averaged.fit(rows, { ...options, swa: { start: 2 } });
    expect(seen.slice(3)).toEqual(seen.slice(0, 3));
    expect([...plain.buffers()[0]!.value]).toEqual(seen[2]);
  });
});
