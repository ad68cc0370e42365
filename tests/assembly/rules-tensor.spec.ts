// The rules that look at whole tensors, on numbers worked by hand: norms are whole, betas halves; and what holds for all
// of their kind (see rules-matrix.spec.ts and rules-free.spec.ts).
import { adafactor, dAdaptAdam, dog, lamb, lars, mars, muon, novograd, prodigy, soap } from "../../assembly/optimizers";
import { Rule } from "../../assembly/optimizers/rule";
import { fresh, draw, get, expectClose, expectSame, expectTrue, expectValues } from "./helpers";
import { Run, LambFields, LarsFields, NovogradFields, AdafactorFields, SoapFields } from "./rule-harness";

function lambWith(decay: f64): LambFields {
  fresh();
  let rule = changetype<LambFields>(lamb());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.eps = 1;
  rule.weightDecay = decay;
  rule.maxGradNorm = 0;
  return rule;
}

describe("lamb", () => {
  // ‖w‖ = 5; t = 1: m̂ = g, √v̂ = |g|, g/(|g| + 1) = ±0.5; λ = 0.5: u = (0.5 + 1.5, -0.5 + 2), ‖u‖ = 2.5, ratio 2
  test("w ← w - lr·‖w‖/‖u‖·u", () => {
    let run = new Run(lambWith(0.5)).add(2, 0, [3, 4]).start().step([1, -1], 0.25).expect("w", 0, [2, 3.25]);
    expectValues("m", run.stateOf(0, 0), [0.5, -0.5], 0);
    expectValues("v", run.stateOf(0, 1), [0.25, 0.25], 0);
  });
  test("with a ratio of at most 1", () => {
    let rule = lambWith(0.5);
    rule.trustClip = true;
    new Run(rule).add(2, 0, [3, 4]).start().step([1, -1], 0.25).expect("w", 0, [2.5, 3.625]);
  });
  test("without decay the ratio is 1, unless it always adapts", () => {
    let rule = lambWith(0);
    new Run(rule).add(2, 0, [3, 4]).start().step([1, -1], 0.25).expect("w", 0, [2.875, 4.125]);
    rule.alwaysAdapt = true;
    // ‖u‖ = √½: 0.25·5/√½·0.5 = 0.625·√2
    let step = 0.625 * Math.sqrt(2);
    new Run(rule).add(2, 0, [3, 4]).start().step([1, -1], 0.25).expect("w", 0, [3 - step, 4 + step]);
  });
  test("the ratio of weights 0 is 1", () => {
    new Run(lambWith(0.5)).add(1, 2, [0, 0]).start().step([1, -1], 0.25).expect("w", 0, [-0.125, 0.125]);
  });
  test("with decoupled decay the ratio is ‖(1 - lr·λ)w‖/‖u‖", () => {
    let rule = lambWith(0.8);
    rule.decoupledDecay = true;
    // 1 - 0.25·0.8 = 0.8: w (2.4, 3.2), norm 4; u ±0.5, norm √½: 0.25·4/√½·0.5 = 0.5·√2
    let step = 0.5 * Math.sqrt(2);
    new Run(rule).add(2, 0, [3, 4]).start().step([1, -1], 0.25).expect("w", 0, [2.4 - step, 3.2 + step]);
  });
  test("bounds the norm of all gradients together", () => {
    let rule = lambWith(0);
    rule.maxGradNorm = 1;
    // ‖(3, 4)‖ = 5: gradients 0.6, 0.8; below the bound they stay
    let run = new Run(rule).add(1, 0, [0]).add(1, 0, [0]).start().step([3, 4], 1);
    run.expect("first", 0, [-0.375]).expect("second", 1, [-0.8 / 1.8]);
    expectClose("m", get(run.stateOf(0, 0), 0), 0.3, 1e-6);
    run = new Run(rule).add(1, 0, [0]).add(1, 0, [0]).start().step([0.25, 0.5], 1);
    expectClose("m", get(run.stateOf(1, 0), 0), 0.25, 0);
  });
});

