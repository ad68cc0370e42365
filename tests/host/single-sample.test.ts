// Batches of one sample, whose products have ways of their own: against the float64 reference, and in every company.
import { describe, expect, it } from "vitest";
import { optimizers } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import { expectNear, gradients, lossOf, map, network, part, rowsOf, sgdRule, tensors } from "./reference.ts";
import { any, fingerprint, numbers, wholes } from "./support.ts";

const one = (step: number) => rowsOf(1, 11 + step);

describe("a batch of one sample", () => {
  const cases: [string, t.CompileOptions, number][] = [
    ["plain", { optimizer: t.sgd({ lr: 0.1 }) }, 0],
    ["with decay", { optimizer: t.sgd({ lr: 0.1, weightDecay: 0.2 }) }, 0.2],
    ["with an average around it", { optimizer: t.sgd({ lr: 0.1 }), ema: { decay: 0.5 } }, 0],
  ];
  it.each(cases)("gradient descent follows the reference: %s", async (_, options, decay) => {
    const model = await network();
    let w = tensors(model);
    model.compile(options);
    for (let step = 0; step < 6; step++) {
      const rows = one(step);
      const loss = lossOf(w, rows);
      const g = gradients(w, rows);
      w = sgdRule(0.1, decay)(w, g);
      expect(Math.abs(model.trainBatch(rows.x, rows.y) - loss)).toBeLessThanOrEqual(1e-5 * (1 + loss));
      if (step % 2) model.predict(rowsOf(3, step).x); // may not disturb the gradients that come next
      for (const p of model.parameters()) {
        for (const [i, v] of p.grad.entries()) expect(Math.abs(v - g[p.name]![i]!), p.name).toBeLessThanOrEqual(1e-5);
      }
      expectNear(model, w, `after step ${step}`);
    }
  });
  it("that ends an epoch leaves nothing to the larger ones of the next", async () => {
    const model = await network();
    let w = tensors(model);
    const rows = rowsOf(9, 71); // batches of 4, 4 and 1
    await model.fit(rows, { epochs: 3, batchSize: 4, shuffle: false, optimizer: t.sgd({ lr: 0.1 }) });
    for (let i = 0; i < 9; i++) {
      const from = 4 * (i % 3);
      w = sgdRule(0.1)(w, gradients(w, part(rows, from, Math.min(from + 4, 9))));
    }
    expectNear(model, w);
  });
  it("gives the gradients of the penalties too", async () => {
    const l1 = 0.3;
    const l2 = 0.2;
    const stack = [t.dense(4, { activation: "tanh", l1, l2 }), t.dense(2)];
    const model = await network(stack);
    const w = tensors(model);
    model.compile({ optimizer: t.sgd({ lr: 0.1 }) });
    model.trainBatch(one(0).x, one(0).y);
    const g = map(gradients(w, one(0)), (v, name, i) => {
      const old = w[name]![i]!;
      return name === "0.weight" ? v + l1 * Math.sign(old) + 2 * l2 * old : v;
    });
    expectNear(model, sgdRule(0.1)(w, g));
  });
  it("predicts as in company", async () => {
    const model = await network();
    const rows = rowsOf(5, 3);
    const together = model.predict(rows.x);
    for (let i = 0; i < 5; i++) {
      const alone = model.predict(rows.x.slice(3 * i, 3 * i + 3));
      alone.forEach((v, j) => {
        expect(Math.abs(v - together[2 * i + j]!)).toBeLessThanOrEqual(1e-6);
      });
    }
  });
  const around: [string, t.CompileOptions][] = [
    ...Object.keys(optimizers).map(
      type => [type, { optimizer: any({ type, lr: 0.01 }) }] as [string, t.CompileOptions],
    ),
    ["clipping", { optimizer: t.sgd({ lr: 0.1 }), clipNorm: 0.3 }],
    ["sam", { optimizer: t.sgd({ lr: 0.1 }), sam: {} }],
    ["accumulation", { optimizer: t.sgd({ lr: 0.1 }), accumulate: 3 }],
    ["skipping", { optimizer: t.sgd({ lr: 0.1 }), skipNonFinite: true }],
    ["groups", { optimizer: t.sgd({ lr: 0.1 }), groups: [{ layers: [0], optimizer: t.adam() }] }],
  ];
  it.each(around)(
    "is a batch like any other: %s takes the steps that a row and its double do, nearly",
    async (_, options) => {
      const stack = [t.dense(6, { activation: "relu" }), t.dense(5, { trainable: false }), t.layerNorm(), t.dense(3)];
      const make = () => t.sequential(stack, { inputs: 4, loss: t.crossEntropy(), seed: 2 });
      const [single, double] = [await make(), await make()];
      for (const model of [single, double]) model.compile(options);
      for (let i = 0; i < 4; i++) {
        const [x, y] = [numbers(4, i), wholes(1, i, 3)];
        const loss = double.trainBatch(Float32Array.of(...x, ...x), Int32Array.of(y[0]!, y[0]!));
        expect(Math.abs(single.trainBatch(x, y) - loss)).toBeLessThanOrEqual(1e-4 * (1 + loss));
      }
    },
  );
  it("takes the same steps one to a call and many to a call, bit for bit", async () => {
    const [fitted, stepped] = [await network(), await network()];
    const rows = rowsOf(9, 3);
    await fitted.fit(rows, { epochs: 2, batchSize: 1, shuffle: false, optimizer: t.sgd({ lr: 0.1 }) });
    stepped.compile({ optimizer: t.sgd({ lr: 0.1 }) });
    for (let i = 0; i < 18; i++) {
      const at = i % 9;
      stepped.trainBatch(rows.x.slice(3 * at, 3 * at + 3), rows.y.slice(2 * at, 2 * at + 2));
      stepped.parameters();
    }
    expect(fingerprint(fitted)).toBe(fingerprint(stepped));
    expect(tensors(fitted, "grad")).toEqual(tensors(stepped, "grad"));
  });
});
