// The modern elementwise rules on numbers worked by hand; each trajectory runs plain and through both clippings.
import { adabelief, adan, ademamix, adopt, laprop, lion, signSgd, yogi } from "../../assembly/optimizers";
import {
  follow, followRates, expectDefaults, expectStill,
  AdabeliefFields, AdanFields, AdemamixFields, AdoptFields, DecayFields, LionFields, SignSgdFields, YogiFields,
} from "./element-harness";

describe("lion", () => {
  // sign(0.5) = 1, m = 0.25: 2·0.75 - 0.5; 0.25 - 0.5·0.35 > 0, m = 0.1625: 0.75 - 0.5; 0.1625 - 0.5·1.1625 < 0: 0.1875 + 0.5
  test("w ← w(1 - lr·λ) - lr·sign(β₁m + (1 - β₁)g), then m", () => {
    let rule = changetype<LionFields>(lion());
    rule.beta1 = 0.5;
    rule.beta2 = 0.75;
    rule.weightDecay = 0.5;
    follow(rule, 2, [1, -0.1, -1], 0.5, [1, 0.25, 0.6875]);
    expectStill("lion", lion());
  });
});

describe("signSgd", () => {
  // m = 0.5: 2·0.75 - 0.5 = 1; m = 0.125: 0.75 - 0.5 = 0.25; m = -0.4375: 0.1875 + 0.5
  test("w ← w(1 - lr·λ) - lr·sign(m) with m ← βm + (1 - β)g", () => {
    let rule = changetype<SignSgdFields>(signSgd());
    rule.momentum = 0.5;
    rule.weightDecay = 0.5;
    follow(rule, 2, [1, -0.25, -1], 0.5, [1, 0.25, 0.6875]);
    expectStill("signSgd", signSgd());
    expectDefaults(signSgd(), [0.001, 0.9, 0]);
  });
});

function adabeliefWith(eps: f64): AdabeliefFields {
  let rule = changetype<AdabeliefFields>(adabelief());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.eps = eps;
  return rule;
}
const BELIEF: f64 = 2 - 4 / 7.0;

