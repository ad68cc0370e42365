// What holds for every schedule in the list: options, JSON, closed form, floor, state, what a step is.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import type { Form, ScheduleOption } from "../../host/schedules/form.ts";
import { forms } from "../../host/schedules/list.ts";
import { any, boundsOf, fails } from "./support.ts";

type Factory = (options?: object) => t.ScheduleSpec;
const factories = t as unknown as Record<string, Factory>;
const context = { baseLr: 0.1, steps: 40, epochs: 10 };
const roundTrip = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/** Options for each schedule: those that have to be given and some more. */
const examples: Record<string, object> = {
  constantFactor: { factor: 0.4, totalIters: 3 },
  cosine: { etaMin: 0.01 },
  cosineWarmRestarts: { t0: 3, tMult: 2 },
  cyclic: { baseLr: 0.01, stepSizeUp: 3, stepSizeDown: 4, mode: "expRange", gamma: 0.9 },
  exponential: { gamma: 0.8, decaySteps: 3, staircase: true },
  inverseSqrt: { k: 0.1 },
  inverseTime: { decayRate: 0.5, decaySteps: 2 },
  linear: { startFactor: 1, endFactor: 0.1, totalIters: 7 },
  manual: { rates: [0.3, 0.2, 0.01] },
  multiStep: { milestones: [2, 5], gamma: 0.5 },
  noam: { modelSize: 16, warmupSteps: 6 },
  oneCycle: { maxLr: 0.4, threePhase: true, cycleMomentum: true },
  piecewise: { boundaries: [2, 6], values: [0.3, 0.2, 0.01] },
  polynomial: { power: 2 },
  reduceOnPlateau: { patience: 1, factor: 0.5, cooldown: 1 },
  rex: {},
  sequence: {
    schedules: [t.linear(), t.reduceOnPlateau({ patience: 0, factor: 0.5 }), t.cosine()],
    milestones: [3, 6],
  },
  stepDecay: { stepSize: 3 },
  warmup: { steps: 5, per: "batch", after: t.reduceOnPlateau({ patience: 0, factor: 0.7 }) },
  warmupStableDecay: { warmupSteps: 2, decaySteps: 5, decay: "cos" },
};
const each = Object.entries(forms).map(([name, form]) => [name, form] as const);
const closed = each.filter(([, form]) => form.rate);
const specOf = (name: string, more: object = {}) => factories[name]!({ ...examples[name], ...more });
const at = (spec: t.ScheduleSpec, step: number) => {
  const schedule = t.createSchedule(spec, context);
  schedule.restore({ t: step });
  return schedule.lr;
};
/** Rates and momenta of the batches from `from` on, four to an epoch, with a metric that falls now and then, as in `fit`. */
function course(
  schedule: t.Schedule,
  from = 0,
  to = 50,
): { lr: number; momentum: number | undefined; state: string }[] {
  return Array.from({ length: to - from }, (_, i) => {
    const { lr, momentum } = schedule;
    const state = JSON.stringify(schedule.state);
    schedule.endBatch();
    if ((from + i) % 4 === 3) schedule.endEpoch(1 / (1 + ((from + i) >> 4)));
    return { lr, momentum, state };
  });
}

it("every schedule has an example here, and its factory its own name", () => {
  expect(Object.keys(examples).sort()).toEqual(Object.keys(forms).sort());
  for (const name of Object.keys(forms)) expect(specOf(name).type).toBe(name);
});

it("the types of the factories follow from the tables", () => {
  const made: t.ScheduleSpec[] = [
    t.cosine(),
    t.cyclic({ mode: "triangular2", cycleMomentum: false, per: "epoch", minLr: 0 }),
    t.piecewise({ boundaries: [1], values: [1, 2] as const }),
    t.warmup({ steps: 1, after: t.manual({ rate: step => 1 / (1 + step) }) }),
  ];
  const wrong = [
    // @ts-expect-error: maxLr is missing
    () => t.oneCycle(),
    // @ts-expect-error: an unknown mode
    () => t.cyclic({ mode: "square" }),
    // @ts-expect-error: an unknown option
    () => t.cosine({ tmax: 3 }),
    // @ts-expect-error: a number in place of a list
    () => t.multiStep({ milestones: 3 }),
    // @ts-expect-error: a plateau counts epochs
    () => t.reduceOnPlateau({ per: "batch" }),
    // @ts-expect-error: schedules are specs
    () => t.sequence({ schedules: [1] }),
  ];
  expect(made.every(spec => t.createSchedule(spec, context).lr >= 0)).toBe(true);
  for (const make of wrong.slice(0, 5)) expect(make).toThrow(t.TrainletError);
});

