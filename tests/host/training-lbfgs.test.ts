// L-BFGS in training: how far it comes in a few epochs, and what cannot be put around it.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { batch, expectNear, gap, map, network, rowsOf, tensors } from "./reference.ts";
import { fails, fingerprint, numbers } from "./support.ts";

const sgd = t.sgd({ lr: 0.1 });

describe("lbfgs", () => {
  const x = numbers(120, 3).map((v, i) => v * (i % 3 === 0 ? 1 : i % 3 === 1 ? 0.1 : 0.02)); // a ravine
  const epochs = 15;
  const options = { epochs, batchSize: "full", shuffle: false } as const;
  const searches = [t.lbfgs(), t.lbfgs({ lineSearch: "strongWolfe" }), t.lbfgs({ maxIter: 5, historySize: 4 })];
  it.each(searches.map(s => [JSON.stringify(s), s]))(
    "%s finds the end of a ravine that sgd does not",
    async (_, optimizer) => {
      const y = Float32Array.from({ length: 40 }, (_, r) => x[3 * r]! - 3 * x[3 * r + 1]! + 20 * x[3 * r + 2]! + 0.5);
      const make = () => t.sequential([t.dense(1)], { inputs: 3, loss: t.mse(), seed: 2 });
      const [quick, slow] = [await make(), await make()];
      await quick.fit({ x, y }, { ...options, optimizer });
      await slow.fit({ x, y }, { ...options, optimizer: t.sgd({ lr: 0.5 }) });
      expect((await slow.evaluate({ x, y })).loss).toBeGreaterThan(1e-2);
      expect((await quick.evaluate({ x, y })).loss).toBeLessThan(1e-9);
      const [weight, bias] = quick.parameters().map(p => [...p.value]) as [number[], number[]];
      for (const [i, expected] of [1, -3, 20].entries()) expect(weight[i]! / expected).toBeCloseTo(1, 2);
      expect(bias[0]).toBeCloseTo(0.5, 4);
    },
  );
  it.each(searches.map(s => [JSON.stringify(s), s]))(
    "%s finds the minimum of a logistic regression",
    async (_, optimizer) => {
      const y = Int32Array.from({ length: 40 }, (_, r) =>
        x[3 * r]! - 8 * x[3 * r + 1]! + 40 * x[3 * r + 2]! + Math.sin(7 * r) > 0 ? 1 : 0,
      );
      const make = () => t.sequential([t.dense(1)], { inputs: 3, loss: t.binaryCrossEntropy(), seed: 2 });
      const [quick, slow] = [await make(), await make()];
      await quick.fit({ x, y }, { ...options, optimizer });
      await slow.fit({ x, y }, { ...options, optimizer: t.sgd({ lr: 1 }) });
      // The gradient in float64 where it ended.
      const [weight, bias] = quick.parameters().map(p => [...p.value]) as [number[], number[]];
      const g = [0, 0, 0, 0];
      for (const [r, label] of y.entries()) {
        const row = [...x.slice(3 * r, 3 * r + 3), 1];
        const p = 1 / (1 + Math.exp(-row.reduce((sum, v, i) => sum + v * [...weight, bias[0]!][i]!, 0)));
        for (const [i, v] of row.entries()) g[i]! += ((p - label) * v) / 40;
      }
      expect(Math.hypot(...g)).toBeLessThan(1e-4);
      const [end, far] = [(await quick.evaluate({ x, y })).loss, (await slow.evaluate({ x, y })).loss];
      expect(far - end).toBeGreaterThan(0.03);
    },
  );
  it("goes with averages: ema follows its steps", async () => {
    const model = await network();
    let average = tensors(model);
    model.compile({ optimizer: t.lbfgs({ maxIter: 2 }), ema: { decay: 0.5 } });
    for (let step = 0; step < 4; step++) {
      model.trainBatch(batch(step).x, batch(step).y);
      const w = tensors(model);
      average = map(average, (v, name, i) => (v + w[name]![i]!) / 2);
    }
    const saved = await t.fromBytes(model.toBytes());
    expectNear(saved, average);
    expect(gap(tensors(model), average)).toBeGreaterThan(1e-3);
  });
  const clashes: [string, Partial<t.CompileOptions>][] = [
    ["groups", { groups: [{ layers: [0], lr: 0.1 }] }],
    ["clipNorm", { clipNorm: 1 }],
    ["clipValue", { clipValue: 1 }],
    ["clipTensorNorm", { clipTensorNorm: 1 }],
    ["clipAdaptive", { clipAdaptive: 1 }],
    ["accumulate", { accumulate: 2 }],
    ["sam", { sam: {} }],
    ["decayBiases", { decayBiases: false }],
    ["skipNonFinite", { skipNonFinite: true }],
  ];
  it.each(clashes)("refuses %s by name; what was compiled goes on", async (name, clash) => {
    const [model, other] = [await network(), await network()];
    for (const m of [model, other]) {
      m.compile({ optimizer: t.adam({ lr: 0.02 }) });
      m.trainBatch(batch(0).x, batch(0).y);
    }
    const pattern = new RegExp(`${name}.*lbfgs`);
    const options = { optimizer: t.lbfgs(), ...clash };
    await fails(() => model.compile(options), "INVALID_ARGUMENT", pattern);
    await fails(() => model.fit(rowsOf(8, 1), options), "INVALID_ARGUMENT", pattern);
    for (const m of [model, other]) m.trainBatch(batch(1).x, batch(1).y);
    expect(fingerprint(model)).toBe(fingerprint(other));
  });
  it("takes the same options where they ask for nothing", async () => {
    const model = await network();
    model.compile({ optimizer: t.lbfgs(), accumulate: 1, decayBiases: true, skipNonFinite: false, groups: [] });
    expect(model.trainBatch(batch(0).x, batch(0).y)).toBeGreaterThan(0);
  });
  it("refuses lrScale of a layer, to be the rule of a group, and createOptimizer", async () => {
    const scaled = await network([t.dense(4, { lrScale: 0.5 }), t.dense(2)]);
    await fails(() => scaled.compile({ optimizer: t.lbfgs() }), "INVALID_ARGUMENT", /lrScale.*lbfgs/);
    const model = await network();
    const groups = [{ layers: [0], optimizer: t.lbfgs() }];
    await fails(() => model.compile({ optimizer: sgd, groups }), "INVALID_ARGUMENT", /groups.*lbfgs/);
    await fails(() => t.createOptimizer(t.lbfgs(), [[3]]), "UNSUPPORTED", /lbfgs/);
  });
});
