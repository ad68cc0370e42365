// Every loss of the core's list, with each of its options, passes a gradient check.
import { describe, expect, it } from "vitest";
import { losses } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import { checkGradients } from "./gradient-check.ts";
import { giveParameters, headFor, numbers, wholes } from "./support.ts";

type Random = (seed: number) => Float32Array;
interface Case {
  loss: t.Spec | { type: string };
  /** What the loss's input comes out of, where not any number will do. */
  last?: { type: string };
  outputs?: number;
  /** Targets for the outputs z. */
  y(z: Float32Array, rows: number, outputs: number, random: Random): t.Targets;
  /** What must not come near zero: the distances from the kinks. */
  kinks?(z: Float32Array, y: ArrayLike<number>, outputs: number): number[];
}

const any = (z: Float32Array, _rows: number, _outputs: number, random: Random) =>
  z.map((v, i) => v + 2 * random(1)[i]!);
const classes = (_z: Float32Array, rows: number, outputs: number) => wholes(rows, 9, outputs);
/** Classes of which every fourth is `label` instead. */
const classesAnd = (label: number) => (_z: Float32Array, rows: number, outputs: number) =>
  wholes(rows, 9, outputs).map((c, i) => (i % 4 === 1 ? label : c));
const zeroOrOne = (z: Float32Array, _rows: number, _outputs: number, random: Random) =>
  z.map((_, i) => +(random(2)[i]! > 0));
const shares = (z: Float32Array, _rows: number, _outputs: number, random: Random) =>
  z.map((_, i) => (random(2)[i]! + 1) / 2);
const signs = (z: Float32Array, _rows: number, _outputs: number, random: Random) =>
  z.map((_, i) => Math.sign(random(2)[i]!));
const counts = (z: Float32Array, _rows: number, _outputs: number, random: Random) =>
  z.map((_, i) => Math.floor(4 * Math.abs(random(3)[i]!)));
/** Rows that sum to 1; some have a zero. */
const distributions = (z: Float32Array, rows: number, outputs: number, random: Random) => {
  const parts = z.map((_, i) => Math.max(0, random(4)[i]! + 0.7));
  for (let r = 0; r < rows; r++) {
    const row = parts.subarray(r * outputs, (r + 1) * outputs);
    const sum = row.reduce((a, b) => a + b, 0.1);
    for (let c = 0; c < outputs; c++) row[c] = (row[c]! + (c === 0 ? 0.1 : 0)) / sum;
  }
  return parts;
};
const differences = (z: Float32Array, y: ArrayLike<number>) => [...z.map((v, i) => v - y[i]!)];
const margins = (z: Float32Array, y: ArrayLike<number>) => [...z.map((v, i) => 1 - v * y[i]!)];
const leads = (margin: number) => (z: Float32Array, y: ArrayLike<number>, outputs: number) =>
  [...z].flatMap((v, i) => {
    const row = Math.floor(i / outputs);
    return i % outputs === y[row] ? [] : [margin - z[row * outputs + y[row]!]! + v];
  });

const cases: Record<keyof typeof losses, readonly Case[]> = {
  binaryCrossEntropy: [
    { loss: t.binaryCrossEntropy(), y: zeroOrOne },
    { loss: t.binaryCrossEntropy(), y: shares },
    { loss: t.binaryCrossEntropy(), outputs: 1, y: (_z, rows) => wholes(rows, 3, 2) },
    { loss: t.binaryCrossEntropy({ posWeight: [3] }), y: zeroOrOne },
    { loss: t.binaryCrossEntropy({ posWeight: [0.5, 2, 4] }), y: shares },
    { loss: t.binaryCrossEntropy({ labelSmoothing: 0.2 }), y: zeroOrOne },
    { loss: t.binaryCrossEntropy({ labelSmoothing: 0.1, posWeight: [3] }), y: shares },
    { loss: t.binaryCrossEntropy({ labelSmoothing: 0.1, fromLogits: false }), last: t.sigmoid(), y: zeroOrOne },
    { loss: t.binaryCrossEntropy({ fromLogits: false }), last: t.sigmoid(), y: zeroOrOne },
    { loss: t.binaryCrossEntropy({ fromLogits: false, posWeight: [0.5, 2, 4] }), last: t.sigmoid(), y: shares },
  ],
  crossEntropy: [
    { loss: t.crossEntropy(), y: classes },
    { loss: t.crossEntropy(), outputs: 9, y: classes },
    { loss: t.crossEntropy({ classWeights: [0.5, 2, 1] }), y: classes },
    { loss: t.crossEntropy({ labelSmoothing: 0.2 }), y: classes },
    { loss: t.crossEntropy(), y: classesAnd(-100) },
    { loss: t.crossEntropy({ ignoreIndex: 1 }), y: classes },
    { loss: t.crossEntropy({ ignoreIndex: 255, labelSmoothing: 0.1, classWeights: [1, 3, 0] }), y: classesAnd(255) },
    { loss: t.crossEntropy(), y: distributions },
    { loss: t.crossEntropy({ labelSmoothing: 0.3, classWeights: [2, 0.5, 1] }), y: distributions },
  ],
  halfMse: [{ loss: t.halfMse(), y: any }],
  hinge: [
    { loss: t.hinge(), y: signs, kinks: margins },
    {
      loss: t.hinge(),
      y: classes,
      kinks: (z, y, n) =>
        margins(
          z,
          [...z].map((_, i) => (i % n === y[Math.floor(i / n)] ? 1 : -1)),
        ),
    },
  ],
  huber: [
    { loss: t.huber(), y: any },
    { loss: t.huber({ delta: 0.3 }), y: any },
  ],
  klDivergence: [{ loss: t.klDivergence(), last: t.logSoftmax(), y: distributions }],
  logCosh: [{ loss: t.logCosh(), y: any }],
  mae: [{ loss: t.mae(), y: any, kinks: differences }],
  mse: [
    { loss: t.mse(), y: any },
    { loss: t.mse(), y: classes },
  ],
  multiMargin: [
    { loss: t.multiMargin(), y: classes, kinks: leads(1) },
    { loss: t.multiMargin({ margin: 0.4 }), outputs: 5, y: classes, kinks: leads(0.4) },
    { loss: t.multiMargin({ p: 2 }), y: classes },
    { loss: t.multiMargin({ p: 2, margin: 2 }), outputs: 4, y: classes },
  ],
  nll: [
    { loss: t.nll(), last: t.logSoftmax(), y: classes },
    { loss: t.nll({ classWeights: [0.5, 2, 1] }), last: t.logSoftmax(), y: classes },
    { loss: t.nll(), last: t.logSoftmax(), y: classesAnd(-100) },
    { loss: t.nll({ ignoreIndex: 2, classWeights: [0.5, 2, 1] }), last: t.logSoftmax(), y: classes },
  ],
  poissonNll: [
    { loss: t.poissonNll(), y: counts },
    { loss: t.poissonNll({ full: true }), y: counts },
    { loss: t.poissonNll({ logInput: false }), last: t.softplus(), y: counts },
    { loss: t.poissonNll({ logInput: false, full: true, eps: 0.1 }), last: t.softplus(), y: counts },
  ],
  smoothL1: [
    { loss: t.smoothL1(), y: any },
    { loss: t.smoothL1({ beta: 0.3 }), y: any },
  ],
  squaredHinge: [
    { loss: t.squaredHinge(), y: signs },
    { loss: t.squaredHinge(), y: classes },
  ],
  zeroOne: [], // its gradient is 0, which rules that go by it refuse
};
const each = Object.entries(cases).flatMap(([type, list]) => list.map((c, i) => [type, c.loss, i, c] as const));

