// Every layer of the core's list passes a gradient check: its own parameters, and its input's gradient through the
// parameters of a dense layer below it. Batches of 5, 8 and 13 rows leave lanes empty, fill one panel, and fill more.
import { describe, expect, it } from "vitest";
import { layers } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import { checkGradients } from "./gradient-check.ts";
import { giveParameters, numbers } from "./support.ts";

interface Case {
  layer: t.Spec | { type: string };
  /** Where the function is not smooth; inputs of both sides come, none near it. */
  kinks?: readonly number[];
  /** How wide the inputs spread. */
  scale?: number;
}

const cases: Record<keyof typeof layers, readonly Case[]> = {
  batchNorm: [{ layer: t.batchNorm() }, { layer: t.batchNorm({ affine: false, eps: 0.1, momentum: 0.4 }) }],
  celu: [{ layer: t.celu() }, { layer: t.celu({ alpha: 0.6 }) }],
  dense: [{ layer: t.dense(7) }, { layer: t.dense(17, { bias: false }) }],
  dropout: [{ layer: t.dropout(0.4) }, { layer: t.dropout(0) }],
  elu: [{ layer: t.elu() }, { layer: t.elu({ alpha: 0.5 }), kinks: [0] }],
  gelu: [{ layer: t.gelu(), scale: 2 }],
  geluTanh: [{ layer: t.geluTanh(), scale: 2 }],
  hardSigmoid: [{ layer: t.hardSigmoid(), kinks: [-3, 3], scale: 4 }],
  hardSwish: [{ layer: t.hardSwish(), kinks: [-3, 3], scale: 4 }],
  layerNorm: [{ layer: t.layerNorm() }, { layer: t.layerNorm({ affine: false, eps: 0.1 }) }],
  leakyRelu: [
    { layer: t.leakyRelu(), kinks: [0] },
    { layer: t.leakyRelu({ slope: 0.3 }), kinks: [0] },
    { layer: t.leakyRelu({ slope: -0.5 }), kinks: [0] },
  ],
  logSoftmax: [{ layer: t.logSoftmax(), scale: 2 }],
  mish: [{ layer: t.mish(), scale: 2 }],
  prelu: [
    { layer: t.prelu(), kinks: [0] },
    { layer: t.prelu({ perFeature: true }), kinks: [0] },
  ],
  relu: [{ layer: t.relu(), kinks: [0] }],
  relu6: [{ layer: t.relu6(), kinks: [0, 6], scale: 6 }],
  selu: [{ layer: t.selu(), kinks: [0] }],
  sigmoid: [{ layer: t.sigmoid(), scale: 2 }],
  silu: [{ layer: t.silu(), scale: 2 }],
  softmax: [{ layer: t.softmax(), scale: 2 }],
  softplus: [{ layer: t.softplus(), scale: 2 }],
  softsign: [{ layer: t.softsign() }],
  tanh: [{ layer: t.tanh() }],
};
const each = Object.entries(cases).flatMap(([type, list]) => list.map(c => [type, c] as const));
const inside = each.filter(([type]) => layers[type as keyof typeof layers].activation || /prelu|oftmax/.test(type));

const INPUTS = 4;
const UNITS = 6;
const GAP = 0.03;

/** Parameters of the first layer that keep every number that it gives away from the kinks, and on both sides of each. */
async function firstLayer({ kinks = [], scale = 1 }: Case, x: Float32Array): Promise<Record<string, Float32Array>> {
  const model = await t.sequential([t.dense(UNITS)], { inputs: INPUTS, loss: t.mse() });
  for (let seed = 1; seed < 5000; seed++) {
    const parameters = giveParameters(model, seed, scale);
    const z = model.predict(x);
    if (z.some(v => kinks.some(kink => Math.abs(v - kink) < GAP))) continue;
    if (kinks.every(kink => z.some(v => v < kink) && z.some(v => v > kink))) return parameters;
  }
  return expect.fail("no seed keeps clear of the kinks; make the scale larger");
}

async function check(made: Case, rows: number, stack: readonly { type: string }[], own: string): Promise<number> {
  const x = numbers(rows * INPUTS, rows);
  const y = numbers(rows * 3, rows + 100);
  const loss = t.mse();
  const model = await t.sequential(stack, { inputs: INPUTS, loss });
  const parameters = { ...giveParameters(model, 77), ...(await firstLayer(made, x)) };
  const fresh = made.layer.type === "dropout";
  const checked = await checkGradients({ layers: stack, inputs: INPUTS, loss, x, y, parameters, fresh });
  expect(checked).toBe(model.parameters().reduce((sum, p) => sum + p.value.length, 0));
  const tensors = layers[made.layer.type as keyof typeof layers].tensors.filter(p => p.type === "Parameter");
  const names = Object.keys(parameters).filter(name => name.startsWith(own));
  if ((made.layer as t.Spec).affine !== false && (made.layer as t.Spec).bias !== false) {
    expect(names).toEqual(tensors.map(p => own + p.name));
  }
  return checked;
}

