// Rates worked by hand: edges between the parts of a schedule, its last step, and what comes after.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, expectClose, fails } from "./support.ts";

const context = { baseLr: 1, steps: 1000, epochs: 4 };
/** Rates of the steps 0, 1, … */
function rates(spec: t.ScheduleSpec | t.RateOfStep, count: number, given: t.ScheduleContext = context): number[] {
  const schedule = t.createSchedule(spec, given);
  return Array.from({ length: count }, () => {
    const { lr } = schedule;
    schedule.step(1);
    return lr;
  });
}

describe("rates by hand", () => {
  it.each<[string, t.ScheduleSpec, number[]]>([
    ["inverseTime", t.inverseTime({ decayRate: 1 }), [1, 1 / 2, 1 / 3, 1 / 4]],
    ["inverseTime, decaySteps", t.inverseTime({ decayRate: 1, decaySteps: 2 }), [1, 1 / 1.5, 1 / 2, 1 / 2.5]],
    [
      "inverseTime, staircase",
      t.inverseTime({ decayRate: 1, decaySteps: 2, staircase: true }),
      [1, 1, 1 / 2, 1 / 2, 1 / 3],
    ],
    ["exponential by default", t.exponential(), [1, 0.95, 0.9025, 0.857375]],
    ["exponential, decaySteps", t.exponential({ gamma: 0.25, decaySteps: 2 }), [1, 0.5, 0.25, 0.125]],
    [
      "exponential, staircase",
      t.exponential({ gamma: 0.5, decaySteps: 2, staircase: true }),
      [1, 1, 0.5, 0.5, 0.25, 0.25],
    ],
    [
      "piecewise keeps a value at its boundary",
      t.piecewise({ boundaries: [2, 4], values: [3, 2, 1] }),
      [3, 3, 3, 2, 2, 1, 1],
    ],
    ["piecewise from a boundary of 0", t.piecewise({ boundaries: [0], values: [3, 2] }), [3, 2, 2]],
    ["multiStep changes at its milestone", t.multiStep({ milestones: [2, 4] }), [1, 1, 0.1, 0.1, 0.01]],
    ["constantFactor by default", t.constantFactor(), [1 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 1, 1]],
    ["linear stays at its end", t.linear({ startFactor: 0, totalIters: 2 }), [0, 0.5, 1, 1]],
    ["polynomial stays at 0", t.polynomial({ power: 2 }), [1, 9 / 16, 1 / 4, 1 / 16, 0, 0]],
    ["cosine comes back after tMax", t.cosine({ tMax: 2, etaMin: 0.5 }), [1, 0.75, 0.5, 0.75, 1]],
    ["cosineWarmRestarts", t.cosineWarmRestarts({ t0: 1, tMult: 2 }), [1, 1, 0.5, 1, (1 + Math.SQRT1_2) / 2, 0.5]],
    ["rex", t.rex({ totalIters: 4 }), [1, 6 / 7, 2 / 3, 0.4, 0, 0]],
    [
      "noam",
      t.noam({ modelSize: 4, warmupSteps: 4, factor: 2 }),
      [1 / 8, 2 / 8, 3 / 8, 1 / 2, 1 / Math.sqrt(5), 1 / Math.sqrt(6)],
    ],
    ["manual stays at the last rate", t.manual({ rates: [3, 1, 2] }), [3, 1, 2, 2]],
    ["manual by function", t.manual({ rate: step => 1 / (1 + step) }), [1, 1 / 2, 1 / 3]],
    ["minLr over the whole course", t.exponential({ gamma: 0.5, minLr: 0.2 }), [1, 0.5, 0.25, 0.2, 0.2]],
    ["minLr above the first rate", t.exponential({ gamma: 0.5, minLr: 2 }), [2, 2]],
    ["minLr and a plateau", t.reduceOnPlateau({ patience: 0, factor: 0.1, minLr: 0.05 }), [1, 1, 0.1, 0.05, 0.05]],
  ])("%s", (_name, spec, expected) => {
    expectClose(rates(spec, expected.length), expected, 12);
  });
  it("noam by default is highest at step 4000, and the optimizer's rate plays no part", () => {
    const all = rates(t.noam(), 6000, { baseLr: 0.3 });
    expect(Math.max(...all)).toBe(all[3999]);
    expect(all[3999]).toBeCloseTo(512 ** -0.5 * 4000 ** -0.5, 15);
    expect(all[0]).toBeCloseTo(512 ** -0.5 * 4000 ** -1.5, 15);
  });
  it("a function is short for manual, once an epoch", () => {
    const schedule = t.createSchedule(step => 10 ** -step, context);
    expect([schedule.per, schedule.spec.type]).toEqual(["epoch", "manual"]);
    expectClose(
      rates(step => 10 ** -step, 3),
      [1, 0.1, 0.01],
      12,
    );
  });
});

