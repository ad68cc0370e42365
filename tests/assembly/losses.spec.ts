// Losses over values: each one's loss and gradient against its float64 formula, element by element, with sample weights.
// A row of weight 0 holds NaN: nothing of it may be seen. The losses over classes follow in class-losses.spec.ts.
import {
  binaryCrossEntropy, halfMse, hinge, huber, klDivergence, logCosh, mae, mse, poissonNll, smoothL1, squaredHinge,
} from "../../assembly/losses";
import { Loss, Target, Decision, Values } from "../../assembly/losses/loss";
import { fresh, get, set, copyOf, garbage, panels, panelCount, inPanels, vector, sizes, close, expectClose, expectSame, expectTrue, expectValues, guardsHold } from "./helpers";
import { BinaryFields, HuberFields, PoissonFields, placeLoss } from "./layer-harness";

const ROWS: i32[] = [1, 7, 8, 9, 17];
const OUTPUTS: i32[] = [1, 3, 4, 5];
const WEIGHTS: f64[] = [0.5, 1, 2.5];

type Formula = (z: f64, t: f64) => f64;
/** How the targets of a test come about from what was drawn. */
type Shape = (t: f64) => f64;

function asDrawn(t: f64): f64 {
  return t;
}
function asSign(t: f64): f64 {
  return t > 0 ? 1 : -1;
}
function asShare(t: f64): f64 {
  return (t + 2) / 4;
}
/** 0, 1, 2 or 3. */
function asCount(t: f64): f64 {
  return Math.floor(t + 2);
}

function clamp(d: f64, limit: f64): f64 {
  return max(-limit, min(limit, d));
}

/** Loss of `rows` rows, of weights 0.5, 1 and 2.5 in turn, row 2 ignored; `outputs` losses a sample are averaged or summed. */
function check(loss: Loss, value: Formula, slope: Formula, shape: Shape, mean: bool, low: f64 = -2, high: f64 = 2): void {
  for (let r = 0; r < ROWS.length; r++) {
    for (let o = 0; o < OUTPUTS.length; o++) {
      fresh();
      checkOne(placeLoss(loss, ROWS[r], OUTPUTS[o], low, high), value, slope, shape, mean);
    }
  }
}
function checkOne(loss: Loss, value: Formula, slope: Formula, shape: Shape, mean: bool): void {
  let rows = loss.batch!.rows, n = loss.outputs, count = panelCount(rows, n);
  let perSample: f64 = mean ? n : 1;
  let name = sizes(rows, n);
  let weightSum: f64 = 0, lossSum: f64 = 0;
  for (let i = 0; i < rows; i++) {
    let weight = i == 2 ? 0 : WEIGHTS[i % 3];
    set(loss.weights, i, weight);
    weightSum += weight;
    for (let j = 0; j < n; j++) {
      let at = inPanels(i, j, n);
      set(loss.targets, at, i == 2 ? NaN : shape(get(loss.targets, at)));
      if (i == 2) set(loss.z, at, NaN);
    }
  }
  expectClose(name + ", Σ w", loss.weightSum(), weightSum);
  expectClose(name + ", terms a sample", loss.perSample(), perSample);
  let scale = <f32>(1 / (weightSum * perSample));
  loss.evaluate(0, panels(rows), scale, true);
  for (let i = 0; i < panels(rows) * 8; i++) {
    let weight = i < rows ? get(loss.weights, i) : 0;
    let sum: f64 = 0;
    for (let j = 0; j < n; j++) {
      let at = inPanels(i, j, n);
      let z = get(loss.z, at), t = get(loss.targets, at);
      let expected = weight != 0 ? (slope(z, t) * weight) / (weightSum * perSample) : 0;
      if (weight != 0) sum += value(z, t) / perSample;
      // Slopes are differences of numbers of the size of t.
      if (!close(get(loss.dz, at), expected, 1e-6, weight * 1e-6)) {
        expectClose(name + ", dL/dz of row " + i.toString() + " at z = " + z.toString() + ", t = " + t.toString(), get(loss.dz, at), expected, 1e-6, weight * 1e-6);
      }
    }
    expectClose(name + ", loss of row " + i.toString(), get(loss.losses, i), sum, 2e-6, i < rows && i != 2 ? 1e-6 : 0);
    lossSum += weight * sum;
  }
  expectClose(name + ", Σ w·l", loss.lossSum(), lossSum, 2e-6, 1e-6);
  guardsHold(name);
  // Without the gradient, and panel by panel.
  let dz = copyOf(loss.dz, <usize>count << 2), losses = copyOf(loss.losses, <usize>panels(rows) << 5);
  garbage(loss.losses, panels(rows) * 8);
  garbage(loss.dz, count);
  loss.evaluate(0, panels(rows), scale, false);
  expectSame(name + ", losses alone", loss.losses, losses, panels(rows) * 8);
  for (let i = 0; i < count; i++) expectTrue("a gradient that nobody asked for", isNaN(get(loss.dz, i)));
  for (let p = panels(rows) - 1; p >= 0; p--) loss.evaluate(p, p + 1, scale, true);
  expectSame(name + ", dL/dz panel by panel", loss.dz, dz, count);
}
/** One sample of one output at chosen points: loss and slope. */
function expectAt(loss: Loss, z: f64, t: f64, value: f64, slope: f64): void {
  fresh();
  placeLoss(loss, 1, 1);
  set(loss.z, 0, z);
  set(loss.targets, 0, t);
  loss.evaluate(0, 1, 1, true);
  let point = " at z = " + z.toString() + ", t = " + t.toString();
  expectClose("loss" + point, get(loss.losses, 0), value);
  expectClose("slope" + point, get(loss.dz, 0), slope);
}