const INPUTS = 3;
const GAP = 0.03;

async function check(made: Case, rows: number, weighted = false): Promise<void> {
  const { loss, last, outputs = 3, kinks = () => [] } = made;
  const stack = last ? [t.dense(outputs), last] : [t.dense(outputs)];
  const x = numbers(rows * INPUTS, rows, -1.5, 1.5);
  const model = await t.sequential(stack, { inputs: INPUTS, loss });
  for (let seed = 1; seed < 5000; seed++) {
    const parameters = giveParameters(model, seed);
    const z = model.predict(x);
    const y = made.y(z, rows, outputs, s => numbers(z.length, s * 1000 + rows));
    const clear = kinks(z, y as ArrayLike<number>, outputs);
    if (clear.some(distance => Math.abs(distance) < GAP)) continue;
    const sampleWeight = weighted ? numbers(rows, 6, 0.2, 3).map((w, i) => (i === 2 ? 0 : w)) : undefined;
    await checkGradients({ layers: stack, inputs: INPUTS, loss, x, y, parameters, sampleWeight });
    return;
  }
  expect.fail("no seed keeps clear of the kinks");
}

describe("a gradient check passes for every loss", () => {
  it("has a case for every loss that the core lists, and for each of its options", () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(losses).sort());
    for (const [type, list] of Object.entries(cases)) {
      const options = Object.keys(losses[type as keyof typeof losses].options);
      const used = new Set(list.flatMap(c => Object.keys(c.loss)));
      for (const option of options) expect(used, `${type}: a case with ${option}`).toContain(option);
    }
  });
  for (const rows of [5, 8, 13]) {
    it.each(each)(`%s %j (%i) in batches of ${rows}`, async (_type, _loss, _i, made) => await check(made, rows));
  }
});

describe("a gradient check passes for every loss with sample weights, one of them zero", () => {
  it.each(each)("%s %j (%i)", async (_type, _loss, _i, made) => await check(made, 13, true));
});

describe("losses whose float32 form could overflow or cancel", () => {
  const at = async (loss: { type: string }, z: number[], y: t.Targets) => {
    const layers = [t.dense(z.length, { init: "zeros" }), ...headFor(loss)];
    const model = await t.sequential(layers, { inputs: 1, loss });
    model.loadParameters({ "0.bias": z });
    model.compile({ optimizer: t.sgd({ lr: 0 }) });
    const value = model.trainBatch([[1]], y);
    return { value, grad: model.parameters()[1]!.grad };
  };
  it("cross-entropy of logits ±1000 is 2000, with a gradient of ±1", async () => {
    const { value, grad } = await at(t.crossEntropy(), [1000, -1000], [1]);
    expect(value).toBeCloseTo(2000, 2);
    expect([...grad]).toEqual([1, -1]);
  });
  it("binary cross-entropy of logits ±80 keeps its digits", async () => {
    const wrong = await at(t.binaryCrossEntropy(), [80], [[0]]);
    expect(wrong.value).toBeCloseTo(80, 4);
    expect(wrong.grad[0]).toBe(1);
    const right = await at(t.binaryCrossEntropy(), [80], [[1]]);
    expect(right.value / Math.exp(-80)).toBeCloseTo(1, 3);
  });
  it("binary cross-entropy of the probabilities 0 and 1 stops at 100", async () => {
    const { value, grad } = await at(t.binaryCrossEntropy({ fromLogits: false }), [-200, 200], [[1, 0]]);
    expect(value).toBe(100);
    expect(grad.every(Number.isFinite)).toBe(true);
  });
  it("log-cosh of ±500 is 500 - ln 2", async () => {
    const { value, grad } = await at(t.logCosh(), [500, -500], [[0, 0]]);
    expect(value).toBeCloseTo(500 - Math.LN2, 3);
    expect([...grad]).toEqual([0.5, -0.5]);
  });
});
