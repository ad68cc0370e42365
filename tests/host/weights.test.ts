// Which rows, classes, gradients and layers count for how much in `fit` and `trainBatch`.
import { describe, expect, it } from "vitest";
import { dataset } from "../../host/data/index.ts";
import * as t from "../../host/index.ts";
import { expectClose, fingerprint, giveParameters, numbers, valuesOf, wholes } from "./support.ts";

const x = numbers(60, 1);
const y = wholes(20, 2, 3);
const layers = [t.dense(6, { activation: "tanh" }), t.dense(3)];
const network = async (stack: readonly { type: string }[] = layers, loss: { type: string } = t.crossEntropy()) => {
  const model = await t.sequential(stack, { inputs: 3, loss, seed: 4 });
  giveParameters(model, 4);
  return model;
};
const full = { epochs: 5, batchSize: "full", shuffle: false } as const;
const sgd = t.sgd({ lr: 0.3 });

function expectSame(actual: t.Model, expected: t.Model, digits = 5): void {
  const values = valuesOf(expected);
  for (const { name, value } of actual.parameters()) {
    expectClose(value, values[name]!, digits, name);
  }
}

describe("sampleWeight", () => {
  it("of 2 is the row twice, of 0 the row left out", async () => {
    const weighted = await network();
    const sampleWeight = y.map((_, i) => (i < 5 ? 2 : i < 8 ? 0 : 1));
    const history = await weighted.fit({ x, y }, { ...full, optimizer: sgd, sampleWeight });
    const rows = [...y.keys()].flatMap(i => (i < 5 ? [i, i] : i < 8 ? [] : [i]));
    const repeated = await network();
    const copies = { x: rows.map(i => [...x.subarray(3 * i, 3 * i + 3)]), y: rows.map(i => y[i]!) };
    const plain = await repeated.fit(copies, { ...full, optimizer: sgd });
    expectSame(weighted, repeated);
    const losses = (h: t.History) => h.epochs.map(log => log.loss);
    expectClose(losses(history), losses(plain), 5);
  });
  it("follows its rows through the shuffle", async () => {
    const options = { epochs: 4, batchSize: 4, optimizer: t.sgd({ lr: 0.2 }) };
    const model = await network();
    const sampleWeight = y.map((_, i) => (i % 3 === 0 ? 0 : 1));
    const wild = y.map((label, i) => (i % 3 === 0 ? (label + 1) % 3 : label));
    await model.fit({ x, y: wild }, { ...options, sampleWeight });
    const other = await network();
    await other.fit({ x, y }, { ...options, sampleWeight });
    expect(fingerprint(model), "labels of rows of weight 0 do not matter").toBe(fingerprint(other));
  });
  it("goes with the training part when validation is a fraction", async () => {
    const sampleWeight = numbers(20, 3, 0.1, 2);
    const [part, alone] = [await network(), await network()];
    await part.fit({ x, y }, { ...full, optimizer: sgd, sampleWeight, validation: 0.25 });
    const rest = { x: x.subarray(0, 45), y: y.subarray(0, 15) };
    await alone.fit(rest, { ...full, optimizer: sgd, sampleWeight: sampleWeight.subarray(0, 15) });
    expect(fingerprint(part)).toBe(fingerprint(alone));
  });
  it("works in trainBatch, where only the ratio of the weights counts", async () => {
    const losses = await Promise.all(
      [1, 10].map(async factor => {
        const model = await network();
        model.compile({ optimizer: sgd });
        return model.trainBatch(x, y, { sampleWeight: numbers(20, 3, 0.1, 2).map(w => w * factor) });
      }),
    );
    expect(losses[1]).toBeCloseTo(losses[0]!, 5);
  });
});