describe("losses over values: loss, gradient, weights, ignored rows, ranges", () => {
  test("mse", () => {
    check(mse(), (z: f64, t: f64): f64 => (z - t) * (z - t), (z: f64, t: f64): f64 => 2 * (z - t), asDrawn, true);
  });
  test("halfMse is summed over the outputs", () => {
    check(halfMse(), (z: f64, t: f64): f64 => 0.5 * (z - t) * (z - t), (z: f64, t: f64): f64 => z - t, asDrawn, false);
  });
  test("mae, slope 0 where z = t", () => {
    check(mae(), (z: f64, t: f64): f64 => abs(z - t), (z: f64, t: f64): f64 => z > t ? 1 : z < t ? -1 : 0, asDrawn, true);
    expectAt(mae(), 3, 3, 0, 0);
  });
  test("huber with δ = 1 by default and δ = 0.5", () => {
    let loss = huber();
    check(
      loss,
      (z: f64, t: f64): f64 => abs(z - t) <= 1 ? 0.5 * (z - t) * (z - t) : abs(z - t) - 0.5,
      (z: f64, t: f64): f64 => clamp(z - t, 1), asDrawn, true,
    );
    changetype<HuberFields>(loss).delta = 0.5;
    check(
      loss,
      (z: f64, t: f64): f64 => abs(z - t) <= 0.5 ? 0.5 * (z - t) * (z - t) : 0.5 * (abs(z - t) - 0.25),
      (z: f64, t: f64): f64 => clamp(z - t, 0.5), asDrawn, true,
    );
  });
  test("smoothL1 with β = 1 by default and β = 2", () => {
    let loss = smoothL1();
    check(
      loss,
      (z: f64, t: f64): f64 => abs(z - t) < 1 ? 0.5 * (z - t) * (z - t) : abs(z - t) - 0.5,
      (z: f64, t: f64): f64 => clamp(z - t, 1), asDrawn, true,
    );
    changetype<HuberFields>(loss).delta = 2;
    check(
      loss,
      (z: f64, t: f64): f64 => abs(z - t) < 2 ? 0.25 * (z - t) * (z - t) : abs(z - t) - 1,
      (z: f64, t: f64): f64 => clamp((z - t) / 2, 1), asDrawn, true,
    );
  });
  test("logCosh, without overflow at 1e30", () => {
    check(logCosh(), (z: f64, t: f64): f64 => Math.log(Math.cosh(z - t)), (z: f64, t: f64): f64 => Math.tanh(z - t), asDrawn, true);
    expectAt(logCosh(), -1e30, 0, 1e30, -1);
  });
  test("hinge, slope 0 on the margin", () => {
    let loss = hinge();
    check(loss, (z: f64, t: f64): f64 => max(0, 1 - t * z), (z: f64, t: f64): f64 => t * z < 1 ? -t : 0, asSign, true);
    expectAt(loss, 1, 1, 0, 0);
    expectAt(loss, -1, 1, 2, -1);
    expectTrue("decides by threshold 0, targets too", loss.decision() == Decision.threshold && loss.threshold() == 0 && loss.targetThreshold() == 0);
    expectTrue("labels become ±1", loss.single(0) == -1 && loss.single(1) == 1 && loss.no() == -1);
  });
  test("squaredHinge", () => {
    let loss = squaredHinge();
    check(loss, (z: f64, t: f64): f64 => max(0, 1 - t * z) ** 2, (z: f64, t: f64): f64 => -2 * t * max(0, 1 - t * z), asSign, true);
    expectTrue("decides by threshold 0, targets too", loss.decision() == Decision.threshold && loss.threshold() == 0 && loss.targetThreshold() == 0);
    expectTrue("labels become ±1", loss.single(0) == -1 && loss.single(1) == 1 && loss.no() == -1);
  });
  test("klDivergence from log-probabilities, 0 where t = 0, summed over the outputs", () => {
    let loss = klDivergence();
    check(loss, (z: f64, t: f64): f64 => t > 0 ? t * (Math.log(t) - z) : 0, (z: f64, t: f64): f64 => -t, asShare, false);
    expectAt(loss, -3, 0, 0, 0);
    expectTrue("decides by the largest", loss.decision() == Decision.largest);
  });
  test("poissonNll of a logarithm, of a rate, and with Stirling's term above t = 1", () => {
    let loss = poissonNll();
    let fields = changetype<PoissonFields>(loss);
    expectTrue("defaults", fields.logInput && !fields.full && fields.eps == 1e-8);
    check(loss, (z: f64, t: f64): f64 => Math.exp(z) - t * z, (z: f64, t: f64): f64 => Math.exp(z) - t, asCount, true);
    fields.full = true;
    check(
      loss,
      (z: f64, t: f64): f64 => Math.exp(z) - t * z + (t > 1 ? t * Math.log(t) - t + 0.5 * Math.log(2 * Math.PI * t) : 0),
      (z: f64, t: f64): f64 => Math.exp(z) - t, asCount, true,
    );
    fields.full = fields.logInput = false;
    fields.eps = 0.25;
    check(loss, (z: f64, t: f64): f64 => z - t * Math.log(z + 0.25), (z: f64, t: f64): f64 => 1 - t / (z + 0.25), asCount, true, 0, 2);
  });
  test("binaryCrossEntropy of logits, with a weight of the positives and at ±100", () => {
    let loss = binaryCrossEntropy();
    let fields = changetype<BinaryFields>(loss);
    expectTrue("from logits by default, decided at 0", fields.fromLogits && fields.posWeight == null && loss.threshold() == 0);
    let value = (z: f64, t: f64): f64 => max(z, 0) - t * z + Math.log1p(Math.exp(-abs(z)));
    check(loss, value, (z: f64, t: f64): f64 => 1 / (1 + Math.exp(-z)) - t, asShare, true);
    expectAt(loss, 100, 0, 100, 1);
    expectAt(loss, -100, 1, 100, -1);
    fresh();
    let weight = new Values(1);
    weight.data = heap.alloc(16);
    store<f32>(weight.data, 3);
    fields.posWeight = weight;
    check(
      loss,
      (z: f64, t: f64): f64 => 3 * t * Math.log1p(Math.exp(-z)) + (1 - t) * Math.log1p(Math.exp(z)),
      (z: f64, t: f64): f64 => (1 - t) / (1 + Math.exp(-z)) - (3 * t) / (1 + Math.exp(z)), asShare, true,
    );
  });
  test("binaryCrossEntropy takes a weight of the positives for each output", () => {
    fresh();
    let loss = placeLoss(binaryCrossEntropy(), 1, 2);
    let weights = new Values(2);
    weights.data = vector([2, 5]);
    changetype<BinaryFields>(loss).posWeight = weights;
    for (let j = 0; j < 2; j++) {
      set(loss.z, inPanels(0, j, 2), 0);
      set(loss.targets, inPanels(0, j, 2), 1);
    }
    loss.evaluate(0, 1, 1, true);
    // Each output: w·ln 2, slope -w/2; the loss is their mean.
    expectClose("loss", get(loss.losses, 0), 3.5 * Math.LN2);
    expectValues("slopes", vector([get(loss.dz, 0), get(loss.dz, 8)]), [-1, -2.5]);
  });
  test("binaryCrossEntropy of probabilities stops the logarithm at -100 and p(1 - p) at 1e-12", () => {
    let loss = binaryCrossEntropy();
    changetype<BinaryFields>(loss).fromLogits = false;
    expectTrue("decided at a half", loss.threshold() == 0.5);
    check(
      loss,
      (z: f64, t: f64): f64 => -t * Math.log(z) - (1 - t) * Math.log1p(-z),
      (z: f64, t: f64): f64 => (z - t) / (z * (1 - z)), asShare, true, 0.05, 0.95,
    );
    expectAt(loss, 0, 1, 100, -1e12);
    expectAt(loss, 1, 0, 100, 1e12);
    expectAt(loss, 1, 1, 0, 0);
  });
  test("take values and no indices, and decide nothing, unless they say so", () => {
    const all: Loss[] = [mse(), halfMse(), mae(), huber(), smoothL1(), logCosh(), poissonNll(), binaryCrossEntropy(), hinge(), squaredHinge(), klDivergence()];
    for (let i = 0; i < all.length; i++) expectTrue("loss " + i.toString(), all[i].accepts(Target.value) && !all[i].accepts(Target.index) && !all[i].ignores(-100));
    for (let i = 0; i < 7; i++) expectTrue("decision of loss " + i.toString(), all[i].decision() == Decision.none);
    expectTrue("a label is its number", all[0].single(1) == 1 && all[0].single(0) == 0 && all[0].no() == 0 && all[7].targetThreshold() == 0.5);
  });
});
