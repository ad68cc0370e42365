// The momentum that cyclic and oneCycle have beside the rate.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { expectClose } from "./support.ts";

const make = (spec: t.ScheduleSpec) => t.createSchedule(spec, { baseLr: 1, steps: 30, epochs: 10 });

// From PyTorch 1.13, with lr 0.1 and momentum 0.9 in SGD, reading the group after each scheduler.step():
//   CyclicLR(o, base_lr=0.1, max_lr=0.5, step_size_up=2, step_size_down=3, **options)
//   OneCycleLR(o, max_lr=0.4, total_steps=10, **options)
describe("the momentum goes against the rate, as PyTorch has it", () => {
  const cyclic = { baseLr: 0.1, maxLr: 0.5, stepSizeUp: 2, stepSizeDown: 3 };
  const oneCycle = { maxLr: 0.4, totalSteps: 10 };
  const three = { threePhase: true, annealStrategy: "linear", baseMomentum: 0.7, maxMomentum: 0.9 } as const;
  it.each<[string, t.ScheduleSpec, number[], number[]]>([
    [
      "cyclic",
      t.cyclic(cyclic),
      [0.1, 0.3, 0.5, 0.366666666667, 0.233333333333, 0.1, 0.3, 0.5, 0.366666666667],
      [0.9, 0.85, 0.8, 0.833333333333, 0.866666666667, 0.9, 0.85, 0.8, 0.833333333333],
    ],
    [
      "cyclic, triangular2",
      t.cyclic({ ...cyclic, mode: "triangular2" }),
      [0.1, 0.3, 0.5, 0.366666666667, 0.233333333333, 0.1, 0.2, 0.3, 0.233333333333],
      [0.9, 0.85, 0.8, 0.833333333333, 0.866666666667, 0.9, 0.875, 0.85, 0.866666666667],
    ],
    [
      "cyclic, expRange",
      t.cyclic({ ...cyclic, mode: "expRange", gamma: 0.9, baseMomentum: 0.5, maxMomentum: 0.95 }),
      [0.1, 0.28, 0.424, 0.2944, 0.18748, 0.1, 0.2062882, 0.29131876, 0.214791256],
      [0.95, 0.7475, 0.5855, 0.7313, 0.851585, 0.95, 0.830425775, 0.734766395, 0.820859837],
    ],
    [
      "oneCycle",
      t.oneCycle(oneCycle),
      [
        0.016, 0.208, 0.4, 0.380193852805, 0.32469826158, 0.244504808775, 0.155496791225, 0.07530333842, 0.019807747195,
        1.6e-6,
      ],
      [
        0.95, 0.9, 0.85, 0.854951556605, 0.868825509907, 0.888873953302, 0.911126046698, 0.931174490093, 0.945048443395,
        0.95,
      ],
    ],
    [
      "oneCycle, linear",
      t.oneCycle({ ...oneCycle, annealStrategy: "linear" }),
      [
        0.016, 0.208, 0.4, 0.342857371429, 0.285714742857, 0.228572114286, 0.171429485714, 0.114286857143,
        0.057144228571, 1.6e-6,
      ],
      [
        0.95, 0.9, 0.85, 0.864285714286, 0.878571428571, 0.892857142857, 0.907142857143, 0.921428571429, 0.935714285714,
        0.95,
      ],
    ],
    [
      "oneCycle, three phases",
      t.oneCycle({ ...oneCycle, threePhase: true }),
      [0.016, 0.208, 0.4, 0.208, 0.016, 0.014472288741, 0.010472688741, 0.005528911259, 0.001529311259, 1.6e-6],
      [0.95, 0.9, 0.85, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95],
    ],
    [
      "oneCycle, three linear phases",
      t.oneCycle({ ...oneCycle, ...three }),
      [0.016, 0.208, 0.4, 0.208, 0.016, 0.01280032, 0.00960064, 0.00640096, 0.00320128, 1.6e-6],
      [0.9, 0.8, 0.7, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9],
    ],
  ])("%s", (_name, spec, lr, momentum) => {
    const schedule = make(spec);
    for (const [i, rate] of lr.entries()) {
      expect(schedule.lr).toBeCloseTo(rate, 11);
      expect(schedule.momentum).toBeCloseTo(momentum[i]!, 11);
      schedule.endBatch();
    }
    expect(schedule.hasMomentum).toBe(true);
  });
  it("oneCycle stays where it ended", () => {
    const schedule = make(t.oneCycle(oneCycle));
    schedule.skip(4, 4);
    expectClose([schedule.lr, schedule.momentum!], [1.6e-6, 0.95], 12);
  });
  it("cycleMomentum is told as given, and false takes the momentum away", () => {
    const about = (spec: t.ScheduleSpec) => {
      const { momentum, hasMomentum, cyclesMomentum } = make(spec);
      return [momentum, hasMomentum, cyclesMomentum];
    };
    expect(about(t.cyclic())).toEqual([0.9, true, undefined]);
    expect(about(t.cyclic({ cycleMomentum: true }))).toEqual([0.9, true, true]);
    expect(about(t.cyclic({ cycleMomentum: false }))).toEqual([undefined, false, false]);
    expect(about(t.cosine())).toEqual([undefined, false, false]);
    expect(about(t.reduceOnPlateau())).toEqual([undefined, false, false]);
  });
  it("comes through a warm-up and a sequence, and is undefined where a part has none", () => {
    const warm = make(t.warmup({ steps: 1, after: t.cyclic({ ...cyclic, cycleMomentum: true }) }));
    const parts = make(t.sequence({ schedules: [t.cosine(), t.cyclic(cyclic)], milestones: [1] }));
    for (const [schedule, told] of [
      [warm, true],
      [parts, undefined],
    ] as const) {
      expect([schedule.hasMomentum, schedule.cyclesMomentum]).toEqual([true, told]);
      const seen = Array.from({ length: 3 }, () => {
        const { momentum } = schedule;
        schedule.step();
        return momentum;
      });
      expect(seen[0]).toBeUndefined();
      expectClose(seen.slice(1) as number[], [0.9, 0.85], 12);
    }
    const both = [t.cyclic({ cycleMomentum: false }), t.cyclic({ cycleMomentum: true })];
    expect(make(t.sequence({ schedules: both, milestones: [1] })).cyclesMomentum).toBe(true);
    expect(make(t.sequence({ schedules: [both[0]!] })).cyclesMomentum).toBe(false);
  });
});
