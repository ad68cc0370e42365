// Dual averaging, FTRL and schedule-free averaging on numbers worked by hand; each trajectory runs plain and through both
// clippings.
import { ftrl, madgrad, scheduleFreeAdamw, scheduleFreeSgd } from "../../assembly/optimizers";
import { overCubeRoot4 } from "../../assembly/optimizers/madgrad";
import { close, expectClose } from "./helpers";
import {
  follow, followRates, expectDefaults, expectEval, expectStill,
  FtrlFields, MadgradFields, ScheduleFreeAdamwFields, ScheduleFreeSgdFields,
} from "./element-harness";

function madgradWith(momentum: f64, decay: f64): MadgradFields {
  let rule = changetype<MadgradFields>(madgrad());
  rule.momentum = momentum;
  rule.weightDecay = decay;
  rule.eps = 0.25;
  return rule;
}
const GRADIENT: f64 = Math.sqrt(61 / Math.SQRT2);
const SUM: f64 = 8 + Math.SQRT2 * GRADIENT;

describe("madgrad", () => {
  // λ = 0.75 + 0.25: s = 8, v = 64, ∛v = 4; λ = √2: √2·g² = 61, v = 125
  test("z = w₀ - s/(∛v + eps), and w goes a part of the way", () => {
    let w = 2 - 4 / 4.25;
    follow(madgradWith(0.5, 0), 2, [8, GRADIENT], 0.75, [w, w + 0.5 * (2 - SUM / 5.25 - w)]);
  });
  test("without momentum w is z; coupled decay", () => {
    follow(madgradWith(0, 0), 2, [8, GRADIENT], 0.75, [2 - 8 / 4.25, 2 - SUM / 5.25]);
    follow(madgradWith(0, 0.5), 2, [7], 0.75, [2 - 8 / 4.25]);
  });
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("madgrad", madgrad());
    let fields = madgradWith(0.9, 0);
    fields.eps = 0;
    expectStill("madgrad, eps 0", fields);
  });
  test("overCubeRoot4 has relative error < 5e-7 over all normal numbers, and takes ∛0 for 0", () => {
    for (let exponent = 1; exponent < 255; exponent++) {
      for (let step = 0; step < 128; step++) {
        let value = reinterpret<f32>((exponent << 23) + step * 65536 + 7777);
        let share = f32x4.extract_lane(overCubeRoot4(false, f32x4.splat(2), f32x4.splat(value), f32x4.splat(0)), 0);
        let expected = 2 / Math.cbrt(value);
        if (!close(share, expected, 5e-7, 0)) expectClose("2/∛" + value.toString(), share, expected, 5e-7);
      }
    }
    let free = overCubeRoot4(false, f32x4.splat(2), f32x4.splat(0), f32x4.splat(0.25));
    expectClose("2/(∛0 + ¼)", f32x4.extract_lane(free, 0), 8);
  });
});

function ftrlWith(power: f64, beta: f64, l1: f64, l2: f64): FtrlFields {
  let rule = changetype<FtrlFields>(ftrl());
  rule.lrPower = power;
  rule.beta = beta;
  rule.l1 = l1;
  rule.l2 = l2;
  return rule;
}

describe("ftrl", () => {
  // σ = 3/0.5, z = 3 - 6·2 = -9: (9 - 1)/((1 + 3)/0.5 + 1); σ = (5 - 3)/0.5, z = -9 + 4 - 4·8/9 = -77/9: (77/9 - 1)/((1 + 5)/0.5 + 1)
  test("w from z and n", () => {
    follow(ftrlWith(-0.5, 1, 1, 1), 2, [3, 4], 0.5, [8 / 9.0, 68 / 117.0]);
  });
  test("w = 0 where |z| < l1", () => {
    follow(ftrlWith(-0.5, 1, 10, 1), 2, [3], 0.5, [0]);
  });
  // σ = 9/0.5: z = -33; σ = 0: z = 3
  test("other powers", () => {
    follow(ftrlWith(-1, 0, 0, 0), 2, [3], 0.5, [5.5]);
    follow(ftrlWith(0, 0, 0, 0), 2, [3], 0.5, [-0.5]);
  });
  test("stays where it would be 0/0, and with a rate of 0", () => {
    expectStill("ftrl", ftrl());
    expectStill("ftrl, power -0.7", ftrlWith(-0.7, 0, 0, 0));
    followRates(ftrlWith(-0.5, 1, 1, 1), 2, [5, 3], [0, 0.5], [2, 8 / 9.0]);
  });
});

