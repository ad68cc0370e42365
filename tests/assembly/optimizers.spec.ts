// The update rules on numbers worked by hand for t = 1, 2, 3. Every other element is the mirror image (w and g negated);
// the last ones are padding, which stays 0. Each trajectory is run raw and through every clipping that gives the same g.
import { adam, adamw, momentum, sgd } from "../../assembly/optimizers";
import { Rule, power } from "../../assembly/optimizers/rule";
import { Parameter } from "../../assembly/parameter";
import { fresh, floats, room, get, set, close, copyOf, vector, expectClose, expectSame, expectTrue, expectValues, guardsHold } from "./helpers";
import { SgdFields, MomentumFields, AdamFields } from "./layer-harness";

/** What stands between the state arrays and must stay. */
const BETWEEN: f64 = 7;

/**
 * From w = 2 with the gradients g₁, g₂, g₃ of `g` to the weights of `expected`, and to the states after t = 3 of `states`,
 * at 4, 8, 12, 16 and 20 floats.
 */
function check(rule: Rule, lr: f64, g: f64[], expected: f64[], states: f64[]): void {
  expectClose("state arrays", rule.states(), states.length);
  for (let count = 4; count <= 20; count += 4) {
    for (let clipping = 0; clipping < 4; clipping++) run(rule, count, lr, g, expected, states, clipping);
  }
}
function run(rule: Rule, count: i32, lr: f64, g: f64[], expected: f64[], states: f64[], clipping: i32): void {
  fresh();
  let byValue = clipping == 1 || clipping == 3, byNorm = clipping >= 2;
  let name = count.toString() + " floats" + (byValue ? ", bounded" : "") + (byNorm ? ", scaled" : "");
  let live = count - (count & 4 ? 3 : 0);
  let largest: f64 = 0;
  for (let t = 0; t < 3; t++) largest = max(largest, abs(g[t]));
  // Gradients twice as large are g again when they are halved; the largest ones ten times as large, when they are bounded
  // before.
  let factor: f64 = byNorm ? 2 : 1;
  rule.gradLimit = byValue ? <f32>(factor * largest) : f32.MAX_VALUE;
  rule.gradScale = byNorm ? 0.5 : 1;
  let bytes = <usize>count << 2, stride = bytes + 32;
  let w = room(bytes), d = room(bytes), s = floats(states.length * (count + 8));
  for (let i = 0; i < states.length * (count + 8); i++) set(s, i, i % (count + 8) < count ? 0 : BETWEEN);
  for (let i = 0; i < live; i++) set(w, i, i & 1 ? -2 : 2);
  rule.t = 0;
  for (let t = 0; t < 3; t++) {
    for (let i = 0; i < live; i++) {
      let value = (byValue && abs(g[t]) == largest ? 10 : 1) * factor * g[t];
      set(d, i, i & 1 ? -value : value);
    }
    let before = copyOf(d, bytes);
    rule.t++;
    rule.begin();
    rule.update(w, d, s, stride, bytes, lr);
    expectSame(name + ", the gradient itself", d, before, count);
    for (let i = 0; i < count; i++) {
      let value = i >= live ? 0 : i & 1 ? -expected[t] : expected[t];
      expectClose(name + ", w of element " + i.toString() + " at t = " + rule.t.toString(), get(w, i), value, 1e-6, 2e-7);
    }
  }
  for (let a = 0; a < states.length; a++) {
    for (let i = 0; i < count + 8; i++) {
      // Squares have no sign.
      let value = i >= count ? BETWEEN : i >= live ? 0 : i & 1 && a == 0 ? -states[a] : states[a];
      expectClose(name + ", state " + a.toString() + " of element " + i.toString(), get(s, a * (count + 8) + i), value, 1e-6, 7.9e-31); // second moments are at least 2⁻¹⁰⁰
    }
  }
  guardsHold(name);
}

/** lr = 0.5 for sgd and momentum; the options' own lr must not matter. */
const G: f64[] = [1, 2, -4];

function sgdWith(mu: f64, dampening: f64, nesterov: bool, decay: f64): Rule {
  let rule = sgd();
  let fields = changetype<SgdFields>(rule);
  fields.lr = 99;
  fields.momentum = mu;
  fields.dampening = dampening;
  fields.nesterov = nesterov;
  fields.weightDecay = decay;
  return rule;
}

