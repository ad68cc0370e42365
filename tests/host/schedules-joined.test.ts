// Schedules inside schedules, and what each of them counts.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, expectClose, fails } from "./support.ts";

const context = { baseLr: 1, steps: 30, epochs: 10 };
const make = (spec: t.ScheduleSpec, given: t.ScheduleContext = context) => t.createSchedule(spec, given);
function rates(schedule: t.Schedule, metrics: readonly number[]): number[] {
  return metrics.map(metric => {
    const { lr } = schedule;
    schedule.step(metric);
    return lr;
  });
}
const steps = (count: number) => Array<number>(count).fill(1);
/** The rates of each epoch's three batches, as `fit` takes them. */
function epochs(schedule: t.Schedule, count: number): number[][] {
  return Array.from({ length: count }, () => {
    const epoch = Array.from({ length: 3 }, () => {
      const { lr } = schedule;
      schedule.endBatch();
      return lr;
    });
    schedule.endEpoch(1);
    return epoch;
  });
}

describe("warmup", () => {
  it("by itself rises by equal parts to the constant rate, and loses no step at 0", () => {
    expectClose(rates(make(t.warmup({ steps: 4 })), steps(6)), [0.2, 0.4, 0.6, 0.8, 1, 1], 12);
  });
  it("starts where it is told, straight, along a cosine, or constant", () => {
    expectClose(rates(make(t.warmup({ steps: 4, start: 0 })), steps(5)), [0, 0.25, 0.5, 0.75, 1], 12);
    expectClose(rates(make(t.warmup({ steps: 2, start: 0, mode: "cos" })), steps(3)), [0, 0.5, 1], 12);
    expectClose(rates(make(t.warmup({ steps: 2, start: 0.1, mode: "constant" })), steps(3)), [0.1, 0.1, 1], 12);
  });
  // PyTorch 1.13: SequentialLR(o, [LinearLR(o, 0.2, 1, 4), CosineAnnealingLR(o, 6)], [4]) at lr 0.1
  it("and what follows are what SequentialLR makes of LinearLR and the same", () => {
    const schedule = make(t.warmup({ steps: 4, start: 0.2, after: t.cosine({ tMax: 6 }) }), { baseLr: 0.1 });
    const torch = [0.02, 0.04, 0.06, 0.08, 0.1, 0.093301270189, 0.075, 0.05, 0.025, 0.006698729811, 0];
    expectClose(rates(schedule, steps(11)), torch, 11);
  });
  it("rises to the rate with which the next one begins", () => {
    const after = t.oneCycle({ maxLr: 5, totalSteps: 10 });
    expectClose(rates(make(t.warmup({ steps: 1, after })), steps(2)), [0.1, 0.2], 12);
  });
  // PyTorch 1.13: ReduceLROnPlateau(o, factor=0.5, patience=1) at lr 0.1 with the metrics from the third on
  it("can be followed by a plateau, which sees nothing of the warm-up", () => {
    const after = t.reduceOnPlateau({ factor: 0.5, patience: 1 });
    const schedule = make(t.warmup({ steps: 2, after }), { baseLr: 0.1 });
    const seen = rates(schedule, [0.01, 0.02, 1, 1, 1, 0.5, 0.6, 0.6, 0.6]);
    expectClose(seen, [0.1 / 3, 0.2 / 3, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025], 12);
  });
  it("over batches, then epochs: an epoch in which it ends is the first of what follows", () => {
    const schedule = make(t.warmup({ steps: 4, per: "batch", after: t.exponential({ gamma: 0.5 }) }));
    const expected = [0.2, 0.4, 0.6, 0.8, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25];
    expectClose(epochs(schedule, 4).flat(), expected, 12);
  });
  it("over batches, then epochs: ending with an epoch, it leaves the next one whole", () => {
    const schedule = make(t.warmup({ steps: 3, per: "batch", after: t.exponential({ gamma: 0.5 }) }));
    expectClose(epochs(schedule, 3).flat(), [0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5, 0.5], 12);
  });
  it("over epochs, then batches", () => {
    const schedule = make(t.warmup({ steps: 1, per: "epoch", after: t.exponential({ gamma: 0.5, per: "batch" }) }));
    expectClose(epochs(schedule, 2).flat(), [0.5, 0.5, 0.5, 1, 0.5, 0.25], 12);
  });
  it("counts what follows counts, unless told", () => {
    expect(make(t.warmup({ steps: 2, after: t.cosine() })).per).toBe("epoch");
    expect(make(t.warmup({ steps: 2, after: t.rex() })).per).toBe("batch");
    expect(make(t.warmup({ steps: 2, after: t.cosine({ per: "batch" }) })).per).toBe("batch");
    expect(make(t.warmup({ steps: 2, after: t.warmup({ steps: 2, after: t.rex() }) })).per).toBe("batch");
    expect(make(t.warmup({ steps: 2, per: "batch", after: t.cosine() })).per).toBe("batch");
  });
  it.each<[string, t.ScheduleSpec, t.ScheduleSpec]>([
    ["epochs", t.warmup({ steps: 2, after: t.cosine() }), t.warmup({ steps: 2, after: t.cosine({ tMax: 8 }) })],
    ["batches", t.warmup({ steps: 4, after: t.rex() }), t.warmup({ steps: 4, after: t.rex({ totalIters: 26 }) })],
    [
      "epochs that batches leave",
      t.warmup({ steps: 4, per: "batch", after: t.cosine() }),
      t.warmup({ steps: 4, per: "batch", after: t.cosine({ tMax: 9 }) }),
    ],
    [
      "batches that epochs leave",
      t.warmup({ steps: 2, per: "epoch", after: t.rex() }),
      t.warmup({ steps: 2, per: "epoch", after: t.rex({ totalIters: 24 }) }),
    ],
    [
      "steps that a longer warm-up leaves",
      t.warmup({ steps: 40, after: t.rex() }),
      t.warmup({ steps: 40, after: t.rex({ totalIters: 1 }) }),
    ],
  ])("leaves the next one the %s that are left of the run", (_name, open, told) => {
    expect(epochs(make(open), 12)).toEqual(epochs(make(told), 12));
  });
  it("by hand counts one step of whichever is on", () => {
    const schedule = make(t.warmup({ steps: 2, per: "batch", start: 0, after: t.exponential({ gamma: 0.5 }) }));
    expectClose(rates(schedule, steps(5)), [0, 0.5, 1, 0.5, 0.25], 12);
  });
  it("keeps what is inside above its own floor, and all above the outer one", () => {
    const schedule = make(
      t.warmup({ steps: 1, start: 0, minLr: 0.1, after: t.exponential({ gamma: 0.1, minLr: 0.3 }) }),
    );
    expectClose(rates(schedule, steps(4)), [0.1, 1, 0.3, 0.3], 12);
  });
});

