// Losses over classes against float64 formulas: class and sample weights, label smoothing, the ignored label. Rows that do
// not count hold NaN: nothing of it may be seen.
import { crossEntropy, multiMargin, nll, zeroOne } from "../../assembly/losses";
import { Loss, Target, Decision, Values } from "../../assembly/losses/loss";
import { ClassLoss } from "../../assembly/losses/class-loss";
import {
  fresh, doubles, get, set, get64, set64, copyOf, garbage, fill, floats, panels, panelCount, inPanels, sizes, close,
  expectClose, expectSame, expectTrue, expectZeros, guardsHold,
} from "./helpers";
import { CrossEntropyFields, MarginFields, placeLoss } from "./layer-harness";

const ROWS: i32[] = [1, 7, 8, 9, 17];
const CLASSES: i32[] = [2, 3, 4, 5];
const WEIGHTS: f64[] = [0.5, 1, 2.5];

// What a test is about.
let classWeights: f64[] = [];
let smoothing: f64 = 0;
let ignored: i32 = -100;
let margin: f64 = 1;
let power: i32 = 1;

function plain(): void {
  classWeights = [];
  smoothing = 0;
  ignored = -100;
  margin = 1;
  power = 1;
}
function classWeight(c: i32): f64 {
  return classWeights.length ? classWeights[c] : 1;
}
function labelOf(loss: Loss, row: i32): i32 {
  return load<i32>(loss.labels + (<usize>row << 2));
}

// Loss of one row and its slopes, at `slopes`: z are the row's outputs, q its target (nothing of it for an index).
type Formula = (z: usize, q: usize, label: i32, n: i32, slopes: usize) => f64;

/** -Σ qᶜ·ln pᶜ with qᶜ = wᶜ·((1 - ε)·tᶜ + ε/C). */
function crossEntropyOf(z: usize, q: usize, label: i32, n: i32, slopes: usize): f64 {
  let top = -Infinity, sum: f64 = 0, loss: f64 = 0, total: f64 = 0;
  for (let c = 0; c < n; c++) top = max(top, get64(z, c));
  for (let c = 0; c < n; c++) sum += Math.exp(get64(z, c) - top);
  for (let c = 0; c < n; c++) {
    let t: f64 = label >= 0 ? (c == label ? 1 : 0) : get64(q, c);
    let share = classWeight(c) * ((1 - smoothing) * t + smoothing / n);
    total += share;
    loss -= share * (get64(z, c) - top - Math.log(sum));
    set64(slopes, c, -share);
  }
  for (let c = 0; c < n; c++) set64(slopes, c, get64(slopes, c) + (total * Math.exp(get64(z, c) - top)) / sum);
  return loss;
}
/** -w^y·z^y */
function nllOf(z: usize, q: usize, label: i32, n: i32, slopes: usize): f64 {
  for (let c = 0; c < n; c++) set64(slopes, c, c == label ? -classWeight(c) : 0);
  return -classWeight(label) * get64(z, label);
}
/** Σ over c ≠ y of max(0, margin - z^y + z^c)^p / C */
function marginOf(z: usize, q: usize, label: i32, n: i32, slopes: usize): f64 {
  let loss: f64 = 0, own: f64 = 0;
  for (let c = 0; c < n; c++) {
    if (c == label) continue;
    let lead = max(0, margin - get64(z, label) + get64(z, c));
    let slope = power == 2 ? 2 * lead : lead > 0 ? 1.0 : 0.0;
    loss += (power == 2 ? lead * lead : lead) / n;
    own -= slope / n;
    set64(slopes, c, slope / n);
  }
  set64(slopes, label, own);
  return loss;
}

/** 1 where another output is the largest; no slope. */
function zeroOneOf(z: usize, q: usize, label: i32, n: i32, slopes: usize): f64 {
  let best = 0;
  for (let c = 0; c < n; c++) {
    if (get64(z, c) > get64(z, best)) best = c;
    set64(slopes, c, 0);
  }
  return best == label ? 0 : 1;
}

