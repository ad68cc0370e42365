// What is given is copied: whoever changes it later changes no model, and nobody changes a model's spec.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, numbers, wholes } from "./support.ts";

const data = { x: numbers(80, 1), y: wholes(20, 2, 3) };
const layers = () => [
  { type: "dense", units: 5, init: { type: "normal", std: 0.1 } },
  { type: "dense", units: 3 },
];
const make = (list: { type: string }[] = layers()) =>
  t.sequential(list, { inputs: 4, loss: { type: "crossEntropy", classWeights: [1, 2, 3] } as t.Spec, seed: 1 });

describe("specs", () => {
  it("of layers and loss are copied", async () => {
    const list = layers();
    const loss = { type: "crossEntropy", classWeights: [1, 2, 3] };
    const model = await t.sequential(list, { inputs: 4, loss, seed: 1 });
    const before = JSON.stringify(model.spec);
    any(list)[0].init.std = 9;
    any(list)[0].units = 99;
    list.pop();
    loss.classWeights[0] = 7;
    expect(JSON.stringify(model.spec)).toBe(before);
    expect(model.toBytes()).toEqual((await make()).toBytes());
  });
  it("of the rule, the groups and the schedule are copied", async () => {
    const given = () => ({
      optimizer: { type: "sgd", lr: 0.1 },
      groups: [{ layers: [0], lr: 0.01 }],
      schedule: { type: "cosine", tMax: 9 },
      ema: { decay: 0.9 },
    });
    const run = async (change: boolean) => {
      const model = await make();
      const options = given();
      model.compile(any(options));
      if (change) {
        options.optimizer.lr = 5;
        options.groups[0]!.lr = 5;
        options.groups[0]!.layers[0] = 1;
        options.schedule.tMax = 1;
        options.ema.decay = 0;
      }
      for (let i = 0; i < 4; i++) model.trainBatch(data.x, data.y);
      return model.toBytes({ optimizer: true });
    };
    expect(await run(true)).toEqual(await run(false));
  });
  it("are copied by fit, which takes its time", async () => {
    const run = async (change: boolean) => {
      const model = await make();
      const options = { epochs: 4, optimizer: { type: "adam", lr: 0.01 }, swa: { start: 2 } };
      const fitted = model.fit(data, {
        ...options,
        callbacks: [
          () => {
            if (!change) return;
            options.optimizer.lr = 9;
            options.swa.start = 4;
          },
        ],
      });
      await fitted;
      return model.toBytes({ optimizer: true });
    };
    expect(await run(true)).toEqual(await run(false));
  });
  it("of data are copied: class names, feature names and schema", async () => {
    const model = await make();
    const named = { ...data, rows: 20, features: 4, classNames: ["a", "b", "c"], schema: { columns: ["p", "q"] } };
    await model.fit(named, { optimizer: t.sgd() });
    named.classNames[0] = "z";
    named.schema.columns[0] = "z";
    expect(model.classNames).toEqual(["a", "b", "c"]);
    expect(model.schema).toEqual({ columns: ["p", "q"] });
  });
});

describe("what a model tells", () => {
  const refuses = (model: t.Model) => {
    expect(() => any(model.spec).layers.push({ type: "relu" })).toThrow(TypeError);
    expect(() => Object.assign(model.spec.layers[0]!, { units: 9 })).toThrow(TypeError);
    expect(() => Object.assign(any(model.spec.layers[0]).init, { std: 9 })).toThrow(TypeError);
    expect(() => Object.assign(model.spec, { seed: 2 })).toThrow(TypeError);
    expect(() => any(model.classNames).push("d")).toThrow(TypeError);
    expect(() => Object.assign(any(model.schema).columns, { 0: "z" })).toThrow(TypeError);
  };
  it("is frozen, all the way down, also in a model from a file", async () => {
    const model = await make();
    const named = { ...data, rows: 20, features: 4, classNames: ["a", "b", "c"], schema: { columns: ["p", "q"] } };
    await model.fit(named, { optimizer: t.sgd() });
    refuses(model);
    refuses(await t.fromBytes(model.toBytes()));
  });
  it("freezes nothing of what was given", async () => {
    const list = layers();
    await make(list);
    expect(Object.isFrozen(list) || Object.isFrozen(list[0])).toBe(false);
  });
});