describe("sequence", () => {
  const two = (more: object = {}) =>
    t.sequence({
      schedules: [t.linear({ startFactor: 0.5, totalIters: 2 }), t.exponential({ gamma: 0.5 })],
      milestones: [2],
      ...more,
    });
  it("begins each schedule anew at its milestone", () => {
    expectClose(rates(make(two()), steps(5)), [0.5, 0.75, 1, 0.5, 0.25], 12);
  });
  it("has all of its schedules count what it counts", () => {
    expectClose(epochs(make(two({ per: "batch" })), 2).flat(), [0.5, 0.75, 1, 0.5, 0.25, 0.125], 12);
    const inside = t.sequence({ schedules: [t.rex({ totalIters: 4 })] });
    expectClose(epochs(make(inside), 3).flat(), [1, 1, 1, 6 / 7, 6 / 7, 6 / 7, 2 / 3, 2 / 3, 2 / 3], 12);
  });
  it("refuses a schedule inside that says otherwise, however deep", async () => {
    const per = { per: "batch" } as const;
    for (const inner of [
      t.cosine(per),
      t.warmup({ steps: 2, after: t.cosine(per) }),
      t.sequence({ schedules: [t.cosine()], ...per }),
    ]) {
      const error = await fails(() => make(t.sequence({ schedules: [inner] })), "INVALID_ARGUMENT");
      expect(error.message).toMatch(/^sequence: .* has per: "batch" inside a sequence with per: "epoch"/);
    }
    make(t.sequence({ schedules: [t.cosine(per), t.rex(per)], milestones: [3], ...per }));
  });
  it("gives each schedule the steps up to the next milestone as its length, and the last one the rest", () => {
    const schedules = [t.cosine(), t.cosine()];
    const told = t.sequence({ schedules: [t.cosine({ tMax: 4 }), t.cosine({ tMax: 6 })], milestones: [4] });
    expect(epochs(make(t.sequence({ schedules, milestones: [4] })), 10)).toEqual(epochs(make(told), 10));
  });
  it("lets a plateau see only the epochs in which it is on", () => {
    const schedules = [
      t.constantFactor(),
      t.reduceOnPlateau({ patience: 0, factor: 0.5 }),
      t.constantFactor({ factor: 1 }),
    ];
    const schedule = make(t.sequence({ schedules, milestones: [1, 4] }));
    expectClose(rates(schedule, [0.1, 3, 2, 2, 1, 1]), [1 / 3, 1, 1, 1, 1, 1], 12);
    expect(schedule.state.parts![1]).toEqual({ t: 3, lr: 0.5, best: 2, bad: 0, cooling: 0 });
  });
  it.each<[string, () => unknown, ...RegExp[]]>([
    ["too few milestones", () => two({ milestones: undefined }), /schedules is an array of 2/, /0 milestones/],
    [
      "falling milestones",
      () => t.sequence({ schedules: [t.rex(), t.rex(), t.rex()], milestones: [3, 2] }),
      /milestones\[1\] is 2/,
    ],
    ["a milestone within a step", () => two({ milestones: [1.5] }), /milestones\[0\] is 1\.5/, /whole/],
    [
      "a name in place of a spec",
      () => make(any(two({ schedules: ["cosine", t.rex()] }))),
      /schedules\[0\] is "cosine"/,
    ],
    [
      "an unknown schedule",
      () => make(any(two({ schedules: [{ type: "rax" }, t.rex()] }))),
      /schedules\[0\].*"rax".*"rex"/,
    ],
    ["a function", () => make(any(two({ schedules: [() => 1, t.rex()] }))), /schedules\[0\] is a function/],
    [
      "the last one's length unknown",
      () => make(t.sequence({ schedules: [t.cosine(), t.cosine()], milestones: [3] }), { baseLr: 1 }),
      /tMax is missing/,
    ],
  ])("refuses %s", async (_name, action, ...patterns) => {
    await fails(action, "INVALID_ARGUMENT", ...patterns);
  });
  it("refuses a wrong option of a schedule inside", async () => {
    const inside = any({ type: "rex", total: 3 });
    await fails(() => make(t.sequence({ schedules: [inside] })), "UNKNOWN_OPTION", /rex: unknown option "total"/);
    await fails(() => make(t.warmup({ steps: 1, after: inside })), "UNKNOWN_OPTION", /rex: unknown option "total"/);
  });
});

describe("restore", () => {
  it("with one bad state inside changes none", async () => {
    const schedule = make(t.sequence({ schedules: [t.rex(), t.reduceOnPlateau()], milestones: [3] }));
    rates(schedule, [4, 3, 2, 1, 1]);
    const { state } = schedule;
    const bad = { t: 1, parts: [{ t: 1 }, { ...state.parts![1]!, bad: -1 }] };
    await fails(() => schedule.restore(bad), "INVALID_ARGUMENT", /restore: state\.parts\[1\]\.bad is -1/);
    await fails(() => schedule.restore({ t: 1 }), "INVALID_ARGUMENT", /state\.parts is undefined/, /list of 2/);
    expect(schedule.state).toEqual(state);
  });
});
