// Weights meant for inference and the running statistics that belong to them, whoever looks and whenever.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { expectClose, fingerprint, numbers, wholes } from "./support.ts";

const data = { x: numbers(240, 1).map((v, i) => v + (i % 3)), y: wholes(80, 2, 3) };
const validation = { x: numbers(90, 3).map((v, i) => v + (i % 3)), y: wholes(30, 4, 3) };
const layers = [t.dense(6), t.batchNorm(), t.relu(), t.dense(3)];
const make = () => t.sequential(layers, { inputs: 3, loss: t.crossEntropy(), seed: 2 });
const ways: [string, t.FitOptions][] = [
  ["swa", { optimizer: t.sgd({ lr: 0.5 }), swa: { start: 2 } }],
  ["ema", { optimizer: t.adam({ lr: 0.02 }), ema: { decay: 0.9 } }],
  ["scheduleFreeSgd", { optimizer: t.scheduleFreeSgd({ lr: 0.5 }) }],
  ["scheduleFreeAdamw", { optimizer: t.scheduleFreeAdamw({ lr: 0.02 }) }],
  ["asgd", { optimizer: t.asgd({ lr: 0.3, t0: 10 }) }],
];
const steady = ways.filter(([name]) => name !== "swa");
const batchSize = 16;
async function take(model: t.Model, steps: number, options: Partial<t.FitStepsOptions> = {}, until = Infinity) {
  for await (const log of model.fitSteps(data, { batchSize, ...options, steps })) if (log.step >= until) break;
}
/** Statistics of the first layer's outputs as plain means over the batches of an epoch, from the model's own weights. */
async function renewed(model: t.Model, order: number[]): Promise<number[][]> {
  const [weight, bias] = model.parameters().map(p => p.value);
  const z = (row: number, unit: number) =>
    [0, 1, 2].reduce((sum, i) => sum + weight![3 * unit + i]! * data.x[3 * row + i]!, bias![unit]!);
  const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  const batches = Array.from({ length: 5 }, (_, b) => order.slice(16 * b, 16 * b + 16));
  const means = [0, 1, 2, 3, 4, 5].map(unit => mean(batches.map(rows => mean(rows.map(row => z(row, unit))))));
  const variances = [0, 1, 2, 3, 4, 5].map(unit =>
    mean(
      batches.map(rows => {
        const list = rows.map(row => z(row, unit));
        return (mean(list.map(v => (v - mean(list)) ** 2)) * rows.length) / (rows.length - 1);
      }),
    ),
  );
  return [means, variances];
}
const inOrder = Array.from({ length: 80 }, (_, i) => i);

describe.each(ways)("%s", (_, options) => {
  it("is what validation, predict and a file see during the run, statistics included", async () => {
    const model = await make();
    const seen: number[][] = [];
    const look = async (log: t.EpochLog, m: t.Model) => {
      const again = await t.fromBytes(m.toBytes());
      const { loss } = await m.evaluate(validation);
      seen.push([log.valLoss!, loss, (await again.evaluate(validation)).loss]);
      expectClose(again.predict(data.x), m.predict(data.x), 6);
    };
    const history = await model.fit(data, { ...options, epochs: 5, batchSize, validation, callbacks: [look] });
    for (const [valLoss, loss, ofFile] of seen) {
      expect(loss).toBeCloseTo(valLoss!, 5);
      expect(ofFile).toBeCloseTo(valLoss!, 5);
    }
    expect((await model.evaluate(validation)).loss).toBeCloseTo(history.epochs.at(-1)!.valLoss!, 5);
  });
  it("is the model after fit: weights, and statistics as plain means over the batches", async () => {
    const model = await make();
    await model.fit(data, { ...options, epochs: 4, batchSize, shuffle: false });
    const expected = await renewed(model, inOrder);
    for (const [i, { name, value }] of model.buffers().entries()) expectClose(value, expected[i]!, 4, name);
    const plain = await make();
    plain.loadParameters(Object.fromEntries([...model.parameters(), ...model.buffers()].map(p => [p.name, p.value])));
    expectClose(plain.predict(data.x), model.predict(data.x), 5);
  });
  it("is put back by restoreBest with its own statistics", async () => {
    const model = await make();
    const callbacks = [t.earlyStopping({ patience: 9, restoreBest: true })];
    const run = { ...options, epochs: 9, batchSize, validation, callbacks };
    const history = await model.fit(data, run);
    const losses = history.epochs.map(log => log.valLoss!);
    expect((await model.evaluate(validation)).loss).toBeCloseTo(Math.min(...losses), 5);
    expect((await (await t.fromBytes(model.toBytes())).evaluate(validation)).loss).toBeCloseTo(Math.min(...losses), 5);
  });
  it("changes nothing of training when looked at", async () => {
    const { swa: _swa, ...compiled } = options;
    const [quiet, watched] = [await make(), await make()];
    const look = async (_log: unknown, m: t.Model) => {
      m.predict(data.x);
      m.toBytes();
      await m.evaluate(validation);
    };
    const run = { ...options, epochs: 3, batchSize };
    const losses = (history: t.History) => history.epochs.map(log => log.loss);
    const expected = await quiet.fit(data, run);
    const history = await watched.fit(data, { ...run, callbacks: [{ onBatchEnd: look, onEpochEnd: look }] });
    expect(losses(history)).toEqual(losses(expected));
    expect(fingerprint(watched)).toBe(fingerprint(quiet));
    expect(compiled.optimizer).toBeDefined();
  });
});

