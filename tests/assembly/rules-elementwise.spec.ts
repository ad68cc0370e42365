// The classic elementwise rules on numbers worked by hand; each trajectory runs plain and through both clippings.
import { adadelta, adagrad, adamax, asgd, nadam, radam, rmsprop, rprop } from "../../assembly/optimizers";
import {
  follow, followRates, expectDefaults, expectEval, expectStill,
  AsgdFields, RpropFields, AdagradFields, AdadeltaFields, RmspropFields, DecayFields, NadamFields,
} from "./element-harness";

function asgdWith(t0: f64, decay: f64): AsgdFields {
  let rule = changetype<AsgdFields>(asgd());
  rule.lambd = 0.5;
  rule.alpha = 1;
  rule.t0 = t0;
  rule.weightDecay = decay;
  return rule;
}

describe("asgd", () => {
  // η = 0.5/(1 + 0.25(t - 1)) = 1/2, 2/5, 1/3: w = 2·0.75 - 0.5; 1·0.8 - 0.4·2; 0·5/6 + 1
  test("w ← w(1 - λη) - ηg", () => {
    follow(asgdWith(0, 0), 2, [1, 2, -3], 0.5, [1, 0, 1]);
  });
  // μ = 1, 1, 1/2: a = 1, 0, 0 + (1 - 0)/2
  test("inference: the mean of the last weights", () => expectEval(follow(asgdWith(0, 0), 2, [1, 2, -3], 0.5, [1, 0, 1]), 0.5));
  test("inference before t0: the weights", () => expectEval(follow(asgdWith(9, 0), 2, [1, 2, -3], 0.5, [1, 0, 1]), 1));
  test("inference before the first step: the weights", () => expectEval(follow(asgdWith(0, 0), 3, [], 0.5, []), 3));
  // g = 1 + 0.5·2 = 2: 1.5 - 1; 2 + 0.25: 0.4 - 0.9
  test("coupled decay", () => {
    follow(asgdWith(0, 0.5), 2, [1, 2], 0.5, [0.5, -0.5]);
  });
});

function rpropWith(least: f64, most: f64): RpropFields {
  let rule = changetype<RpropFields>(rprop());
  rule.etaPlus = 2;
  rule.stepMin = least;
  rule.stepMax = most;
  return rule;
}

describe("rprop", () => {
  // Sizes 1; 2 (agrees); 1 (turned, no move); 1 (nothing to compare with); 2; 3 (bound)
  test("step sizes grow with agreement and shrink at a turn, which does not move", () => {
    follow(rpropWith(0, 3), 2, [1, 0.1, -7, -1, -3, -1], 1, [1, -1, -1, 0, 2, 5]);
  });
  // 1; turned 0.5, bound 0.75; 0.75; turned, 0.75; 0.75
  test("sizes keep above the least", () => {
    follow(rpropWith(0.75, 3), 2, [1, -1, -1, 1, 1], 1, [1, 1, 1.75, 1.75, 1]);
  });
  test("only signs count, of the smallest gradients too", () => {
    follow(rpropWith(0, 3), 2, [1e-30, 1e-30, -1e-30], 1, [1, -1, -1]);
  });
  test("a gradient of 0 neither moves nor changes the size", () => {
    follow(rpropWith(0, 9), 2, [1, 0, 1, 1], 1, [1, 1, 0, -2]);
    expectStill("rprop", rprop());
  });
  test("the rate is read in the first step alone", () => followRates(rpropWith(0, 9), 2, [1, 1], [1, 50], [1, -1]));
});

function adagradWith(eps: f64, inside: bool, first: f64 = 0): AdagradFields {
  let rule = changetype<AdagradFields>(adagrad());
  rule.eps = eps;
  rule.epsInsideSqrt = inside;
  rule.initialAccumulator = first;
  return rule;
}

