// The rules that find their rate from sums over all tensors, on numbers worked by hand.
import { dAdaptAdam, dog, prodigy } from "../../assembly/optimizers";
import { fresh, expectTrue } from "./helpers";
import { Run, expectShared, ProdigyFields, DAdaptAdamFields, DogFields } from "./rule-harness";

describe("prodigy", () => {
  test("estimates d from ⟨g, w₀ - w⟩ and moves by the d from before", () => {
    fresh();
    let rule = changetype<ProdigyFields>(prodigy());
    rule.beta1 = 0.5;
    rule.beta2 = 0.75;
    rule.beta3 = 0.5;
    rule.eps = 0;
    rule.d0 = 0.5;
    rule.dCoef = 2;
    // t = 1: m = 0.5·0.5·g = 0.25, √v = 0.5·0.5·|g| = 0.25: step 0.5·1
    let run = new Run(rule).add(1, 0, [2]).add(1, 0, [-2]).start().step([1, -1], 1).expect("w", 0, [1.5]).expect("w", 1, [-1.5]);
    expectShared("d", rule, 0, 0.5);
    // t = 2: N = 0.5·(2·0.5 + 2·0.5) = 1; s = 0.25 + 1 = ±1.25; d̂ = 2·1/2.5 = 0.8; m = 0.125 + 0.5 = 0.625,
    // v = 0.046875 + 0.25 = 0.296875
    let step = (0.5 * 0.625) / Math.sqrt(0.296875);
    run.step([2, -2], 1).expect("w", 0, [1.5 - step]).expect("w", 1, [step - 1.5]);
    expectShared("d", rule, 0, 0.8);
    expectShared("N", rule, 16, 1);
    // t = 3, no gradient: N = 0.5, s = ±0.625, d̂ = 0.8; then the largest d̂ stays
    run.step([0, 0], 1);
    expectShared("N", rule, 16, 0.5);
    expectShared("d", rule, 0, 0.8);
  });
  test("waits for the first gradient, and grows no faster than it may", () => {
    fresh();
    let rule = changetype<ProdigyFields>(prodigy());
    rule.d0 = 0.5;
    rule.dCoef = 1e6;
    rule.growthRate = 1.5;
    let run = new Run(rule).add(2, 0, [2, 1]).start().step([0, 0], 1).expect("w", 0, [2, 1]);
    expectShared("steps", rule, 24, 0);
    run.step([1, 1], 1).step([1, 1], 1);
    expectTrue("d", load<f64>(rule.shared) > 0.5);
    let before = load<f64>(rule.shared);
    run.step([1, 1], 1);
    expectShared("d", rule, 0, before * 1.5);
  });
});

describe("dAdaptAdam", () => {
  test("estimates d from ⟨g, s/√v⟩ and moves by the d from before", () => {
    fresh();
    let rule = changetype<DAdaptAdamFields>(dAdaptAdam());
    rule.beta1 = 0.5;
    rule.beta2 = 0.64;
    rule.eps = 0;
    rule.d0 = 0.5;
    // t = 1: m = 0.5·0.5 = 0.25, √v = 0.6, s = 0.2·0.5 = 0.1
    let run = new Run(rule).add(1, 0, [2]).add(1, 0, [-2]).start().step([1, -1], 1).expect("w", 0, [2 - 0.25 / 0.6]);
    // t = 2: N = 0.2·0.5·2·(2·0.1/0.6) = 1/15; s = 0.08 + 0.2 = ±0.28; d̂ = (1/15)/(0.2·0.56); m = 0.625, v = 1.6704
    run.step([2, -2], 1).expect("w", 1, [0.25 / 0.6 + 0.625 / Math.sqrt(1.6704) - 2]);
    expectShared("d", rule, 0, 1.0 / 15 / 0.112);
    expectShared("N", rule, 8, 1.0 / 15);
  });
});

describe("dog", () => {
  test("divides the largest distance so far by the root of all squares, over all tensors", () => {
    fresh();
    let rule = changetype<DogFields>(dog());
    rule.repsRel = 0.5;
    rule.eps = 0;
    // r̄ = 0.5·(1 + 5) = 3, √G = 5: 0.5·3/5 = 0.3
    let run = new Run(rule).add(1, 0, [3]).add(1, 0, [4]).start().step([3, 4], 0.5).expect("w", 0, [2.1]).expect("w", 1, [2.8]);
    // distance 1.5 < 3; √G = √(25 + 144) = 13
    run.step([0, 12], 0.5).expect("w", 0, [2.1]).expect("w", 1, [2.8 - 18.0 / 13]);
    // far away now, as someone else moved the weights: distance √(27² + 36²) = 45, √(169 + 3432) = √3601
    store<f32>(run.tensors[0].value, 30);
    store<f32>(run.tensors[1].value, 40);
    run.step([Math.sqrt(3432), 0], 0.5).expect("w", 0, [30 - (22.5 * Math.sqrt(3432)) / Math.sqrt(3601)]);
    expectShared("r̄", rule, 0, 45);
  });
  test("starts with initEta instead", () => {
    fresh();
    let rule = changetype<DogFields>(dog());
    rule.initEta = 0.25;
    rule.eps = 0;
    // then distance 0.25·5 = 1.25, √G = √50
    let run = new Run(rule).add(2, 0, [3, 4]).start().step([3, 4], 0.5).expect("w", 0, [2.25, 3]);
    let step = 0.625 / Math.sqrt(50);
    run.step([3, 4], 0.5).expect("w", 0, [2.25 - 3 * step, 3 - 4 * step]);
  });
});