describe("sgd", () => {
  test("plain: w ← w - lr·g", () => {
    // 2 - 0.5·1 = 1.5; 1.5 - 0.5·2 = 0.5; 0.5 + 0.5·4 = 2.5
    check(sgdWith(0, 0, false, 0), 0.5, G, [1.5, 0.5, 2.5], []);
  });
  test("with weight decay: g ← g + λw", () => {
    // λ = 0.5: g 1 + 1 = 2, w 1; g 2 + 0.5 = 2.5, w 1 - 1.25 = -0.25; g -4 - 0.125 = -4.125, w -0.25 + 2.0625 = 1.8125
    check(sgdWith(0, 0, false, 0.5), 0.5, G, [1, -0.25, 1.8125], []);
  });
  test("with momentum: b ← μb + g, b₁ = g₁", () => {
    // μ = 0.5: b 1, w 1.5; b 0.5 + 2 = 2.5, w 0.25; b 1.25 - 4 = -2.75, w 1.625
    check(sgdWith(0.5, 0, false, 0), 0.5, G, [1.5, 0.25, 1.625], [-2.75]);
  });
  test("with dampening, which spares the first buffer", () => {
    // μ = 0.5, dampening 0.25: b 1, w 1.5; b 0.5 + 0.75·2 = 2, w 0.5; b 1 - 0.75·4 = -2, w 1.5
    check(sgdWith(0.5, 0.25, false, 0), 0.5, G, [1.5, 0.5, 1.5], [-2]);
  });
  test("with Nesterov's look ahead: w ← w - lr·(g + μb)", () => {
    // b 1, step 1 + 0.5 = 1.5, w 1.25; b 2.5, step 2 + 1.25 = 3.25, w -0.375; b -2.75, step -4 - 1.375 = -5.375, w 2.3125
    check(sgdWith(0.5, 0, true, 0), 0.5, G, [1.25, -0.375, 2.3125], [-2.75]);
  });
  test("with Nesterov and weight decay", () => {
    // λ = 0.5: g 2, b 2, step 3, w 0.5; g 2.25, b 1 + 2.25 = 3.25, step 2.25 + 1.625 = 3.875, w -1.4375;
    // g -4.71875, b 1.625 - 4.71875 = -3.09375, step -4.71875 - 1.546875 = -6.265625, w 1.6953125
    check(sgdWith(0.5, 0, true, 0.5), 0.5, G, [0.5, -1.4375, 1.6953125], [-3.09375]);
  });
  test("takes the first gradient as the buffer, whatever stood there", () => {
    fresh();
    let rule = sgdWith(0.5, 0.25, false, 0);
    let w = vector([1, 1, 1, 1]), s = vector([9, -9, 9, -9]);
    rule.t = 1;
    rule.update(w, vector([2, 2, 2, 2]), s, 16, 16, 0.25);
    expectValues("w", w, [0.5, 0.5, 0.5, 0.5], 0);
    expectValues("b", s, [2, 2, 2, 2], 0);
  });
});

describe("momentum, the exponentially weighted average", () => {
  test("V ← βV + (1 - β)·g, w ← w - lr·V", () => {
    // β = 0.5: V 0.5, w 1.75; V 0.25 + 1 = 1.25, w 1.125; V 0.625 - 2 = -1.375, w 1.8125
    let rule = momentum();
    changetype<MomentumFields>(rule).beta = 0.5;
    check(rule, 0.5, G, [1.75, 1.125, 1.8125], [-1.375]);
  });
  test("with bias correction V/(1 - βᵗ)", () => {
    // 0.5/0.5 = 1, w 1.5; 1.25/0.75 = 5/3, w 1.5 - 5/6 = 2/3; -1.375/0.875 = -11/7, w 2/3 + 11/14 = 61/42
    let rule = momentum();
    changetype<MomentumFields>(rule).beta = 0.5;
    changetype<MomentumFields>(rule).biasCorrection = true;
    check(rule, 0.5, G, [1.5, 2.0 / 3, 61.0 / 42], [-1.375]);
  });
  test("with weight decay: g ← g + λw, and β other than a half", () => {
    // β = 0.75, λ = 0.5: g 2, V 0.5, w 1.75; g 2.875, V 0.375 + 0.71875 = 1.09375, w 1.203125;
    // g -4 + 0.6015625 = -3.3984375, V 0.8203125 - 0.849609375 = -0.029296875, w 1.2177734375
    let rule = momentum();
    changetype<MomentumFields>(rule).beta = 0.75;
    changetype<MomentumFields>(rule).weightDecay = 0.5;
    check(rule, 0.5, G, [1.75, 1.203125, 1.2177734375], [-0.029296875]);
  });
});

