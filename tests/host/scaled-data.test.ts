// A scaler belongs to the weights behind it: it is fitted before their first step, or not at all.
import { describe, expect, it } from "vitest";
import { dataset } from "../../host/data/index.ts";
import * as t from "../../host/index.ts";
import { fails, fingerprint, numbers } from "./support.ts";

const x = numbers(200, 1, 1000, 1200);
const y = numbers(100, 2);
const scaled = () => dataset({ x, y, features: 2, scale: "standard" });
const plain = { x, y };
const make = () => t.sequential([t.dense(1)], { inputs: 2, loss: t.mse(), seed: 1 });
const slow = t.sgd({ lr: 1e-9 });
const isScaled = (model: t.Model) => new TextDecoder().decode(model.toBytes()).includes("scaler.offset");

type Train = (model: t.Model, data: t.Data) => Promise<unknown>;
const trains: Record<string, Train> = {
  fit: (m, data) => m.fit(data, { optimizer: slow }),
  fitSteps: async (m, data) => {
    for await (const _ of m.fitSteps(data, { steps: 1, optimizer: slow }));
  },
};
/** What a model has been through, and the model after it. */
const befores: Record<string, (model: t.Model) => Promise<t.Model>> = {
  fit: model => after("fit", model),
  fitSteps: model => after("fitSteps", model),
  trainBatch: async model => {
    model.compile({ optimizer: slow });
    model.trainBatch(x.subarray(0, 20), y.subarray(0, 10));
    return model;
  },
  "fit, and a file": async model => t.fromBytes((await after("fit", model)).toBytes()),
  "fitSteps, and a file": async model => t.fromBytes((await after("fitSteps", model)).toBytes()),
};
async function after(train: string, model: t.Model): Promise<t.Model> {
  await trains[train]!(model, plain);
  return model;
}

describe.each(Object.entries(trains))("data that asks to be scaled, given to %s", (_, train) => {
  it("is, where the model has taken no step, compiled or not", async () => {
    const [one, other] = [await make(), await make()];
    other.compile({ optimizer: slow });
    for (const model of [one, other, await t.fromBytes((await make()).toBytes())]) {
      await train(model, await scaled());
      expect(isScaled(model)).toBe(true);
    }
  });
  it.each(Object.entries(befores))("is refused behind %s without, and nothing changes", async (_before, before) => {
    const model = await before(await make());
    const bits = fingerprint(model);
    await fails(
      async () => train(model, await scaled()),
      "INVALID_ARGUMENT",
      /data\.scale is "standard"/,
      /scale: "none"/,
    );
    expect([fingerprint(model), isScaled(model)]).toEqual([bits, false]);
    await train(model, { ...(await scaled()), scale: "none" });
  });
  it("keeps the first scaler ever after, from a file too", async () => {
    const model = await make();
    await train(model, await scaled());
    const loaded = await t.fromBytes(model.toBytes({ optimizer: true }));
    const other = await dataset({ x: x.map(v => v * 3), y, features: 2, scale: "minmax" });
    for (const m of [model, loaded]) {
      await train(m, other);
      m.compile({ optimizer: slow });
      m.trainBatch(x.subarray(0, 20), y.subarray(0, 10));
    }
    expect(fingerprint(loaded)).toBe(fingerprint(model));
    expect(loaded.predict([1100, 1100])).toEqual(model.predict([1100, 1100]));
  });
});