describe.each(each)("%s", (name, form) => {
  it("gives plain JSON that makes the same schedule", () => {
    const spec = specOf(name, { minLr: 0.001 });
    expect(roundTrip(spec)).toEqual({ type: name, ...examples[name], minLr: 0.001 });
    const schedule = t.createSchedule(spec, context);
    expect(schedule.spec).toEqual(spec);
    expect(course(t.createSchedule(roundTrip(spec), context))).toEqual(course(schedule));
  });
  it("refuses what an option cannot be, with its name, the value and the range", async () => {
    for (const [option, about] of Object.entries({ ...form.options, ...minLr })) {
      for (const [value, ...patterns] of wrongFor(about)) {
        const spec = any({ type: name, ...examples[name], [option]: value });
        const error = await fails(() => t.createSchedule(spec, context), "INVALID_ARGUMENT", ...patterns);
        if (about.of === "schedule") continue; // factories leave to createSchedule what is inside
        expect(error.message).toMatch(new RegExp(`^${name}: ${option} is `));
        await fails(() => specOf(name, { [option]: value }), "INVALID_ARGUMENT", ...patterns);
      }
    }
    await fails(() => specOf(name, { lr: 1 }), "UNKNOWN_OPTION", /"lr"/);
  });
  it("says which option is missing", async () => {
    for (const [option, { positional }] of Object.entries(form.options)) {
      if (!positional) continue;
      await fails(() => specOf(name, { [option]: undefined }), "INVALID_ARGUMENT", new RegExp(`${option} is missing`));
    }
  });
  it("never goes below minLr, and is the same above it", () => {
    const [free, held] = [{}, { minLr: 0.05 }].map(more =>
      course(t.createSchedule(specOf(name, more), context)).map(({ lr }) => lr),
    );
    expect(held).toEqual(free!.map(lr => Math.max(lr, 0.05)));
    expect(Math.min(...free!), "the test reaches the floor").toBeLessThan(0.05);
  });
  it("goes on from its state, which is JSON, wherever it was taken", () => {
    const whole = course(t.createSchedule(specOf(name), context));
    whole.forEach(({ state }, from) => {
      const resumed = t.createSchedule(roundTrip(specOf(name)), context);
      resumed.restore(JSON.parse(state));
      expect(course(resumed, from)).toEqual(whole.slice(from));
    });
  });
  it("refuses a state that is none, and stays where it was", async () => {
    const schedule = t.createSchedule(specOf(name), context);
    course(schedule, 0, 9);
    const { state } = schedule;
    const wrong = Object.keys(state).flatMap(key => [
      { ...state, [key]: -1 },
      { ...state, [key]: "3" },
    ]);
    for (const bad of [null, 3, {}, { ...state, t: 1.5 }, ...wrong]) {
      if (any(bad)?.best === -1) continue; // a metric may be negative
      await fails(() => schedule.restore(any(bad)), "INVALID_ARGUMENT", /^restore: state/);
    }
    expect(schedule.state).toEqual(state);
  });
  it("goes on by whole epochs as if it had been stepped", () => {
    const [a, b] = [t.createSchedule(specOf(name), context), t.createSchedule(specOf(name), context)];
    a!.skip(7, 4);
    for (let batch = 0; batch < 28; batch++) {
      b!.endBatch();
      if (batch % 4 === 3) b!.endEpoch();
    }
    expect(a!.state).toEqual(b!.state);
  });
});

const minLr: Record<string, ScheduleOption> = { minLr: { type: "f64", range: "[0, inf)" } };
/** Values that an option cannot have, with what the error should say. */
function wrongFor({ type, of, range }: ScheduleOption): [unknown, ...RegExp[]][] {
  const { low, high } = boundsOf({ range });
  if (of === "schedule")
    return [
      ["cosine", /"cosine"/],
      [{ type: "cosin" }, /did you mean "cosine"/],
      [() => 1, /a function/],
    ];
  if (of === "schedules")
    return [
      ["cosine", /"cosine"/],
      [[t.cosine()], /an array of 1/, /2 milestones/],
    ];
  if (of === "function") return [[0.1, /0\.1/, /function/]];
  const between = [/ is /, new RegExp((range ?? "").replace(/[[\]()]/g, "\\$&"))];
  if (type === "Values")
    return [
      [3, /list of numbers/],
      [["3"], /"3"/, ...between],
      [[low! - 1], /-1/, ...between],
    ];
  if (type === "values") return [["other", /"other"/, /one of "/]];
  if (type === "bool") return [[1, /true or false/]];
  const outside = high === undefined ? [] : [high + 1];
  return ["3", null, Number.NaN, Infinity, low! - 1, ...outside].map(value => [value, ...between]);
}

describe("a closed form", () => {
  it.each(closed)("%s at any step is what steps lead to, and its state is the step", (name, form) => {
    const spec = specOf(name, { per: "epoch" });
    const schedule = t.createSchedule(spec, context);
    for (let step = 0; step < 60; step++) {
      expect(schedule.state).toEqual({ t: step });
      expect(schedule.lr, `step ${step}`).toBe(at(spec, step));
      expect(schedule.lr).toBeGreaterThanOrEqual(0);
      expect(schedule.lr).toBeLessThan(1);
      schedule.step();
    }
    expect(Object.keys(form)).not.toContain("start");
  });
  it.each(closed)("%s counts epochs or batches, as its table says unless told", (name, form: Form) => {
    for (const [per, spec] of [
      [form.per, specOf(name)],
      ["epoch", specOf(name, { per: "epoch" })],
      ["batch", specOf(name, { per: "batch" })],
    ] as const) {
      const schedule = t.createSchedule(spec, context);
      expect(schedule.per).toBe(per);
      schedule.skip(2, 4);
      expect(schedule.state.t).toBe(per === "batch" ? 8 : 2);
    }
  });
  it.each(closed.filter(([, form]) => Object.values(form.options).some(o => o.fromRun)))(
    "%s lasts as long as the run, and asks where nobody knows how long that is",
    async (name, form) => {
      const [option] = Object.entries(form.options).find(([, o]) => o.fromRun)!;
      for (const per of ["epoch", "batch"] as const) {
        const length = per === "epoch" ? 10 : 40;
        const [open, told] = [specOf(name, { per }), specOf(name, { per, [option]: length })];
        for (let step = 0; step <= length; step++) expect(at(open, step)).toBe(at(told, step));
      }
      await fails(
        () => t.createSchedule(specOf(name), { baseLr: 1 }),
        "INVALID_ARGUMENT",
        new RegExp(`${option} is missing`),
      );
    },
  );
});