function scheduleFreeSgdWith(decay: f64): ScheduleFreeSgdFields {
  let rule = changetype<ScheduleFreeSgdFields>(scheduleFreeSgd());
  rule.momentum = 0.5;
  rule.weightDecay = decay;
  return rule;
}

describe("scheduleFreeSgd", () => {
  // z = 1, x = 1; z = 0, x = (1 + 0)/2, y = (0 + 0.5)/2
  test("gradients at y = (1 - β)z + βx, inference at x", () => expectEval(follow(scheduleFreeSgdWith(0), 2, [1, 1], 1, [1, 0.25]), 0.5));
  // g = 1 + 2: z = x = -1
  test("decay at y", () => expectEval(follow(scheduleFreeSgdWith(1), 2, [1], 1, [-1]), -1));
  // Rates 0.5, 1; weights 1·0.5, 2·1: z = x = 1.5; z = 0.5, c = 0.8, x = 0.3 + 0.4, y = 0.6
  test("warm-up, and weights of the mean", () => {
    let fields = scheduleFreeSgdWith(0);
    fields.warmupSteps = 2;
    fields.r = 1;
    fields.weightLrPower = 1;
    expectEval(follow(fields, 2, [1, 1], 1, [1.5, 0.6]), 0.7);
  });
  test("inference before the first step: the weights", () => expectEval(follow(scheduleFreeSgdWith(0), 3, [], 1, []), 3));
  test("stays with gradients of 0", () => expectStill("scheduleFreeSgd", scheduleFreeSgd()));
});

function scheduleFreeAdamwWith(decay: f64, eps: f64): ScheduleFreeAdamwFields {
  let rule = changetype<ScheduleFreeAdamwFields>(scheduleFreeAdamw());
  rule.beta1 = 0.5;
  rule.beta2 = 0.75;
  rule.eps = eps;
  rule.weightDecay = decay;
  return rule;
}

describe("scheduleFreeAdamw", () => {
  // √v̂ = 2, d = 2/3 throughout: z = x = 4/3; z = 2/3, x = 1, y = 5/6
  test("the same with Adam's normalised gradients", () => expectEval(follow(scheduleFreeAdamwWith(0, 1), 2, [2, 2], 1, [4 / 3.0, 5 / 6.0]), 1));
  // d = 2/3 + 0.5·2
  test("decay at y", () => expectEval(follow(scheduleFreeAdamwWith(0.5, 1), 2, [2], 1, [1 / 3.0]), 1 / 3.0));
  test("stays with gradients of 0, with eps 0 too", () => {
    expectStill("scheduleFreeAdamw", scheduleFreeAdamw());
    expectStill("scheduleFreeAdamw, eps 0", scheduleFreeAdamwWith(0, 0));
  });
});

describe("defaults of the averaging rules", () => {
  test("are those of the reference implementations", () => {
    expectDefaults(madgrad(), [0.01, 0.9, 0, 1e-6]);
    expectDefaults(ftrl(), [0.001, -0.5, 0, 0, 0]);
    expectDefaults(scheduleFreeSgd(), [1, 0.9, 0], offsetof<ScheduleFreeSgdFields>("lr"));
    expectDefaults(scheduleFreeAdamw(), [0.0025, 0.9, 0.999, 1e-8, 0], offsetof<ScheduleFreeAdamwFields>("lr"));
  });
});