describe.each(steady)("%s with fitSteps", (_, options) => {
  const { optimizer, ema } = options;
  it("leaves what fit leaves", async () => {
    const [one, other] = [await make(), await make()];
    await one.fit(data, { optimizer, ema, epochs: 4, batchSize });
    await take(other, 20, { optimizer, ema });
    expect(fingerprint(other)).toBe(fingerprint(one));
    expect((await other.evaluate(validation)).loss).toBe((await one.evaluate(validation)).loss);
  });
  it("in parts, left at any report, with files between and looked at, is one run", async () => {
    const whole = await make();
    await take(whole, 23, { optimizer, ema });
    let model = await make();
    await take(model, 100, { optimizer, ema, every: 1 }, 7);
    for (const steps of [3, 9, 4]) {
      const bytes = model.toBytes({ optimizer: true });
      const loaded = await t.fromBytes(bytes);
      expect(loaded.toBytes({ optimizer: true })).toEqual(bytes);
      expect(fingerprint(loaded)).toBe(fingerprint(model));
      expect(loaded.predict(data.x)).toEqual(model.predict(data.x));
      model = loaded;
      await model.evaluate(validation);
      await take(model, steps);
    }
    expect(fingerprint(model)).toBe(fingerprint(whole));
  });
});

describe("a rule that keeps a sequence apart", () => {
  const rules = [t.scheduleFreeSgd({ lr: 0.5 }), t.scheduleFreeAdamw({ lr: 0.02 }), t.asgd({ lr: 0.3, t0: 5 })];
  it.each(rules.map(rule => [rule.type, rule] as const))("%s goes on from its own after fit", async (_, optimizer) => {
    const [whole, halves] = [await make(), await make()];
    await whole.fit(data, { optimizer, epochs: 6, batchSize, shuffle: false });
    await halves.fit(data, { optimizer, epochs: 3, batchSize, shuffle: false });
    const loaded = await t.fromBytes(halves.toBytes({ optimizer: true }));
    for (const model of [halves, loaded]) {
      await model.fit(data, { epochs: 3, batchSize, shuffle: false });
      expect(fingerprint(model)).toBe(fingerprint(whole));
    }
  });
  it.each(rules.map(rule => [rule.type, rule] as const))(
    "%s predicts by what the rule on its own calls evalParams",
    async (_, optimizer) => {
      const model = await t.sequential([t.dense(2)], { inputs: 3, loss: t.mse(), seed: 1 });
      const alone = await t.createOptimizer(
        optimizer,
        model.parameters().map(p => p.shape),
      );
      model.parameters().forEach((p, i) => alone.params[i]!.set(p.value));
      model.compile({ optimizer });
      for (let i = 0; i < 12; i++) {
        model.trainBatch(numbers(12, i), numbers(8, i + 50));
        model.parameters().forEach((p, k) => alone.grads[k]!.set(p.grad!));
        alone.step();
      }
      const [weight, bias] = alone.evalParams();
      const input = [0.3, -0.4, 0.5];
      const expected = [0, 1].map(o => input.reduce((sum, v, i) => sum + v * weight![3 * o + i]!, bias![o]!));
      expectClose(model.predict(input), expected, 5);
      expect(Math.abs(model.parameters()[0]!.value[0]! - weight![0]!), "others than are trained").toBeGreaterThan(1e-4);
    },
  );
});

describe("ema's warm-up", () => {
  const dense = () => t.sequential([t.dense(1, { bias: false })], { inputs: 1, loss: t.mse(), seed: 1 });
  /** The weight after each of `count` steps, and its average with decays by update. */
  async function trained(ema: NonNullable<t.CompileOptions["ema"]>, count: number) {
    const model = await dense();
    model.compile({ optimizer: t.sgd({ lr: 0.05 }), ema });
    const path = [model.parameters()[0]!.value[0]!];
    for (let i = 0; i < count; i++) {
      model.trainBatch(numbers(4, i), numbers(4, i + 9));
      path.push(model.parameters()[0]!.value[0]!);
    }
    const average = (decay: (t: number) => number) =>
      path.reduce((mean, w, step) => (step ? mean + (1 - decay(step)) * (w - mean) : w));
    return { model, average };
  }
  const rising = (step: number) => (1 + step) / (10 + step);
  it.each<[t.CompileOptions["ema"], (step: number) => number]>([
    [{}, step => Math.min(0.999, rising(step))],
    [{ warmup: true, decay: 0.7 }, step => Math.min(0.7, rising(step))],
    [{ warmup: false }, () => 0.999],
    [{ decay: 0.7 }, () => 0.7],
    [{ decay: 0.7, warmup: false }, () => 0.7],
  ])("%j", async (ema, decay) => {
    const { model, average } = await trained(ema!, 40);
    expectClose(model.predict([1]), [average(decay)], 5);
    const loaded = await t.fromBytes(model.toBytes({ optimizer: true }));
    for (const m of [model, loaded]) m.trainBatch([1], [2]);
    expect(loaded.predict([1]), "goes on from a file").toEqual(model.predict([1]));
  });
  it("keeps the weights that a short run began with out of its average", async () => {
    const run = async (more: t.FitOptions) => {
      const model = await make();
      const labels = Int32Array.from({ length: 80 }, (_, i) => (data.x[3 * i]! > data.x[3 * i + 1]! - 1 ? 1 : 0));
      await model.fit({ x: data.x, y: labels }, { epochs: 20, batchSize, optimizer: t.adam({ lr: 0.02 }), ...more });
      return (await model.evaluate({ x: data.x, y: labels })).accuracy!;
    };
    expect(await run({ ema: {} })).toBeGreaterThan((await run({})) - 0.05);
  });
});