function larsWith(mu: f64): LarsFields {
  fresh();
  let rule = changetype<LarsFields>(lars());
  rule.momentum = mu;
  rule.weightDecay = 0.5;
  rule.trustCoeff = 0.5;
  rule.eps = 0;
  return rule;
}

describe("lars", () => {
  // ‖w‖ = 5, ‖g‖ = 10, λ = 0.5: ratio 0.5·5/(10 + 2.5) = 0.2; 0.2·(g + 0.5w) = (1.5, 2); lr 0.5
  test("scales gradient and decay, then goes on as sgd does", () => {
    new Run(larsWith(0)).add(2, 0, [3, 4]).start().step([6, 8], 0.5).expect("w", 0, [2.25, 3]);
    // t = 2: ‖w‖ = 3.75, ratio 1.875/11.875 = 3/19, (3/19)·(7.125, 9.5) = (1.125, 1.5); b (1.875, 2.5)
    let run = new Run(larsWith(0.5)).add(2, 0, [3, 4]).start().step([6, 8], 0.5).expect("w", 0, [2.25, 3]);
    run.step([6, 8], 0.5).expect("w", 0, [1.3125, 1.75]);
    expectValues("b", run.stateOf(0, 0), [1.875, 2.5]);
  });
  test("with Nesterov's look ahead and LARC's bound", () => {
    let rule = larsWith(0.5);
    rule.nesterov = true; // (1.5, 2) + 0.5·(1.5, 2)
    new Run(rule).add(2, 0, [3, 4]).start().step([6, 8], 0.5).expect("w", 0, [1.875, 2.5]);
    rule.nesterov = false;
    rule.trustClip = true; // 0.2/0.5 = 0.4
    new Run(rule).add(2, 0, [3, 4]).start().step([6, 8], 0.5).expect("w", 0, [1.5, 2]);
    new Run(rule).add(2, 0, [3, 4]).start().step([6, 8], 0.125).expect("w", 0, [3 - 0.125 * 7.5, 4 - 1.25]);
  });
  test("without decay it is sgd", () => {
    let rule = larsWith(0);
    rule.weightDecay = 0;
    new Run(rule).add(2, 0, [3, 4]).start().step([6, 8], 0.5).expect("w", 0, [0, 0]);
    rule.alwaysAdapt = true; // 0.5·5/10
    new Run(rule).add(2, 0, [3, 4]).start().step([6, 8], 0.5).expect("w", 0, [2.25, 3]);
  });
});

// v = ‖(3, 4)‖² = 25, (0.6, 0.8) + 0.5·(1, 2) = (1.1, 1.8), lr 0.5; β₂ = 0.2: v = 5 + 0.8·5 = 9;
// (1/3, 2/3) + 0.5·(0.45, 1.1) = (0.225 + 1/3, 0.55 + 2/3), m = 0.5·(1.1, 1.8) + that
function novogradWith(amsgrad: bool): NovogradFields {
  fresh();
  let rule = changetype<NovogradFields>(novograd());
  rule.beta1 = 0.5;
  rule.beta2 = 0.2;
  rule.eps = 0;
  rule.weightDecay = 0.5;
  rule.amsgrad = amsgrad;
  return rule;
}