describe("adabelief", () => {
  // m = 2, s = 0.25·(4 - 2)² + 3 = 4, √ŝ = 4; m = 2, s = 3 + 0 + 3, ŝ = 6/(7/16), m̂ = 8/3
  test("w ← w - lr·m̂/(√ŝ + eps), s by (g - m)² and eps", () => {
    follow(adabeliefWith(3), 2, [4, 2], 1, [BELIEF, BELIEF - 8 / 3.0 / (Math.sqrt(96 / 7.0) + 3)]);
  });
  test("decay beside the step, or in the gradient", () => {
    let fields = adabeliefWith(3);
    fields.weightDecay = 0.5;
    follow(fields, 2, [4], 1, [BELIEF - 1]);
    fields.weightDecouple = false;
    follow(fields, 2, [3], 1, [BELIEF]);
  });
  // Without eps s = 1, then 0.75, or still 1
  test("AMSGrad keeps the largest s", () => {
    let fields = adabeliefWith(0);
    follow(fields, 2, [4, 2], 1, [0, -8 / 3.0 / Math.sqrt(12 / 7.0)]);
    fields.amsgrad = true;
    follow(fields, 2, [4, 2], 1, [0, -8 / 3.0 / Math.sqrt(16 / 7.0)]);
  });
  test("rectified: along the mean gradient at first", () => {
    let fields = adabeliefWith(3);
    fields.rectify = true;
    follow(fields, 2, [4, 2], 1, [-2, -2 - 8 / 3.0]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("adabelief", adabelief());
    expectStill("adabelief, eps 0", adabeliefWith(0));
  });
});

function yogiWith(first: f64, decay: f64): YogiFields {
  let rule = changetype<YogiFields>(yogi());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.eps = 1;
  rule.weightDecay = decay;
  rule.initialAccumulator = first;
  return rule;
}
const YOGI: f64 = 5 / 7.0;

describe("yogi", () => {
  // m = 4.5, m̂ = 9, v = 5 + 16/4 = 9, √v̂ = 6; m = 3.25, m̂ = 13/3, v = 9 - 4/4
  test("v moves by (1 - β₂)g² towards g²; m and v begin alike", () => {
    follow(yogiWith(5, 0), 2, [4, 2], 1, [YOGI, YOGI - 13 / 3.0 / (Math.sqrt(128 / 7.0) + 1)], false);
  });
  test("decay beside the step", () => {
    follow(yogiWith(5, 0.5), 2, [4], 1, [YOGI - 1], false);
  });
  // m = 2, v = 16/4: m̂ = 4, √v̂ = 4
  test("from 0 it is odd, and a weight without gradients stays", () => {
    follow(yogiWith(0, 0), 2, [4], 1, [1.2]);
    expectStill("yogi", yogiWith(0, 0));
  });
});

function adanWith(decay: f64, plain: bool): AdanFields {
  let rule = changetype<AdanFields>(adan());
  rule.beta1 = 0.5;
  rule.beta2 = 0.5;
  rule.beta3 = 0.75;
  rule.eps = 1;
  rule.weightDecay = decay;
  rule.noProx = plain;
  return rule;
}

describe("adan", () => {
  // m̂ = 2, v = 0, √n̂ = 2: 2 - 2/3. Then d = 2: m = 2.5, v = 1, β₂v̂ = 2/3, n = 0.75 + 25/4 = 7, √n̂ = 4: (10/3 + 2/3)/5
  test("w ← w - lr·(m̂ + β₂v̂)/(√n̂ + eps)", () => {
    follow(adanWith(0, false), 2, [2, 4], 1, [4 / 3.0, 4 / 3.0 - 0.8]);
  });
  test("decay by a division, or as AdamW's", () => {
    follow(adanWith(1, false), 2, [2, 4], 1, [2 / 3.0, -1 / 15.0]);
    follow(adanWith(0.5, true), 2, [2, 4], 1, [1 / 3.0, 1 / 6.0 - 0.8]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("adan", adan());
    let fields = adanWith(0, false);
    fields.eps = 0;
    expectStill("adan, eps 0", fields);
  });
});

function ademamixWith(decay: f64, alphaWarmup: i32 = 0, beta3Warmup: i32 = 0): AdemamixFields {
  let rule = changetype<AdemamixFields>(ademamix());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.beta3 = 0.75;
  rule.alpha = 2;
  rule.eps = 1;
  rule.weightDecay = decay;
  rule.alphaWarmup = alphaWarmup;
  rule.beta3Warmup = beta3Warmup;
  return rule;
}

describe("ademamix", () => {
  // m̂₁ = 2, √v̂ = 2 throughout; m₂ = 0.5, 0.875
  test("w ← w(1 - lr·λ) - lr·(m̂₁ + α·m₂)/(√v̂ + eps)", () => {
    follow(ademamixWith(0), 2, [2, 2], 1, [1, -0.25]);
    follow(ademamixWith(0.5), 2, [2, 2], 1, [0, -1.25]);
  });
  // α = 1, 2
  test("α rises", () => {
    follow(ademamixWith(0, 2), 2, [2, 2], 1, [7 / 6.0, 7 / 6.0 - 1.25]);
  });
  // Half-lives of 0.5 and 0.75: 1 and 2.409421; halfway 1.704710, β₃ = 0.5^(1/1.70471) = 0.665906, m₂ = 2·0.334094; then
  // m₂ = 0.75·0.668188 + 0.5 = 1.001141
  test("β₃ rises by its half-life", () => {
    let w = 2 - (2 + 2 * 0.668188313) / 3;
    follow(ademamixWith(0, 0, 2), 2, [2, 2], 1, [w, w - (2 + 2 * 1.001141235) / 3]);
  });
  test("stays with gradients of 0", () => expectStill("ademamix", ademamix()));
});

function adoptWith(clip: i32, decay: f64, decouple: bool): AdoptFields {
  let rule = changetype<AdoptFields>(adopt());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.clip = clip;
  rule.weightDecay = decay;
  rule.decouple = decouple;
  return rule;
}

describe("adopt", () => {
  // v = 4, no move; 4/2, bound 1, m = 0.5; v = 3 + 4 = 7: 1 of a bound 2^¼, m = 0.75
  test("divides by the second moment before, and bounds", () => {
    follow(adoptWith(0, 0, false), 2, [2, 4, Math.sqrt(7)], 1, [2, 1.5, 0.75]);
  });
  // m = 1; v = 7: 2^¼ of 3/2, m = 0.75, 0.125 + 2^¼/2… with the bound; 1.5/1 without
  test("the bound grows; or there is none", () => {
    let bounded = 1.5 - (0.25 + 0.5 * Math.pow(2, 0.25));
    follow(adoptWith(0, 0, false), 2, [2, 4, 1.5 * Math.sqrt(7)], 1, [2, 1.5, bounded]);
    follow(adoptWith(1, 0, false), 2, [2, 4, 1.5 * Math.sqrt(7)], 1, [2, 1, -0.25]);
  });
  // Beside the step from t = 2 on: 2·0.5 - 0.5; in the gradient: 0 + 2, 2 + 2
  test("decay beside the step, or in the gradient", () => {
    follow(adoptWith(0, 0.5, true), 2, [2, 4], 1, [2, 0.5]);
    follow(adoptWith(0, 1, false), 2, [0, 2], 1, [2, 1.5]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("adopt", adopt());
    let fields = adoptWith(1, 0, false);
    fields.eps = 0;
    expectStill("adopt, eps 0", fields);
  });
});

function lapropWith(decay: f64): DecayFields {
  let rule = changetype<DecayFields>(laprop());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.eps = 1;
  rule.weightDecay = decay;
  return rule;
}

describe("laprop", () => {
  // √v̂ = 2 throughout. lr = 0.5: L = 0.25, m = 1/6, m/c = 1/3; lr = 1: L = 0.625, m = 1/12 + 1/3, m/c = 2/3; lr = 0: L = 0.3125
  test("momentum over normalised gradients, corrected by the rates", () => {
    followRates(lapropWith(0), 2, [2, 2, 2], [0.5, 1, 0], [5 / 3.0, 1, 1]);
  });
  // m = 1/6, 1/12 + 1/6; c = 0.5, 0.75
  test("decay after the step", () => {
    follow(lapropWith(0), 2, [2, 2], 0.5, [5 / 3.0, 4 / 3.0]);
    follow(lapropWith(0.5), 2, [2, 2], 0.5, [1.25, (1.25 - 1 / 3.0) * 0.75]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("laprop", laprop());
    let fields = lapropWith(0);
    fields.eps = 0;
    expectStill("laprop, eps 0", fields);
  });
});

describe("defaults of the modern rules", () => {
  test("are those of the reference implementations", () => {
    expectDefaults(lion(), [1e-4, 0.9, 0.99, 0]);
    expectDefaults(adabelief(), [0.001, 0.9, 0.999, 1e-16, 0]);
    expectDefaults(yogi(), [0.01, 0.9, 0.999, 0.001, 0, 1e-6]);
    expectDefaults(adan(), [0.001, 0.98, 0.92, 0.99, 1e-8, 0]);
    expectDefaults(ademamix(), [0.001, 0.9, 0.999, 0.9999, 2]);
    expectDefaults(adopt(), [0.001, 0.9, 0.9999, 1e-6, 0]);
    expectDefaults(laprop(), [4e-4, 0.9, 0.999, 1e-15, 0]);
  });
});