describe("a gradient check passes for every layer", () => {
  it("has a case for every layer that the core lists", () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(layers).sort());
  });
  for (const rows of [5, 8, 13]) {
    it.each(each)(`%s %j in batches of ${rows}`, async (_type, made) => {
      await check(made, rows, [t.dense(UNITS), made.layer, t.dense(3)], "1.");
    });
  }
});

describe("a gradient check passes for every activation inside a dense layer", () => {
  it.each(inside)("%s %j", async (_type, made) => {
    await check(made, 13, [t.dense(UNITS, { activation: made.layer }), t.dense(3)], "0.activation.");
  });
  it("gives what the same activation gives as a layer of its own, bit for bit", async () => {
    const x = numbers(13 * INPUTS, 1, -4, 4);
    for (const [type, { layer }] of inside) {
      const within = await t.sequential([t.dense(5, { activation: layer })], { inputs: INPUTS, loss: t.mse() });
      const apart = await t.sequential([t.dense(5), layer], { inputs: INPUTS, loss: t.mse() });
      const { "0.weight": weight, "0.bias": bias } = giveParameters(within, 3, 2);
      within.loadParameters({ "0.weight": weight!, "0.bias": bias! });
      apart.loadParameters({ "0.weight": weight!, "0.bias": bias! });
      if (type === "prelu") continue; // its slopes have other names; the check above covers it
      expect(within.predict(x), type).toEqual(apart.predict(x));
    }
  });
});

describe("a gradient check passes for stacks", () => {
  it.each([
    ["sizes that are no multiples of a tile", [t.dense(9), t.tanh(), t.dense(17), t.softplus(), t.dense(3)]],
    [
      "everything at once",
      [t.dense(6), t.batchNorm(), t.gelu(), t.dense(5), t.layerNorm(), t.dropout(0.3), t.dense(3)],
    ],
    ["normalisation of the inputs themselves", [t.batchNorm(), t.dense(3)]],
    ["a slope on the inputs themselves", [t.prelu({ perFeature: true }), t.tanh(), t.dense(3)]],
  ])("%s", async (_name, stack) => {
    const x = numbers(13 * INPUTS, 9).map(v => v + Math.sign(v) * 0.05);
    const y = numbers(13 * 3, 8);
    const parameters = giveParameters(await t.sequential(stack, { inputs: INPUTS, loss: t.mse() }), 12);
    const fresh = stack.some(layer => layer.type === "dropout");
    await checkGradients({ layers: stack, inputs: INPUTS, loss: t.mse(), x, y, parameters, fresh });
  });
});

describe("a gradient check passes with penalties", () => {
  it.each([
    ["l1", { l1: 0.07 }],
    ["l2", { l2: 0.11 }],
    ["both", { l1: 0.05, l2: 0.2 }],
  ])("%s", async (_name, penalty) => {
    const stack = [t.dense(5, penalty), t.tanh(), t.dense(2)];
    const plain = [t.dense(5), t.tanh(), t.dense(2)];
    const setting = { inputs: INPUTS, loss: t.mse(), x: numbers(13 * INPUTS, 4), y: numbers(26, 5) };
    const model = await t.sequential(stack, { inputs: INPUTS, loss: t.mse() });
    const parameters = giveParameters(model, 3);
    await checkGradients({ ...setting, layers: stack, parameters });

    const without = await t.sequential(plain, { inputs: INPUTS, loss: t.mse() });
    without.loadParameters(parameters);
    for (const m of [model, without]) m.compile({ optimizer: t.sgd({ lr: 0 }) });
    const { l1 = 0, l2 = 0 } = penalty as { l1?: number; l2?: number };
    const extra = parameters["0.weight"]!.reduce((sum, w) => sum + l1 * Math.abs(w) + l2 * w * w, 0);
    const gap = model.trainBatch(setting.x, setting.y) - without.trainBatch(setting.x, setting.y);
    expect(gap, "weights are penalised once, biases not").toBeCloseTo(extra, 6);
  });
});