describe("novograd", () => {
  test("divides by the norm's running root", () => {
    let run = new Run(novogradWith(false)).add(2, 0, [1, 2]).start().step([3, 4], 0.5).expect("w", 0, [0.45, 1.1]);
    run.step([1, 2], 0.5).expect("w", 0, [0.45 - 0.5 * (0.775 + 1.0 / 3), 1.1 - 0.5 * (1.45 + 2.0 / 3)]);
  });
  test("with AMSGrad by the largest one", () => {
    let run = new Run(novogradWith(true)).add(2, 0, [1, 2]).start().step([3, 4], 0.5);
    run.step([1, 2], 0.5).expect("w", 0, [0.45 - 0.5 * (0.775 + 0.2), 1.1 - 0.5 * (1.45 + 0.4)]);
  });
  test("takes the first norm that is not 0 whole, and averages the gradient when asked to", () => {
    let rule = novogradWith(false);
    rule.weightDecay = 0;
    rule.gradAveraging = true;
    new Run(rule).add(2, 0, [1, 2]).start().step([0, 0], 0.5).expect("w", 0, [1, 2]).step([3, 4], 0.5).expect("w", 0, [0.85, 1.8]);
  });
});

function adafactorWith(threshold: f64): AdafactorFields {
  fresh();
  let rule = changetype<AdafactorFields>(adafactor());
  rule.eps = 0;
  rule.clipThreshold = threshold;
  rule.minDimSizeToFactor = 1;
  return rule;
}

describe("adafactor", () => {
  test("keeps v in full for vectors; β₂ is 0 at t = 1, so that u = ±1, here halved", () => {
    let run = new Run(adafactorWith(0.5)).add(3, 0, [1, 1, 1]).start().step([2, -3, 4], 0.25).expect("w", 0, [0.875, 1.125, 0.875]);
    // t = 2, decay rate -1: v = ½v + ½g² = 4, 6.5, 8 for g = 2, 2, 0; u = 1, 2/√6.5, 0
    expectClose("bytes", <f64>run.rule.tensorBytes(run.tensors[0]), 16, 0);
    let rule = adafactorWith(10);
    rule.decayRate = -1;
    run = new Run(rule).add(3, 0, [1, 1, 1]).start().step([2, -3, 4], 0.25).expect("w", 0, [0.75, 1.25, 0.75]);
    run.step([2, 2, 0], 0.25).expect("w", 0, [0.5, 1.25 - 0.5 / Math.sqrt(6.5), 0.75]);
  });
  test("factors matrices: of rank 1 exactly, else by means of rows and columns", () => {
    new Run(adafactorWith(10)).add(2, 2, [1, 1, 1, 1]).start().step([1, 2, -2, 4], 0.25).expect("w", 0, [0.75, 0.75, 1.25, 0.75]);
    // rows (1, 5), columns (1, 5), mean 3: u = g/√(RC/3) = √3, √0.6, √0.6, 0.6·√3
    let run = new Run(adafactorWith(10)).add(2, 2, [1, 1, 1, 1]).start().step([1, 1, 1, 3], 0.25);
    let a = 1 - 0.25 * Math.sqrt(3), b = 1 - 0.25 * Math.sqrt(0.6);
    run.expect("w", 0, [a, b, b, 1 - 0.15 * Math.sqrt(3)]);
  });
  test("with the relative step and the weights' size", () => {
    let rule = adafactorWith(10);
    rule.relativeStep = true; // min(0.01, 1)·RMS(6, 8) = 0.01·√50
    let step = 0.01 * Math.sqrt(50);
    new Run(rule).add(2, 0, [6, 8]).start().step([1, -1], 99).expect("w", 0, [6 - step, 8 + step]);
    rule.warmupInit = true;
    rule.scaleParameter = false;
    new Run(rule).add(2, 0, [0, 8]).start().step([1, -1], 99).expect("w", 0, [-1e-6, 8 + 1e-6]);
  });
  test("factors any width: rows that are no whole vectors do not touch each other", () => {
    for (let rows = 2; rows <= 5; rows++) {
      for (let columns = 2; columns <= 9; columns++) {
        // Rank 1 again: every u is ±1, whatever the size of a row or a column.
        let g: f64[] = [], w: f64[] = [], expected: f64[] = [];
        let run = new Run(adafactorWith(10));
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            g.push((j & 1 ? -1 : 1) * (i + 1) * Math.pow(10, j - 4));
            w.push(i);
            expected.push(j & 1 ? i + 0.5 : i - 0.5);
          }
        }
        run.add(rows, columns, w).start().step(g, 0.5).expect(rows.toString() + " x " + columns.toString(), 0, expected);
      }
    }
  });
});

