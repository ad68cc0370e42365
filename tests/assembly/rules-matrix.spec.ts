// The rules that treat a tensor as a matrix, on numbers worked by hand.
import { mars, muon, soap } from "../../assembly/optimizers";
import { fresh, expectClose, expectTrue, expectValues } from "./helpers";
import { Run, MarsFields, MuonFields, SoapFields } from "./rule-harness";

function marsWith(lion: bool): MarsFields {
  fresh();
  let rule = changetype<MarsFields>(mars());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.gamma = 0.5;
  rule.marsType = lion ? 1 : 0;
  return rule;
}

describe("mars", () => {
  test("corrects by the last gradient: c = g + γβ₁/(1 - β₁)·(g - gₜ₋₁), bounded by 1", () => {
    // share ½: (0.5, 0.5) + ½·(-0.5, 0.5) = (0.25, 0.75); m = ½·(0.5, 0) + ½c
    let run = new Run(marsWith(false)).add(1, 2, [0, 0]).start().step([1, 0], 0.5).expect("w", 0, [-0.5, 0]);
    run.step([0.5, 0.5], 0.5);
    expectValues("m", run.stateOf(0, 0), [0.375, 0.375]);
    expectValues("v", run.stateOf(0, 1), [0.203125, 0.140625]);
    // m̂ = m/0.75 = 0.5, v̂ = v/0.4375
    run.expect("w", 0, [-0.5 - 0.25 / Math.sqrt(0.203125 / 0.4375), -0.25 / Math.sqrt(0.140625 / 0.4375)]);
    // (3, 3.5) + ½·(2.5, 3) = (4.25, 5) is longer than 1
    run.step([3, 3.5], 0.5);
    let norm = Math.sqrt(4.25 * 4.25 + 25);
    expectValues("m", run.stateOf(0, 0), [0.1875 + 2.125 / norm, 0.1875 + 2.5 / norm]);
  });
  test("leaves vectors to AdamW unless told otherwise", () => {
    let run = new Run(marsWith(true)).add(2, 0, [0, 0]).start().step([4, 0], 0.5).step([2, 2], 0.5);
    expectValues("m", run.stateOf(0, 0), [2, 1]);
    let rule = marsWith(true);
    rule.optimize1d = true;
    rule.weightDecay = 0.5; // w (-0.5, 0); c = (2, 2) + ½·(-2, 2) = (1, 3), bounded; signs 1, 1; 1 - 0.5·0.5
    new Run(rule).add(2, 0, [0, 0]).start().step([4, 0], 0.5).expect("w", 0, [-0.5, 0]).step([2, 2], 0.5).expect("w", 0, [-0.875, -0.5]);
  });
});

/** The scalar that one Newton-Schulz step makes of a singular value. */
function quintic(x: f64): f64 {
  return 3.4445 * x - 4.775 * x * x * x + 2.0315 * x * x * x * x * x;
}

function muonWith(steps: i32, nesterov: bool): MuonFields {
  fresh();
  let rule = changetype<MuonFields>(muon());
  rule.lr = 0.5;
  rule.momentum = 0.5;
  rule.nsSteps = steps;
  rule.nesterov = nesterov;
  return rule;
}

describe("muon", () => {
  test("orthogonalises the direction: singular values go through the quintic", () => {
    // u = g·(1 - ½ + ½·½): diag(3, 4) keeps its ratio, 0.6 and 0.8 of its norm
    for (let steps = 1; steps <= 5; steps++) {
      let a = 0.6, b = 0.8;
      for (let i = 0; i < steps; i++) {
        a = quintic(a);
        b = quintic(b);
      }
      new Run(muonWith(steps, true)).add(2, 2, [1, 1, 1, 1]).start().step([3, 0, 0, 4], 0.5).expect("w", 0, [1 - 0.5 * a, 1, 1, 1 - 0.5 * b]);
    }
  });
  test("takes the buffer, or looks ahead along it", () => {
    // 2 x 2 of one entry: its norm is 1, whatever the size. g = 1, 0, then -0.2: b = 0.5, 0.25, 0.025; with Nesterov
    // u = 0.75, 0.125, -0.0875
    let step = 0.5 * quintic(1);
    let run = new Run(muonWith(1, false)).add(2, 2, [0, 0, 0, 0]).start().step([1, 0, 0, 0], 0.5).step([0, 0, 0, 0], 0.5);
    run.expect("w", 0, [-2 * step, 0, 0, 0]).step([-0.2, 0, 0, 0], 0.5).expect("w", 0, [-3 * step, 0, 0, 0], 1e-5);
    run = new Run(muonWith(1, true)).add(2, 2, [0, 0, 0, 0]).start().step([1, 0, 0, 0], 0.5).step([0, 0, 0, 0], 0.5);
    run.step([-0.2, 0, 0, 0], 0.5).expect("w", 0, [-step, 0, 0, 0], 1e-5);
    expectValues("b", run.stateOf(0, 0), [0.025, 0, 0, 0], 1e-6, 1e-8);
  });
  test("scales tall matrices by √(rows/columns), wide ones not, and decays beside the step", () => {
    let rule = muonWith(1, true);
    rule.weightDecay = 0.5; // 1 - 0.5·0.5
    let part = 0.5 * quintic(1) * 0.5; // each entry of (1, 1, 1, 1)/2
    new Run(rule).add(4, 1, [1, 2, 3, 4]).start().step([1, 1, 1, 1], 0.5).expect("w", 0, [0.75 - 2 * part, 1.5 - 2 * part, 2.25 - 2 * part, 3 - 2 * part]);
    new Run(rule).add(1, 4, [1, 2, 3, 4]).start().step([1, 1, 1, 1], 0.5).expect("w", 0, [0.75 - part, 1.5 - part, 2.25 - part, 3 - part]);
  });
  test("leaves vectors and auxiliary tensors to AdamW, whose rate goes along with the schedule", () => {
    let rule = muonWith(5, true);
    rule.auxLr = 0.25;
    rule.auxWeightDecay = 0.5;
    let run = new Run(rule).add(2, 0, [1, 1]).add(1, 2, [1, 1]);
    run.tensors[1].auxiliary = true;
    // lr/0.5·0.25 = 0.125: 1 - 0.125·0.5 = 0.9375, step ±0.125
    run.start().step([3, -7, 3, -7], 0.25).expect("vector", 0, [0.8125, 1.0625]).expect("auxiliary", 1, [0.8125, 1.0625]);
    expectClose("v of a matrix", <f64>rule.tensorBytes(new Run(rule).add(2, 2, [0, 0, 0, 0]).tensors[0]), 0, 0);
  });
});