// β₁ = 0.5, β₂ = 0.75, eps = 1, lr = 0.84 and gradients 1, 2.5, -2, for which the roots are whole:
// t = 1: m 0.5, m̂ 1; v 0.25, v̂ 0.25/0.25 = 1; step 0.84·1/(1 + 1) = 0.42
// t = 2: m 0.25 + 1.25 = 1.5, m̂ 1.5/0.75 = 2; v 0.1875 + 1.5625 = 1.75, v̂ 1.75/0.4375 = 4; step 0.84·2/(2 + 1) = 0.56
// t = 3: m 0.75 - 1 = -0.25, m̂ -0.25/0.875 = -2/7; v 1.3125 + 1 = 2.3125, v̂ 2.3125/0.578125 = 4; step -0.24/3 = -0.08
const RATE: f64 = 0.84;
const ADAM_G: f64[] = [1, 2.5, -2];

function withBetas(rule: Rule, decay: f64, amsgrad: bool): Rule {
  let fields = changetype<AdamFields>(rule);
  fields.lr = 99;
  fields.beta1 = 0.5;
  fields.beta2 = 0.75;
  fields.eps = 1;
  fields.weightDecay = decay;
  fields.amsgrad = amsgrad;
  return rule;
}

describe("adam", () => {
  test("w ← w - lr·m̂/(√v̂ + eps)", () => {
    // 2 - 0.42 = 1.58; 1.58 - 0.56 = 1.02; 1.02 + 0.08 = 1.1
    check(withBetas(adam(), 0, false), RATE, ADAM_G, [1.58, 1.02, 1.1], [-0.25, 2.3125]);
  });
  test("with coupled decay: g ← g + λw", () => {
    // λ = 0.25: 0.5 + 0.25·2 = 1; 2.105 + 0.25·1.58 = 2.5; -2.255 + 0.25·1.02 = -2: the same path
    check(withBetas(adam(), 0.25, false), RATE, [0.5, 2.105, -2.255], [1.58, 1.02, 1.1], [-0.25, 2.3125]);
  });
  test("with coupled decay by the weight itself, λ = 1", () => {
    // -1 + 2 = 1; 0.92 + 1.58 = 2.5; -3.02 + 1.02 = -2: the same path
    check(withBetas(adam(), 1, false), RATE, [-1, 0.92, -3.02], [1.58, 1.02, 1.1], [-0.25, 2.3125]);
  });
  test("with eps = 0, where padding must not become 0/0", () => {
    // 2 - 0.84·1/1 = 1.16; 1.16 - 0.84·2/2 = 0.32; 0.32 + 0.24/2 = 0.44
    let rule = withBetas(adam(), 0, false);
    changetype<AdamFields>(rule).eps = 0;
    check(rule, RATE, ADAM_G, [1.16, 0.32, 0.44], [-0.25, 2.3125]);
  });
  test("AMSGrad divides by the largest v so far", () => {
    // g₃ = 0: m 0.75, m̂ 6/7; v 1.3125, but 1.75 was larger: step 0.84·6/7/(√(1.75/0.578125) + 1)
    let last = 1.02 - 0.72 / (Math.sqrt(1.75 / 0.578125) + 1);
    check(withBetas(adam(), 0, true), RATE, [1, 2.5, 0], [1.58, 1.02, last], [0.75, 1.3125, 1.75]);
  });
  test("without AMSGrad the same gradients divide by the last v", () => {
    let last = 1.02 - 0.72 / (Math.sqrt(1.3125 / 0.578125) + 1);
    check(withBetas(adam(), 0, false), RATE, [1, 2.5, 0], [1.58, 1.02, last], [0.75, 1.3125]);
  });
});

describe("adamw", () => {
  test("with decoupled decay: w ← (1 - lr·λ)·w beside the step", () => {
    // λ = 0.25, 1 - 0.84·0.25 = 0.79: 1.58 - 0.42 = 1.16; 0.9164 - 0.56 = 0.3564; 0.281556 + 0.08 = 0.361556
    check(withBetas(adamw(), 0.25, false), RATE, ADAM_G, [1.16, 0.3564, 0.361556], [-0.25, 2.3125]);
  });
  test("with AMSGrad", () => {
    let last = 0.281556 - 0.72 / (Math.sqrt(1.75 / 0.578125) + 1);
    check(withBetas(adamw(), 0.25, true), RATE, [1, 2.5, 0], [1.16, 0.3564, last], [0.75, 1.3125, 1.75]);
  });
});