describe("classWeight", () => {
  const run = async (options: t.FitOptions, data: t.Data = { x, y }) => {
    const model = await network();
    await model.fit(data, { ...full, optimizer: sgd, ...options });
    return fingerprint(model);
  };
  it("by list, by index and by name are the same, and are that weight on each of the class's rows", async () => {
    const named = await dataset({
      x: Array.from(y, (_, i) => [...x.subarray(3 * i, 3 * i + 3)]),
      y,
      classNames: ["ant", "bee", "cow"],
    });
    const byList = await run({ classWeight: [1, 4, 0.5] });
    expect(await run({ classWeight: { 1: 4, 2: 0.5 } })).toBe(byList);
    expect(await run({ classWeight: { bee: 4, cow: 0.5 } }, named)).toBe(byList);
    expect(await run({ sampleWeight: Array.from(y, label => [1, 4, 0.5][label]!) })).toBe(byList);
    expect(byList).not.toBe(await run({}));
  });
  it("multiplies with sampleWeight", async () => {
    const sampleWeight = numbers(20, 3, 0.1, 2);
    const both = await run({ sampleWeight, classWeight: [2, 1, 1] });
    expect(both).toBe(await run({ sampleWeight: sampleWeight.map((w, i) => (y[i] === 0 ? 2 * w : w)) }));
  });
  it("of all 1 changes nothing beside an ignored label beyond the classes", async () => {
    const labels = y.map((label, i) => (i % 5 === 0 ? 2 ** 29 : label));
    const train = async (options: t.FitOptions) => {
      const model = await network(layers, t.crossEntropy({ ignoreIndex: 2 ** 29 }));
      await model.fit({ x, y: labels }, { ...full, optimizer: sgd, ...options });
      return fingerprint(model);
    };
    expect(await train({ classWeight: [1, 1, 1] })).toBe(await train({}));
  });
});

describe("clipping", () => {
  /** How far one step of rate 1 moves the parameters, with what the gradients were. */
  const step = async (clip: { clipNorm?: number; clipValue?: number }) => {
    const model = await network();
    giveParameters(model, 4, 5);
    const before = model.parameters().flatMap(p => [...p.value]);
    await model.fit({ x, y }, { ...full, epochs: 1, optimizer: t.sgd({ lr: 1 }), ...clip });
    const after = model.parameters();
    return {
      moved: after.flatMap(p => [...p.value]).map((v, i) => before[i]! - v),
      grad: after.flatMap(p => [...p.grad]),
    };
  };
  const norm = (list: number[]) => Math.hypot(...list);

  it("by norm scales all gradients together, and leaves small ones alone", async () => {
    const { moved, grad } = await step({ clipNorm: 0.01 });
    expect(norm(grad), "parameters() has gradients before clipping").toBeGreaterThan(0.1);
    expect(norm(moved)).toBeCloseTo(0.01, 5);
    const shrunk = grad.map(g => (g * 0.01) / norm(grad));
    expectClose(moved, shrunk, 5);
    const loose = await step({ clipNorm: 1000 });
    expectClose(loose.moved, grad, 5);
  });
  it("by value bounds each gradient", async () => {
    const { moved, grad } = await step({ clipValue: 0.05 });
    expect(grad.some(g => Math.abs(g) > 0.06) && grad.some(g => Math.abs(g) < 0.04)).toBe(true);
    const bounded = grad.map(g => Math.max(-0.05, Math.min(0.05, g)));
    expectClose(moved, bounded, 5);
  });
  it("given to compile holds for trainBatch, and for a fit without an optimizer of its own", async () => {
    const before = valuesOf(await network());
    const reach = (model: t.Model) =>
      norm(model.parameters().flatMap(p => [...p.value.map((v, i) => v - before[p.name]![i]!)]));
    const batch = await network();
    batch.compile({ optimizer: t.sgd({ lr: 1 }), clipNorm: 0.001 });
    batch.trainBatch(x, y);
    expect(reach(batch)).toBeCloseTo(0.001, 5);
    const fitted = await network();
    fitted.compile({ optimizer: t.sgd({ lr: 1 }), clipNorm: 0.001 });
    await fitted.fit({ x, y }, { ...full, epochs: 1 });
    expect(reach(fitted)).toBeCloseTo(0.001, 5);
  });
});