describe("warmupStableDecay", () => {
  const lengths = { warmupSteps: 4, stableSteps: 3, decaySteps: 4 };
  it("rises by equal parts, stays, falls, and is 0 after the last step", () => {
    const expected = [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0];
    expectClose(rates(t.warmupStableDecay({ ...lengths, decay: "linear" }), 13), expected, 12);
  });
  it("starts where it is told", () => {
    expectClose(rates(t.warmupStableDecay({ ...lengths, start: 0 }), 5), [0, 0.25, 0.5, 0.75, 1], 12);
    expectClose(rates(t.warmupStableDecay({ ...lengths, start: 0.6 }), 5), [0.6, 0.7, 0.8, 0.9, 1], 12);
  });
  it("falls to etaMin in each shape", () => {
    const fall = (decay: "1-sqrt" | "cos") =>
      rates(t.warmupStableDecay({ ...lengths, decay, etaMin: 0.2 }), 13).slice(7);
    expectClose(fall("1-sqrt"), [1, 0.6, 1 - 0.8 * Math.SQRT1_2, 1 - 0.4 * Math.sqrt(3), 0.2, 0.2], 12);
    expectClose(fall("cos"), [1, 0.6 + 0.4 * Math.SQRT1_2, 0.6, 0.6 - 0.4 * Math.SQRT1_2, 0.2, 0.2], 12);
  });
  it("takes a hundredth and a fifth of the run where nothing is said", () => {
    const all = rates(t.warmupStableDecay(), 1001);
    expectClose([all[0]!, all[9]!, all[10]!, all[800]!], [1 / 11, 10 / 11, 1, 1], 12);
    expectClose([all[850]!, all[999]!, all[1000]!], [0.5, 1 - Math.sqrt(0.995), 0], 12);
    expect(rates(t.warmupStableDecay(), 3, { baseLr: 1, steps: 1 })).toEqual([1, 0, 0]);
  });
  it("finds the third length from two and the run's", () => {
    const run = { baseLr: 1, steps: 11 };
    const all = rates(t.warmupStableDecay(lengths), 12, run);
    expect(rates(t.warmupStableDecay({ ...lengths, stableSteps: undefined }), 12, run)).toEqual(all);
    expect(rates(t.warmupStableDecay({ ...lengths, decaySteps: undefined }), 12, run)).toEqual(all);
    expect(rates(t.warmupStableDecay(lengths), 12, { baseLr: 1 })).toEqual(all);
  });
  it("refuses what does not fit, and what nobody knows", async () => {
    const of = (options: object, steps?: number) => () =>
      t.createSchedule(t.warmupStableDecay({ ...lengths, ...options }), { baseLr: 1, steps });
    await fails(of({ stableSteps: undefined }, 7), "INVALID_ARGUMENT", /7 steps/, /warm-up 4 and decay 4/);
    await fails(of({ decaySteps: undefined }, 7), "INVALID_ARGUMENT", /7 steps/, /warm-up 4, constant 3/);
    for (const name of Object.keys(lengths)) {
      await fails(of({ [name]: undefined }), "INVALID_ARGUMENT", new RegExp(`${name} is missing`));
    }
  });
});

describe("what does not go together is refused", () => {
  it.each<[string, () => unknown, ...RegExp[]]>([
    [
      "as many values as boundaries",
      () => t.piecewise({ boundaries: [3], values: [1] }),
      /values is an array of 1/,
      /one more/,
    ],
    [
      "falling boundaries",
      () => t.piecewise({ boundaries: [3, 2], values: [1, 2, 3] }),
      /boundaries\[1\] is 2/,
      /above 3/,
    ],
    ["a boundary twice", () => t.piecewise({ boundaries: [3, 3], values: [1, 2, 3] }), /boundaries\[1\] is 3/],
    ["a table and a function", () => t.manual({ rates: [1], rate: () => 1 }), /both given/],
    ["neither", () => t.manual(), /both missing/],
    ["an empty table", () => t.manual({ rates: [] }), /rates is an array of 0/],
    ["a plateau per batch", () => t.reduceOnPlateau(any({ per: "batch" })), /per is "batch"/, /"epoch"/],
  ])("%s", async (_name, make, ...patterns) => {
    await fails(make, "INVALID_ARGUMENT", ...patterns);
  });
  it.each([Number.NaN, -0.1, Infinity, "0.1", undefined])("a function that gives %s, with the step", async value => {
    const schedule = t.createSchedule(t.manual({ rate: step => (step < 3 ? 0.1 : any(value)) }), context);
    for (let i = 0; i < 3; i++) schedule.step();
    await fails(() => schedule.lr, "INVALID_ARGUMENT", /manual: rate\(3\) gave/, /\[0, inf\)/);
  });
  it("a function that has been through JSON is missed", async () => {
    const spec = JSON.parse(JSON.stringify(t.manual({ rate: () => 1 })));
    await fails(() => t.createSchedule(spec, context), "INVALID_ARGUMENT", /both missing/);
  });
});