function soapWith(decay: f64): SoapFields {
  fresh();
  let rule = changetype<SoapFields>(soap());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.eps = 0;
  rule.weightDecay = decay;
  return rule;
}

// G₁ = (3 3; 1 -1): L = diag(18, 2)/4, R = (10 8; 8 10)/4, whose vectors are (1, 1)/√2 and (1, -1)/√2.
const FIRST: f64[] = [3, 3, 1, -1];

describe("soap", () => {
  test("only makes the bases at first, then is Adam within them", () => {
    // G₂ = (2 0; 0 0): G' = (√2 √2; 0 0) up to signs, Adam's first step (1 1; 0 0), back (√2 0; 0 0)
    let run = new Run(soapWith(0.5)).add(2, 2, [1, 2, 3, 4]).start().step(FIRST, 0.5).expect("w", 0, [1, 2, 3, 4], 0);
    run.step([2, 0, 0, 0], 0.5).expect("w", 0, [0.75 * (1 - 0.5 * Math.sqrt(2)), 1.5, 2.25, 3]);
  });
  test("rotates no dimension above the largest", () => {
    let rule = soapWith(0);
    rule.maxPreconditionDim = 1;
    let run = new Run(rule).add(2, 2, [1, 2, 3, 4]).start().step(FIRST, 0.5).step([2, -3, 0, 0], 0.5);
    run.expect("w", 0, [0.5, 2.5, 3, 4]);
    expectClose("bytes", <f64>rule.tensorBytes(run.tensors[0]), 0, 0);
  });
  test("is Adam on vectors, unless told to rotate them", () => {
    let rule = soapWith(0);
    new Run(rule).add(2, 0, [1, 2]).start().step([3, 4], 0.5).step([2, 0], 0.5).expect("w", 0, [0.5, 2]);
    rule.precondition1d = true;
    // (3, 4)/5 and (4, -3)/5: (2, 0) is 1.2 and 1.6, Adam's step 1 and 1, back (7, 1)/5
    new Run(rule).add(2, 0, [1, 2]).start().step([3, 4], 0.5).step([2, 0], 0.5).expect("w", 0, [0.3, 1.9], 1e-5);
  });
  test("without bias correction the step is shorter, and normalised it has a root mean square of 1", () => {
    let rule = soapWith(0);
    rule.correctBias = false; // m/√v = 0.5/√0.25 of Adam's ±1
    new Run(rule).add(2, 0, [1, 2]).start().step([3, 4], 0.5).step([2, 1], 0.25).expect("w", 0, [0.75, 1.75]);
    rule.normalizeGrads = true; // (1, 0) is brought to (√2, 0)
    new Run(rule).add(2, 0, [1, 2]).start().step([3, 4], 0.5).step([2, 0], 0.25).expect("w", 0, [1 - 0.25 * Math.sqrt(2), 2]);
  });
  test("turns its averages along when the bases are refreshed", () => {
    // β = 0: L and R are of the last gradient alone. G₂ turns the bases to the axes, so m = ½·G₂ and v = ¼·G₂² stand there.
    let rule = soapWith(0);
    rule.shampooBeta = 0;
    rule.preconditionFrequency = 1;
    let run = new Run(rule).add(2, 2, [0, 0, 0, 0]).start().step(FIRST, 0.5).step([1, 0, 0, 4], 0.5);
    let m = run.stateOf(0, 0);
    let sum: f64 = 0;
    for (let i: usize = 0; i < 16; i += 4) sum += load<f32>(m + i) * load<f32>(m + i);
    expectClose("‖m‖", sum, 0.25 * 17, 1e-5);
    expectTrue("v is positive", load<f32>(run.stateOf(0, 1)) > 0);
  });
});