/** Rows 2 (weight 0) and 5 (the ignored label, where there is one) are NaN; the others have weights 0.5, 1, 2.5. */
function check(loss: Loss, formula: Formula, index: bool, ignores: bool): void {
  for (let r = 0; r < ROWS.length; r++) {
    for (let o = 0; o < CLASSES.length; o++) {
      fresh();
      let values: Values | null = null;
      if (classWeights.length) {
        values = new Values(classWeights.length);
        values.data = floats(classWeights.length);
        for (let c = 0; c < classWeights.length; c++) set(values.data, c, classWeights[c]);
      }
      if (ignores) changetype<ClassLoss>(loss).classWeights = values;
      checkOne(placeLoss(loss, ROWS[r], CLASSES[o]), formula, index, ignores);
    }
  }
}
function checkOne(loss: Loss, formula: Formula, index: bool, ignores: bool): void {
  let rows = loss.batch!.rows, n = loss.outputs, count = panelCount(rows, n);
  let name = sizes(rows, n);
  loss.target = index ? Target.index : Target.value;
  fill(loss.targets, count, 0, 1);
  let weightSum: f64 = 0, lossSum: f64 = 0;
  for (let i = 0; i < rows; i++) {
    let weight = i == 2 ? 0 : WEIGHTS[i % 3];
    set(loss.weights, i, weight);
    let label = (i * 7 + 1) % n;
    if (label == ignored) label = 0;
    if (index && ignores && i == 5) label = ignored;
    if (index) store<i32>(loss.labels + (<usize>i << 2), label);
    let counts = i != 2 && !(index && ignores && i == 5);
    if (!counts) {
      for (let c = 0; c < n; c++) {
        set(loss.z, inPanels(i, c, n), NaN);
        set(loss.targets, inPanels(i, c, n), NaN);
      }
    } else weightSum += weight * (index && ignores ? classWeight(label) : 1);
  }
  expectClose(name + ", Σ w", loss.weightSum(), weightSum);
  expectClose(name + ", terms a sample", loss.perSample(), 1);
  // A batch whose every row is ignored has no weight, and its scale is 0 as in the walk.
  let scale = weightSum > 0 ? 1 / weightSum : 0;
  loss.evaluate(0, panels(rows), <f32>scale, true);
  let z = doubles(n), q = doubles(n), slopes = doubles(n);
  for (let i = 0; i < panels(rows) * 8; i++) {
    let label = index ? labelOf(loss, i) : -1;
    let counts = i < rows && i != 2 && !(index && ignores && i == 5);
    let expected: f64 = 0, weight = get(loss.weights, i);
    for (let c = 0; c < n; c++) {
      set64(z, c, get(loss.z, inPanels(i, c, n)));
      set64(q, c, get(loss.targets, inPanels(i, c, n)));
    }
    if (counts) expected = formula(z, q, label, n, slopes);
    for (let c = 0; c < n; c++) {
      let slope = counts ? get64(slopes, c) * weight * scale : 0;
      let actual = get(loss.dz, inPanels(i, c, n));
      if (!close(actual, slope, 2e-6, counts ? 1e-6 : 0)) expectClose(name + ", dL/dz of row " + i.toString() + " class " + c.toString(), actual, slope, 2e-6, 1e-6);
    }
    expectClose(name + ", loss of row " + i.toString(), get(loss.losses, i), expected, 3e-6, counts ? 1e-6 : 0);
    if (counts) lossSum += weight * expected;
  }
  expectClose(name + ", Σ w·l", loss.lossSum(), lossSum, 3e-6, 1e-6);
  guardsHold(name);
  // Without the gradient, and panel by panel.
  let dz = copyOf(loss.dz, <usize>count << 2), losses = copyOf(loss.losses, <usize>panels(rows) << 5);
  garbage(loss.losses, panels(rows) * 8);
  garbage(loss.dz, count);
  loss.evaluate(0, panels(rows), <f32>scale, false);
  expectSame(name + ", losses alone", loss.losses, losses, panels(rows) * 8);
  for (let i = 0; i < count; i++) expectTrue("a gradient that nobody asked for", isNaN(get(loss.dz, i)));
  for (let p = panels(rows) - 1; p >= 0; p--) loss.evaluate(p, p + 1, <f32>scale, true);
  expectSame(name + ", dL/dz panel by panel", loss.dz, dz, count);
}