function all(): Rule[] {
  let frequent = soap();
  changetype<SoapFields>(frequent).preconditionFrequency = 2;
  return [adafactor(), dAdaptAdam(), dog(), lamb(), lars(), mars(), muon(), novograd(), prodigy(), frequent];
}
function drawn(count: i32): f64[] {
  let list: f64[] = [];
  for (let i = 0; i < count; i++) list.push(draw(-1, 1));
  return list;
}

describe("every rule that looks at whole tensors", () => {
  test("has the defaults of its reference", () => {
    let a = changetype<LambFields>(lamb()), b = changetype<LarsFields>(lars()), c = changetype<NovogradFields>(novograd());
    expectTrue("lamb", a.lr == 0.001 && a.beta1 == 0.9 && a.beta2 == 0.999 && a.eps == 1e-6 && a.weightDecay == 0.01 && a.maxGradNorm == 1);
    expectTrue("lamb's switches", a.biasCorrection && a.gradAveraging && !a.decoupledDecay && !a.trustClip && !a.alwaysAdapt);
    expectTrue("lars", b.lr == 1 && b.momentum == 0 && b.dampening == 0 && b.weightDecay == 0 && b.trustCoeff == 0.001 && b.eps == 1e-8);
    expectTrue("novograd", c.lr == 0.001 && c.beta1 == 0.95 && c.beta2 == 0.98 && c.eps == 1e-8 && c.weightDecay == 0);
    let d = changetype<AdafactorFields>(adafactor()), e = changetype<SoapFields>(soap());
    expectTrue("adafactor", d.eps == 1e-30 && d.epsScale == 0.001 && d.clipThreshold == 1 && d.decayRate == -0.8 && d.minDimSizeToFactor == 16);
    expectTrue("soap", e.lr == 0.003 && e.beta1 == 0.95 && e.beta2 == 0.95 && e.shampooBeta == -1 && e.weightDecay == 0.01 && e.preconditionFrequency == 10);
  });
  test("keeps all that it remembers in its state: a copy goes on to the bit", () => {
    let rules = all(), copies = all();
    for (let i = 0; i < rules.length; i++) {
      fresh();
      let run = new Run(rules[i]).add(18, 19, drawn(342)).add(3, 5, drawn(15)).add(7, 0, drawn(7)).start();
      for (let t = 0; t < 4; t++) run.step(drawn(364), 0.01);
      let copy = run.copyTo(copies[i]);
      let g = drawn(364);
      run.step(g, 0.01).step(g, 0.01);
      copy.step(g, 0.01).step(g, 0.01);
      for (let k = 0; k < 3; k++) expectSame("rule " + i.toString(), copy.tensors[k].value, run.tensors[k].value, run.tensors[k].count);
    }
  });
  test("leaves a tensor where it is whose gradient is always 0, and stays finite", () => {
    let rules = all();
    for (let i = 0; i < rules.length; i++) {
      fresh();
      let run = new Run(rules[i]).add(2, 3, [1, 2, 3, 4, 5, 6]).add(3, 0, [1, 0, -1]).start();
      for (let t = 0; t < 12; t++) run.step([0, 0, 0, 0, 0, 0, 0, 0, 0], 0.5);
      // soap and lamb decay by default.
      if (i != 3 && i != 9) run.expect("rule " + i.toString(), 0, [1, 2, 3, 4, 5, 6], 0);
      for (let k = 0; k < 6; k++) expectTrue("finite", isFinite(get(run.tensors[0].value, k)));
      expectTrue("finite", isFinite(get(run.tensors[1].value, 0)));
    }
  });
});