describe("adagrad", () => {
  // v = 9, 25: 2 - 3/4; 1.25 - 4/6
  test("w ← w - lr·g/(√v + eps)", () => {
    follow(adagradWith(1, false), 2, [3, 4], 1, [1.25, 1.25 - 2 / 3.0]);
  });
  // √(9 + 7) = 4, √(18 + 7) = 5
  test("eps inside the root", () => {
    follow(adagradWith(7, true), 2, [3, 3], 1, [1.25, 0.65]);
  });
  // v = 16 + 9
  test("the sum's first value", () => {
    follow(adagradWith(1, false, 16), 2, [3], 1, [1.5]);
  });
  // lr/1, lr/2
  test("the rate falls", () => {
    let fields = adagradWith(1, false);
    fields.lrDecay = 1;
    follow(fields, 2, [3, 4], 1, [1.25, 1.25 - 1 / 3.0]);
  });
  // g = 2 + 0.5·2 = 3; 3.375 + 0.5·1.25 = 4
  test("coupled decay", () => {
    let fields = adagradWith(1, false);
    fields.weightDecay = 0.5;
    follow(fields, 2, [2, 3.375], 1, [1.25, 1.25 - 2 / 3.0]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("adagrad", adagradWith(1e-10, false));
    expectStill("adagrad, eps 0", adagradWith(0, false));
  });
});

function adadeltaWith(eps: f64, decay: f64): AdadeltaFields {
  let rule = changetype<AdadeltaFields>(adadelta());
  rule.rho = 0.5;
  rule.eps = eps;
  rule.weightDecay = decay;
  return rule;
}

describe("adadelta", () => {
  // v = 8, Δ = 4·√1/√9, u = 8/9; g² = 8: v = 8, Δ = √8·√(17/9)/3
  test("Δ = g·√(u + eps)/√(v + eps)", () => {
    let second = 2 - 4 / 3.0 - (Math.sqrt(8) * Math.sqrt(17 / 9.0)) / 3;
    follow(adadeltaWith(1, 0), 2, [4, Math.sqrt(8)], 1, [2 / 3.0, second]);
  });
  // g = 3 + 0.5·2; half the step
  test("coupled decay, and lr as a factor", () => {
    follow(adadeltaWith(1, 0.5), 2, [3], 0.5, [4 / 3.0]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("adadelta", adadelta());
    expectStill("adadelta, eps 0", adadeltaWith(0, 0));
  });
});

function rmspropWith(alpha: f64, eps: f64): RmspropFields {
  let rule = changetype<RmspropFields>(rmsprop());
  rule.alpha = alpha;
  rule.eps = eps;
  return rule;
}

describe("rmsprop", () => {
  // v = 16/4; 3 + 4/4: 2 - 4/3; - 2/3
  test("w ← w - lr·g/(√v + eps)", () => {
    follow(rmspropWith(0.75, 1), 2, [4, 2], 1, [2 / 3.0, 0]);
  });
  // √(4 + 5) both times
  test("eps inside the root", () => {
    let fields = rmspropWith(0.75, 5);
    fields.epsInsideSqrt = true;
    follow(fields, 2, [4, 2], 1, [2 / 3.0, 0]);
  });
  // v = 0.75·16 + 0.25·16 = 16; 12 + 1
  test("the mean square's first value", () => {
    let fields = rmspropWith(0.75, 1);
    fields.initialAccumulator = 16;
    follow(fields, 2, [4, 2], 1, [1.2, 1.2 - 2 / (Math.sqrt(13) + 1)]);
  });
  // b = 4/3; 2/3 + 2/3: 2 - 0.5·4/3; - 0.25·4/3
  test("a buffer, and the rate outside it", () => {
    let fields = rmspropWith(0.75, 1);
    fields.momentum = 0.5;
    followRates(fields, 2, [4, 2], [0.5, 0.25], [4 / 3.0, 1]);
    follow(fields, 2, [4, 2], 0.5, [4 / 3.0, 2 / 3.0]);
  });
  // b = 0.5·4/3; 1/3 + 0.25·2/3
  test("the rate inside the buffer", () => {
    let fields = rmspropWith(0.75, 1);
    fields.momentum = 0.5;
    fields.lrInMomentum = true;
    followRates(fields, 2, [4, 2], [0.5, 0.25], [4 / 3.0, 5 / 6.0]);
  });
  // mean square 8, mean 2: variance 4; 6 and 2: 2
  test("centered: by the deviation", () => {
    let fields = rmspropWith(0.5, 1);
    fields.centered = true;
    follow(fields, 2, [4, 2], 1, [2 / 3.0, 2 / 3.0 - 2 / (Math.SQRT2 + 1)]);
  });
  // b = 4/3; 2/3 + 2/(√2 + 1)
  test("centered with a buffer and decay", () => {
    let fields = rmspropWith(0.5, 1);
    fields.centered = true;
    fields.momentum = 0.5;
    fields.weightDecay = 0.5;
    follow(fields, 2, [3, 2 - 1 / 3.0], 1, [2 / 3.0, -2 / (Math.SQRT2 + 1)]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("rmsprop", rmsprop());
    expectStill("rmsprop, eps 0", rmspropWith(0.9, 0));
    let fields = rmspropWith(0.9, 0);
    fields.centered = true;
    fields.momentum = 0.9;
    expectStill("rmsprop centered, eps 0", fields);
  });
});

function adamaxWith(eps: f64, decay: f64): DecayFields {
  let rule = changetype<DecayFields>(adamax());
  rule.beta1 = 0.5;
  rule.beta2 = 0.5;
  rule.eps = eps;
  rule.weightDecay = decay;
  return rule;
}

describe("adamax", () => {
  // m̂ = 3, u = 3 + 1; m = 0.75, m̂ = 1, u = max(2, 0 + 1)
  test("w ← w - lr·m̂/max(β₂u, |g| + eps)", () => {
    follow(adamaxWith(1, 0), 2, [3, 0], 1, [1.25, 0.75]);
  });
  // g = 2 + 0.5·2; -0.625 + 0.5·1.25
  test("coupled decay", () => {
    follow(adamaxWith(1, 0.5), 2, [2, -0.625], 1, [1.25, 0.75]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("adamax", adamax());
    expectStill("adamax, eps 0", adamaxWith(0, 0));
  });
});

function nadamWith(momentumDecay: f64, twice: bool): NadamFields {
  let rule = changetype<NadamFields>(nadam());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.eps = 1;
  rule.momentumDecay = momentumDecay;
  rule.muTwice = twice;
  return rule;
}

describe("nadam", () => {
  // μ = 0.25 throughout, √v̂ + 1 = 3. P = 1/4: m = 1: (1/4)/(15/16)·1 + (3/4)/(3/4)·2; P = 1/16: m = 1.5: (1/4)/(63/64)·1.5 +
  // (3/4)/(15/16)·2
  test("the mean gradient, and the gradient itself", () => {
    let first = 2 - (4 / 15.0 + 2) / 3;
    follow(nadamWith(0, false), 2, [2, 2], 1, [first, first - (8 / 21.0 + 1.6) / 3]);
  });
  // 1/4 in the products once more: (1/4)/(63/64); (1/4)/(255/256)·1.5
  test("with μ twice, as in PyTorch 1.13", () => {
    let first = 2 - (16 / 63.0 + 2) / 3;
    follow(nadamWith(0, true), 2, [2, 2], 1, [first, first - (32 / 85.0 + 1.6) / 3]);
  });
  // 0.96^ψ = 1/2: μ₁ = 3/8, μ₂ = 7/16: (7/16)/(1 - 21/128) = 56/107
  test("μ grows", () => {
    follow(nadamWith(Math.log(0.5) / Math.log(0.96), false), 2, [2], 1, [2 - (56 / 107.0 + 2) / 3]);
  });
  test("coupled decay: g = 1 + 0.5·2", () => {
    let fields = nadamWith(0, false);
    fields.weightDecay = 0.5;
    follow(fields, 2, [1], 1, [2 - (4 / 15.0 + 2) / 3]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("nadam", nadam());
    let fields = nadamWith(0, true);
    fields.eps = 0;
    expectStill("nadam, eps 0", fields);
  });
});

function radamWith(beta2: f64, decay: f64): DecayFields {
  let rule = changetype<DecayFields>(radam());
  rule.beta1 = 0.5;
  rule.beta2 = beta2;
  rule.eps = 1e-8;
  rule.weightDecay = decay;
  return rule;
}

describe("radam", () => {
  // β₂ = 0.9: ρ₅ = 4.581, ρ₆ = 5.390, ρ∞ = 19: r² = 1.38956·3.38956·19/(15·17·5.38956), r = 0.255177; m̂ = 1 and √v̂ = 1 throughout
  test("along the mean gradient while ρ ≤ 5, then by a share r of Adam's step", () => {
    follow(radamWith(0.9, 0), 2, [1, 1, 1, 1, 1, 1], 0.5, [1.5, 1, 0.5, 0, -0.5, -0.5 - 0.5 * 0.2551768065]);
  });
  // β₂ = 0.5: ρ∞ = 3; m = 1; 0.5 + 1.5·0.5: m̂ = 2; (0.5 + 2)/1.5
  test("never divides where ρ∞ ≤ 5", () => {
    follow(radamWith(0.5, 0), 2, [2, 4], 1, [0, -10 / 3.0]);
  });
  // g = 1 + 0.5·2; 4 + 0
  test("coupled decay", () => {
    follow(radamWith(0.5, 0.5), 2, [1, 4], 1, [0, -10 / 3.0]);
  });
  test("stays with gradients of 0", () => expectStill("radam", radam()));
});

describe("defaults of the classic rules", () => {
  test("are PyTorch's", () => {
    expectDefaults(asgd(), [0.01, 1e-4, 0.75, 1e6, 0]);
    expectDefaults(rprop(), [0.01, 0.5, 1.2, 1e-6, 50]);
    expectDefaults(adagrad(), [0.01, 0, 0, 0, 1e-10]);
    expectDefaults(adadelta(), [1, 0.9, 1e-6, 0]);
    expectDefaults(rmsprop(), [0.01, 0.99, 1e-8, 0]);
    expectDefaults(adamax(), [0.002, 0.9, 0.999, 1e-8, 0]);
    expectDefaults(nadam(), [0.002, 0.9, 0.999, 1e-8, 0.004, 0]);
    expectDefaults(radam(), [0.001, 0.9, 0.999, 1e-8, 0]);
  });
});