describe("every rule", () => {
  test("has the defaults of its paper or of PyTorch", () => {
    let s = changetype<SgdFields>(sgd());
    expectTrue("sgd", s.lr == 0.01 && s.momentum == 0 && s.dampening == 0 && !s.nesterov && s.weightDecay == 0);
    let m = changetype<MomentumFields>(momentum());
    expectTrue("momentum", m.lr == 0.01 && m.beta == 0.9 && !m.biasCorrection && m.weightDecay == 0);
    let a = changetype<AdamFields>(adam());
    expectTrue("adam", a.lr == 0.001 && a.beta1 == 0.9 && a.beta2 == 0.999 && a.eps == 1e-8 && a.weightDecay == 0 && !a.amsgrad);
    let d = changetype<AdamFields>(adamw());
    expectTrue("adamw", d.lr == 0.001 && d.beta1 == 0.9 && d.beta2 == 0.999 && d.eps == 1e-8 && d.weightDecay == 0.01 && !d.amsgrad);
  });
  test("first bounds the gradient by value, then scales it; NaN stays NaN", () => {
    const rules: Rule[] = [sgd(), sgdWith(0.9, 0, false, 0), momentum(), adam(), adamw()];
    for (let i = 0; i < rules.length; i++) {
      fresh();
      let w = vector([0, 0, 0, 1]);
      rules[i].t = 1;
      rules[i].gradLimit = 1;
      rules[i].gradScale = 0.5;
      rules[i].update(w, vector([5, -5, 0.25, NaN]), floats(12), 16, 16, 1);
      expectTrue("NaN of rule " + i.toString(), isNaN(get(w, 3)));
      if (i < 2) expectValues("w", w, [-0.5, 0.5, -0.125, NaN], 0);
    }
  });
  test("updates a tensor with its padding, and infers with the parameters themselves", () => {
    const rules: Rule[] = [sgd(), momentum(), adam(), adamw()];
    for (let i = 0; i < rules.length; i++) {
      fresh();
      let tensor = new Parameter(5, 1);
      tensor.value = vector([1, 1, 1, 1, 1, 0, 0, 0]);
      tensor.grad = vector([1, 1, 1, 1, 1, 0, 0, 0]);
      rules[i].t = 1;
      let plain = copyOf(tensor.value, 32), states = floats(2 * 8), out = floats(8);
      rules[i].update(plain, tensor.grad, floats(2 * 8), 32, 32, 0.5);
      rules[i].updateTensor(tensor, states, 32, tensor.paddedBytes, 0.5);
      expectSame("w of rule " + i.toString(), tensor.value, plain, 8);
      expectTrue("moved", get(tensor.value, 4) != 1);
      rules[i].evalTensor(out, tensor, states, 32, tensor.paddedBytes);
      expectSame("weights for inference", out, plain, 8);
      expectTrue("no passes, no state beside the arrays", !rules[i].separates() && !rules[i].drives() && rules[i].passes() == 0 && rules[i].tensorBytes(tensor) + rules[i].sharedBytes() + rules[i].workBytes(tensor) == 0);
    }
  });
  test("sees tensors padded to whole vectors of four", () => {
    const counts: i32[] = [1, 4, 5, 8, 9];
    for (let i = 0; i < counts.length; i++) {
      let bytes: usize = i == 0 || i == 1 ? 16 : i == 4 ? 48 : 32;
      expectTrue(counts[i].toString() + " numbers", new Parameter(counts[i]).paddedBytes == bytes && new Parameter(counts[i], 1).paddedBytes == bytes);
    }
  });
  test("leaves everything as it is at rate 0 without decay", () => {
    const rules: Rule[] = [sgd(), momentum(), adam(), adamw()];
    for (let i = 0; i < rules.length; i++) {
      fresh();
      let w = vector([1, -2, 3, 0]);
      rules[i].t = 1;
      rules[i].update(w, vector([1, 1, 1, 1]), floats(8), 16, 16, 0);
      expectValues("w of rule " + i.toString(), w, [1, -2, 3, 0], 0);
    }
  });
});

describe("power", () => {
  test("is βᵗ, exact where that is a float64 and within 1e-12 of pow elsewhere", () => {
    expectClose("0.5¹⁰", power(0.5, 10), 0.0009765625, 0);
    expectClose("0.3⁰", power(0.3, 0), 1, 0);
    expectClose("0⁰", power(0, 0), 1, 0);
    expectClose("0⁵", power(0, 5), 0, 0);
    for (let t: u32 = 1; t < 100; t++) expectTrue("0.9 to the " + t.toString(), close(power(0.9, t), Math.pow(0.9, t), 1e-12, 0));
    expectClose("0.999¹⁰⁰⁰", power(0.999, 1000), Math.pow(0.999, 1000), 1e-12);
    expectClose("0.9 to the 4294967295", power(0.9, 4294967295), 0);
  });
});
