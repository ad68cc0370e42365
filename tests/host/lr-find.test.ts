// The range test where rates are in proportion to the rule's own, and where losses fall below 0.
import { describe, expect, it } from "vitest";
import { digits } from "../../host/data/index.ts";
import * as t from "../../host/index.ts";
import { fails } from "./support.ts";

const set = await digits();
const net = (settings: object = {}) =>
  t.sequential([t.dense(32, { activation: "relu", ...settings }), t.dense(10)], {
    inputs: set.features,
    loss: t.crossEntropy(),
    seed: 1,
  });
const find = async (model: t.Model, options: object) =>
  t.findLearningRate(model, set, { steps: 60, optimizer: t.sgd(), ...options });

describe("rates in proportion to the rule's own", () => {
  it.each([0.01, 3])("a group of a tenth of it is a layer of a tenth, at lr %d", async lr => {
    const scaled = await find(await net({ lrScale: 0.1 }), { optimizer: t.sgd({ lr }) });
    const grouped = await find(await net(), { optimizer: t.sgd({ lr }), groups: [{ layers: [0], lr: lr / 10 }] });
    expect(grouped.suggestion).toBe(scaled.suggestion);
    grouped.steps.forEach((s, i) => {
      expect(s.loss).toBeCloseTo(scaled.steps[i]!.loss, 4);
    });
  });
  it("a group of rate 0 stands still", async () => {
    const frozen = await find(await net({ trainable: false }), {});
    const still = await find(await net(), { groups: [{ layers: [0], lr: 0 }] });
    expect(still.steps).toEqual(frozen.steps);
  });
  it("muon's auxLr goes along: its range does not depend on what the first rate is", async () => {
    const model = await net();
    const muon = (lr: number, auxLr: number) => find(model, { optimizer: t.muon({ lr, auxLr }) });
    const [a, b] = [await muon(0.02, 0.0003), await muon(0.2, 0.003)];
    a.steps.forEach((s, i) => {
      expect(s.loss).toBeCloseTo(b.steps[i]!.loss, 4);
    });
    const other = await muon(0.02, 0.03);
    expect(other.steps.at(-1)!.loss).not.toBe(a.steps.at(-1)!.loss);
  });
  it("what has no rate to be in proportion to is refused", async () => {
    const options = { optimizer: t.sgd({ lr: 0 }), groups: [{ layers: [0], lr: 0.1 }] };
    const model = await net();
    await fails(() => find(model, options), "INVALID_ARGUMENT", /the run's rate.*is 0/);
  });
});

describe("losses below 0", () => {
  const x = Float32Array.from({ length: 400 }, (_, i) => (i % 17) / 17);
  const y = x.map(v => Math.round(30 + 20 * v));
  const range = async (full: boolean, start: number) => {
    const head = t.dense(1, { biasInit: { type: "constant", value: start } as never });
    const model = await t.sequential([t.dense(8, { activation: "tanh" }), head], {
      inputs: 1,
      loss: t.poissonNll({ full }),
      seed: 1,
    });
    return t.findLearningRate(model, { x, y }, { optimizer: t.adam() });
  };
  // From 3 the loss begins at -105, from -0.1 at -6, from -0.5 above 0 and goes through it.
  it.each([3, -0.1, -0.5])("are not growth: from a bias of %d", async start => {
    const [whole, part] = [await range(true, start), await range(false, start)];
    expect(whole.steps[0]!.loss - part.steps[0]!.loss).toBeGreaterThan(100);
    expect(part.steps.length).toBeGreaterThan(150);
    expect(Math.min(...part.steps.map(s => s.loss))).toBeLessThan(-100);
    // A constant in the loss makes no difference but for the noise of the batches, which is large where 3 is right.
    const factor = part.suggestion! / whole.suggestion!;
    expect(Math.abs(Math.log2(factor))).toBeLessThan(start === 3 ? 6 : 1);
  });
  it("still end the test when they grow", async () => {
    expect((await range(false, 3)).end).toBe("growth");
  });
});

it("nesterov without momentum says so, as in PyTorch", async () => {
  const message = /nesterov wants a momentum above 0/;
  await fails(() => t.sgd({ nesterov: true }), "INVALID_ARGUMENT", /^sgd: /, message);
  await fails(() => t.lars({ nesterov: true, momentum: 0 }), "INVALID_ARGUMENT", /^lars: /, message);
  await fails(() => t.createOptimizer({ type: "sgd", nesterov: true } as never, [[2]]), "INVALID_ARGUMENT", message);
  expect(t.sgd({ nesterov: true, momentum: 0.9 }).nesterov).toBe(true);
  expect(t.muon({ nesterov: true }).nesterov).toBe(true);
});