describe("crossEntropy of class indices", () => {
  beforeEach(plain);

  test("equals -ln softmax, with nothing of ignored and weightless rows", () => {
    expectClose("ignored by default", changetype<ClassLoss>(crossEntropy()).ignoreIndex, -100);
    check(crossEntropy(), crossEntropyOf, true, true);
  });
  test("weighs the classes and divides by their weights", () => {
    classWeights = [0.5, 2, 1, 0.25, 3];
    check(crossEntropy(), crossEntropyOf, true, true);
  });
  test("spreads ε over all classes, with class weights too", () => {
    smoothing = 0.2;
    let loss = crossEntropy();
    changetype<CrossEntropyFields>(loss).labelSmoothing = smoothing;
    check(loss, crossEntropyOf, true, true);
    classWeights = [0.5, 2, 1, 0.25, 3];
    check(loss, crossEntropyOf, true, true);
  });
  test("passes over another ignored label, which may be a class", () => {
    let loss = crossEntropy();
    ignored = 1;
    changetype<ClassLoss>(loss).ignoreIndex = 1;
    check(loss, crossEntropyOf, true, true);
  });
  test("is exact for logits of ±1000", () => {
    for (let truth = 0; truth < 3; truth++) {
      fresh();
      let loss = placeLoss(crossEntropy(), 1, 3);
      let largest = (truth + 1) % 3, least = (truth + 2) % 3;
      loss.target = Target.index;
      set(loss.z, 8 * truth, -1000);
      set(loss.z, 8 * largest, 1000);
      set(loss.z, 8 * least, -1000);
      store<i32>(loss.labels, truth);
      loss.evaluate(0, 1, 1, true);
      expectClose("loss", get(loss.losses, 0), 2000, 0);
      expectClose("slope of the true class", get(loss.dz, 8 * truth), -1, 0);
      expectClose("slope of the largest", get(loss.dz, 8 * largest), 1, 0);
      expectClose("slope of the other", get(loss.dz, 8 * least), 0, 0);
    }
  });
  test("is 0 where every row is ignored", () => {
    fresh();
    let loss = placeLoss(crossEntropy(), 9, 3);
    loss.target = Target.index;
    for (let i = 0; i < 9; i++) store<i32>(loss.labels + (<usize>i << 2), -100);
    expectClose("Σ w", loss.weightSum(), 0);
    loss.evaluate(0, 2, 0, true);
    expectClose("Σ w·l", loss.lossSum(), 0);
    expectZeros("dL/dz", loss.dz, 48);
  });
});

describe("crossEntropy of class probabilities", () => {
  beforeEach(plain);

  test("equals -Σ t·ln softmax and divides by the sample weights", () => {
    check(crossEntropy(), crossEntropyOf, false, true);
  });
  test("ignores no row for the label that stands there", () => {
    let loss = crossEntropy();
    // placeLoss leaves the labels at -1.
    changetype<ClassLoss>(loss).ignoreIndex = -1;
    check(loss, crossEntropyOf, false, true);
  });
  test("weighs the classes and spreads ε", () => {
    let loss = crossEntropy();
    classWeights = [0.5, 2, 1, 0.25, 3];
    smoothing = 0.1;
    changetype<CrossEntropyFields>(loss).labelSmoothing = smoothing;
    check(loss, crossEntropyOf, false, true);
  });
});

describe("nll", () => {
  beforeEach(plain);

  test("is -z of the true class, ignored and weightless rows left out", () => {
    check(nll(), nllOf, true, true);
  });
  test("weighs the classes and divides by their weights", () => {
    classWeights = [0.5, 2, 1, 0.25, 3];
    check(nll(), nllOf, true, true);
  });
  test("passes over another ignored label, which may be a class", () => {
    let loss = nll();
    ignored = 1;
    changetype<ClassLoss>(loss).ignoreIndex = 1;
    check(loss, nllOf, true, true);
  });
});

describe("multiMargin", () => {
  beforeEach(plain);

  test("with p = 1 and margin 1 by default", () => {
    check(multiMargin(), marginOf, true, false);
  });
  test("with p = 2 and margin 0.5", () => {
    let loss = multiMargin();
    margin = 0.5;
    power = 2;
    changetype<MarginFields>(loss).margin = 0.5;
    changetype<MarginFields>(loss).p = 2;
    check(loss, marginOf, true, false);
  });
});

describe("zeroOne", () => {
  beforeEach(plain);

  test("is the weight of the samples whose largest output is another, without a gradient", () => {
    check(zeroOne(), zeroOneOf, true, false);
  });
});

describe("losses over classes", () => {
  test("say what targets they take, and decide by the largest", () => {
    const all: Loss[] = [crossEntropy(), nll(), multiMargin(), zeroOne()];
    for (let i = 0; i < 4; i++) {
      expectTrue("indices", all[i].accepts(Target.index));
      expectTrue("values for cross-entropy only", all[i].accepts(Target.value) == (i == 0));
      expectTrue("largest", all[i].decision() == Decision.largest);
      // Labels that an evaluation passes over: those of the losses with an ignored label, where targets are indices.
      all[i].target = Target.index;
      expectTrue("ignored label", all[i].ignores(-100) == i < 2 && !all[i].ignores(0));
      all[i].target = Target.value;
      expectTrue("no label", !all[i].ignores(-100) && !all[i].ignores(0));
    }
  });
});