describe("frozen layers", () => {
  const stack = (settings: object[]) => [
    t.dense(6, { activation: "tanh", ...settings[0] }),
    t.batchNorm({ ...settings[1] }),
    t.dense(5, { activation: "tanh", ...settings[2] }),
    t.dense(3, { ...settings[3] }),
  ];
  const train = async (settings: object[], optimizer: { type: string } = t.adamw({ lr: 0.05, weightDecay: 0.1 })) => {
    const model = await network(stack(settings));
    const before = valuesOf(model);
    await model.fit({ x, y }, { epochs: 3, batchSize: 8, optimizer });
    const after = valuesOf(model);
    const moved = Object.keys(after).filter(name => after[name]!.some((v, i) => !Object.is(v, before[name]![i])));
    return { model, moved: [...new Set(moved.map(name => name.split(".")[0]))].join("") };
  };
  for (const setting of [{ trainable: false }, { lrScale: 0 }]) {
    it.each([0, 1, 2, 3])(
      `keep their bits with ${JSON.stringify(setting)} while others move: layer %i`,
      async frozen => {
        const settings: object[] = [{}, {}, {}, {}];
        settings[frozen] = setting;
        const { moved } = await train(settings);
        expect(moved).toBe("0123".replace(String(frozen), ""));
      },
    );
  }
  it("may be all but the first, or all", async () => {
    const frozen = { trainable: false };
    expect((await train([{}, frozen, frozen, frozen])).moved).toBe("0");
    expect((await train([frozen, frozen, frozen, {}])).moved).toBe("3");
    expect((await train([frozen, frozen, frozen, frozen])).moved).toBe("");
  });
  it("pass gradients on to the layers below as if they were not frozen", async () => {
    const gradients = async (settings: object[]) => {
      const model = await network(stack(settings));
      model.compile({ optimizer: sgd });
      model.trainBatch(x, y);
      return model.parameters().find(p => p.name === "0.weight")!.grad;
    };
    // But for batch normalisation, which then goes by its running statistics.
    const frozen = { trainable: false };
    expect(await gradients([{}, {}, frozen, frozen])).toEqual(await gradients([{}, {}, {}, {}]));
    expect(await gradients([{}, frozen, frozen, frozen])).toEqual(await gradients([{}, frozen, {}, {}]));
  });
  it("do not count in the gradient norm that clipping looks at", async () => {
    const reach = async (last: object) => {
      const model = await network([t.dense(6, { activation: "tanh" }), t.dense(3, last)]);
      const before = valuesOf(model);
      await model.fit({ x, y }, { ...full, epochs: 1, optimizer: t.sgd({ lr: 1 }), clipNorm: 1e-3 });
      return Math.hypot(
        ...["0.weight", "0.bias"].flatMap(n => [...valuesOf(model)[n]!.map((v, i) => v - before[n]![i]!)]),
      );
    };
    expect(await reach({ trainable: false })).toBeCloseTo(1e-3, 5);
    expect(await reach({})).toBeLessThan(0.9e-3);
  });
  it("lrScale scales the step of its layer alone", async () => {
    const move = async (lrScale: number) => {
      const model = await network([t.dense(6, { activation: "tanh", lrScale }), t.dense(3)]);
      const before = valuesOf(model);
      await model.fit({ x, y }, { ...full, epochs: 1, optimizer: sgd });
      const after = valuesOf(model);
      return Object.keys(after).map(name => after[name]!.map((v, i) => v - before[name]![i]!));
    };
    const [whole, half] = [await move(1), await move(0.5)];
    const halved = whole[0]!.map(v => v / 2);
    expectClose(half[0]!, halved, 6);
    expect(half.slice(2)).toEqual(whole.slice(2));
  });
});
