// Schedules in runs: what they count with each way to train, how they get into files and out of them, and what a plateau sees.
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../host/files/safetensors.ts";
import * as t from "../../host/index.ts";
import { any, expectClose, fails, fingerprint, numbers } from "./support.ts";

const data = { x: numbers(64, 1), y: numbers(64, 2) }; // two batches an epoch
const make = () => t.sequential([t.dense(1)], { inputs: 1, loss: t.mse(), seed: 1 });
const sgd = t.sgd({ lr: 0.1 });
const batch = (i: number) => ({
  x: data.x.subarray((i % 2) * 32).subarray(0, 32),
  y: data.y.subarray((i % 2) * 32).subarray(0, 32),
});

/** The rates of ten steps with each way to train that counts batches. */
const ways: Record<string, (schedule: t.ScheduleSpec) => Promise<number[]>> = {
  "compile and trainBatch": async schedule => {
    const model = await make();
    model.compile({ optimizer: sgd, schedule });
    return Array.from({ length: 10 }, (_, i) => {
      const before = model.parameters()[0]!.value[0]!;
      model.trainBatch(batch(i).x, batch(i).y);
      const [p] = model.parameters();
      return (before - p!.value[0]!) / p!.grad[0]!;
    });
  },
  "compile and fit": async schedule => {
    const model = await make();
    const rates: number[] = [];
    model.compile({ optimizer: sgd, schedule });
    const onBatchEnd = (log: t.BatchLog) => void rates.push(log.lr);
    await model.fit(data, { epochs: 5, callbacks: [{ onBatchEnd }] });
    return rates;
  },
  fitSteps: async schedule => steps(await make(), { steps: 10, optimizer: sgd, schedule }),
};
async function steps(model: t.Model, options: t.FitStepsOptions, until = Infinity): Promise<number[]> {
  const rates: number[] = [];
  for await (const log of model.fitSteps(data, { every: 1, ...options })) {
    rates.push(log.lr);
    if (rates.length === until) break;
  }
  return rates;
}

describe.each(Object.entries(ways))("%s counts batches", (_, rates) => {
  const cases: [string, t.ScheduleSpec, number[]][] = [
    [
      "warm-up, exponential",
      t.warmup({ steps: 3, after: t.exponential({ gamma: 0.5 }) }),
      [0.025, 0.05, 0.075, ...[0, 1, 2, 3, 4, 5, 6].map(i => 0.1 * 0.5 ** i)],
    ],
    [
      "warm-up, cosine",
      t.warmup({ steps: 3, after: t.cosine({ tMax: 7 }) }),
      [0.025, 0.05, 0.075, ...[0, 1, 2, 3, 4, 5, 6].map(i => 0.05 * (1 + Math.cos((Math.PI * i) / 7)))],
    ],
    [
      "warm-up of a warm-up",
      t.warmup({ steps: 2, after: t.warmup({ steps: 2 }) }),
      [1 / 9, 2 / 9, 1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1].map(share => 0.1 * share),
    ],
    [
      "sequence of epochs by themselves, and a warm-up in it",
      t.sequence({
        schedules: [
          t.exponential({ gamma: 0.5 }),
          t.warmup({ steps: 2, start: 0, after: t.stepDecay({ stepSize: 2 }) }),
        ],
        milestones: [3],
      }),
      [0.1, 0.05, 0.025, 0, 0.05, 0.1, 0.1, 0.01, 0.01, 0.001],
    ],
    ["batches by themselves", t.rex({ totalIters: 4 }), [1, 6 / 7, 2 / 3, 2 / 5, 0, 0, 0, 0, 0, 0].map(x => 0.1 * x)],
  ];
  it.each(cases)("%s", async (_name, schedule, expected) => {
    expectClose(await rates(schedule), expected, 6);
  });
  it.each([
    ["", t.cosine({ tMax: 3, per: "epoch" })],
    [" inside", t.warmup({ steps: 2, after: t.cosine({ tMax: 3, per: "epoch" }) })],
  ])("and refuses what says per: epoch%s", async (_name, schedule) => {
    await fails(
      () => rates(schedule),
      "INVALID_ARGUMENT",
      /schedule has per: "epoch", but (compile|fitSteps) counts batches/,
    );
  });
});

describe("a schedule whose length is the run's", () => {
  const { cosine, oneCycle, polynomial, rex, warmupStableDecay, sequence, warmup } = t;
  const open: t.ScheduleSpec[] = [
    cosine(),
    oneCycle({ maxLr: 0.01 }),
    polynomial({ power: 0.9 }),
    rex(),
    warmupStableDecay(),
    warmupStableDecay({ stableSteps: 3 }),
    sequence({ schedules: [cosine(), cosine()], milestones: [4] }),
    warmup({ steps: 3, after: cosine() }),
    warmup({ steps: 2, after: sequence({ schedules: [rex(), polynomial()], milestones: [3] }) }),
  ];
  const adam = t.adam();
  it.each(open.map(spec => [JSON.stringify(spec), spec] as const))(
    "goes on from a file of fitSteps: %s",
    async (_, schedule) => {
      const [whole, part] = [await make(), await make()];
      const rates = await steps(whole, { steps: 10, optimizer: adam, schedule });
      await steps(part, { steps: 10, optimizer: adam, schedule }, 5);
      const bytes = part.toBytes({ optimizer: true });
      const loaded = await t.fromBytes(bytes);
      expect(loaded.toBytes({ optimizer: true })).toEqual(bytes);
      expect(await steps(loaded, { steps: 5 })).toEqual(rates.slice(5));
      expect(fingerprint(loaded)).toBe(fingerprint(whole));
      const atEnd = await t.fromBytes(whole.toBytes({ optimizer: true }));
      whole.trainBatch(batch(0).x, batch(0).y);
      atEnd.trainBatch(batch(0).x, batch(0).y);
      expect(fingerprint(atEnd), "trainBatch after loading").toBe(fingerprint(whole));
    },
  );
  it("stands half way at half of the rate", async () => {
    const model = await make();
    await steps(model, { steps: 10, optimizer: t.sgd({ lr: 1e-3 }), schedule: cosine() }, 5);
    const [rate] = await steps(await t.fromBytes(model.toBytes({ optimizer: true })), { steps: 1 });
    expect(rate).toBeCloseTo(5e-4, 12);
  });
  /** A file as it was before it held the length: what `change` leaves of its schedule. */
  const older = (bytes: Uint8Array, change: (schedule: Record<string, unknown>) => void) => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const training = JSON.parse(metadata.training!);
    change(training.schedule);
    delete metadata.checksum; // which older files do not have
    return encodeSafetensors([...tensors.values()], { ...metadata, training: JSON.stringify(training) });
  };
  it("and which an older file does not hold is asked for when training goes on, not before", async () => {
    const model = await make();
    await steps(model, { steps: 10, optimizer: adam, schedule: cosine() }, 5);
    const old = older(model.toBytes({ optimizer: true }), schedule => {
      delete schedule.steps;
      Object.assign(schedule.spec as object, { per: "batch" });
    });
    const loaded = await t.fromBytes(old);
    expect(loaded.predict([1])).toEqual(model.predict([1]));
    const before = fingerprint(loaded);
    for (const train of [
      () => loaded.trainBatch(batch(0).x, batch(0).y),
      () => steps(loaded, { steps: 5 }),
      () => loaded.fit(data, { epochs: 1 }),
    ]) {
      await fails(train, "NOT_COMPILED", /does not say how long the run of its schedule cosine is/);
    }
    expect(fingerprint(loaded)).toBe(before);
    expect((await t.fromBytes(loaded.toBytes({ optimizer: true }))).iterations).toBe(5);
    expect(await steps(loaded, { steps: 10, optimizer: adam, schedule: cosine() })).toHaveLength(10);
  });
  it.each([[0], [1.5], ["10"], [null]])("is refused as %j in a file", async length => {
    const model = await make();
    await steps(model, { steps: 4, optimizer: adam, schedule: cosine() });
    const bytes = older(
      model.toBytes({ optimizer: true }),
      schedule => void Object.assign(schedule, { steps: length }),
    );
    await fails(() => t.fromBytes(bytes), "INVALID_FILE", /the schedule's run has .* steps/);
  });
});

describe("reduceOnPlateau", () => {
  const { reduceOnPlateau } = t;
  const validation = { x: numbers(20, 5), y: numbers(20, 6) };
  const rates = (history: t.History) => history.epochs.map(log => log.lr);
  it.each([
    ["1, 1, 1, …", () => 1],
    ["-1, -1, -1, …", () => -1],
    ["-1 and slowly worse", (i: number) => -1 + i * 5e-5],
    ["0, 0, 0, …", () => 0],
  ])("bears two epochs of %s", (_, metric) => {
    const schedule = t.createSchedule(reduceOnPlateau({ patience: 2 }), { baseLr: 1 });
    const seen = Array.from({ length: 9 }, (__, i) => {
      schedule.step(metric(i));
      return schedule.lr;
    });
    expectClose(seen, [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01], 9);
  });
  it("that rises has the margin on the other side of a negative metric too", () => {
    const schedule = t.createSchedule(reduceOnPlateau({ mode: "max", patience: 0, threshold: 0.1 }), { baseLr: 1 });
    const seen = [-1, -0.95, -0.8, -0.73, -0.7].map(metric => {
      schedule.step(metric);
      return schedule.state.best;
    });
    expect(seen).toEqual([-1, -1, -0.8, -0.8, -0.7]);
  });
  it("watches what monitor names, upward where more is better", async () => {
    const classes = { x: data.x, y: Int32Array.from(data.x, x => Number(x > 0)) };
    const model = () => t.sequential([t.dense(2)], { inputs: 1, loss: t.crossEntropy(), seed: 3 });
    const run = async (schedule: t.ScheduleSpec) =>
      (await model()).fit(classes, { epochs: 6, optimizer: t.sgd({ lr: 1 }), schedule, validation: classes });
    const history = await run(reduceOnPlateau({ monitor: "valAccuracy", patience: 0, factor: 0.5 }));
    let [lr, best] = [1, 0];
    for (const log of history.epochs) {
      expect(log.lr).toBe(lr);
      if (log.valAccuracy! > best * 1.0001) best = log.valAccuracy!;
      else lr /= 2;
    }
    expect(lr).toBeLessThan(1);
    expect(rates(await run(reduceOnPlateau({ patience: 0, threshold: 0.9, factor: 0.5 })))).toEqual([
      1, 1, 0.5, 0.25, 0.125, 0.0625,
    ]);
  });
  it.each<[string, () => unknown, RegExp]>([
    [
      "a mode against its monitor",
      () => reduceOnPlateau({ monitor: "valLoss", mode: "max" }),
      /of valLoss.*less is better/,
    ],
    ["the other way round", () => reduceOnPlateau({ monitor: "accuracy", mode: "min" }), /of accuracy.*more is better/],
    ["a metric that is none", () => reduceOnPlateau(any({ monitor: "valAcuracy" })), /one of "loss", "accuracy"/],
  ])("refuses %s", async (_, action, message) => {
    await fails(action, "INVALID_ARGUMENT", message);
  });
  it.each<[string, (model: t.Model, schedule: t.ScheduleSpec) => unknown]>([
    ["fit", (m, schedule) => m.fit(data, { optimizer: sgd, schedule })],
    ["fit with validation", (m, schedule) => m.fit(data, { optimizer: sgd, schedule, validation })],
    ["fitSteps", (m, schedule) => steps(m, { steps: 2, optimizer: sgd, schedule })],
    ["compile", (m, schedule) => m.compile({ optimizer: sgd, schedule })],
  ])("of mode max without a monitor is refused by %s, which shows it a loss, and changes nothing", async (_, train) => {
    const model = await make();
    const before = fingerprint(model);
    for (const schedule of [
      reduceOnPlateau({ mode: "max" }),
      t.warmup({ steps: 1, after: reduceOnPlateau({ mode: "max" }) }),
    ]) {
      await fails(() => train(model, schedule), "INVALID_ARGUMENT", /mode is "max", but of (valLoss|loss)/);
    }
    expect(fingerprint(model)).toBe(before);
  });
  it("says what there is where its monitor is not", async () => {
    const schedule = reduceOnPlateau({ monitor: "valR2" });
    const model = await make();
    await fails(() => model.fit(data, { optimizer: sgd, schedule }), "INVALID_ARGUMENT", /monitor is "valR2"; .*loss/);
    model.compile({ optimizer: sgd, schedule });
    await fails(
      () => model.trainBatch(batch(0).x, batch(0).y),
      "INVALID_ARGUMENT",
      /monitor is "valR2"; here there is loss/,
    );
  });

  const watchful = reduceOnPlateau({ patience: 1, threshold: 0.99, factor: 0.5 });
  it("in fitSteps sees the mean loss of each pass, as in fit", async () => {
    const [one, other] = [await make(), await make()];
    const history = await one.fit(data, { epochs: 8, optimizer: sgd, schedule: watchful });
    const seen = await steps(other, { steps: 16, optimizer: sgd, schedule: watchful });
    expect(seen).toEqual(rates(history).flatMap(lr => [lr, lr]));
    expect(seen.at(-1)).toBeLessThan(0.1 / 4);
    expect(fingerprint(other)).toBe(fingerprint(one));
    const behind = await steps(await make(), {
      steps: 9,
      optimizer: sgd,
      schedule: t.warmup({ steps: 3, after: watchful }),
    });
    expectClose(behind, [0.025, 0.05, 0.075, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05], 12);
  });
  it("in fitSteps, in parts that end within passes and with files between them, is one run", async () => {
    const options = {
      optimizer: t.sgd({ lr: 1e-3 }),
      schedule: reduceOnPlateau({ patience: 0, threshold: 1e-4, factor: 0.9 }),
      batchSize: 7,
    };
    const whole = await make();
    const expected = await steps(whole, { ...options, steps: 60 });
    let model = await make();
    const seen: number[] = [];
    for (const [i, count] of [3, 14, 1, 22, 20].entries()) {
      const { optimizer, schedule, ...rest } = options;
      const every = [1, 2, 5, 3, 100][i]!;
      for await (const log of model.fitSteps(data, {
        ...rest,
        ...(i === 0 && { optimizer, schedule }),
        steps: count,
        every,
      }))
        seen.push(log.lr);
      model = await t.fromBytes(model.toBytes({ optimizer: true }));
    }
    expect(fingerprint(model)).toBe(fingerprint(whole));
    expect(seen.at(-1)).toBe(expected.at(-1));
  });
  it.each([
    ["on the same model", (model: t.Model, _file: Uint8Array) => Promise.resolve(model)],
    ["from a file that a callback wrote", (_model: t.Model, file: Uint8Array) => t.fromBytes(file)],
  ])("goes on with initialEpoch with what it has seen: %s", async (_, next) => {
    const options = {
      optimizer: sgd,
      validation,
      schedule: reduceOnPlateau({ patience: 2, threshold: 0.5, factor: 0.5 }),
    };
    const whole = await make();
    const history = await whole.fit(data, { ...options, epochs: 10 });
    expect(new Set(rates(history)).size).toBeGreaterThan(2);
    const part = await make();
    let file = new Uint8Array();
    const save = (log: t.EpochLog, m: t.Model) => {
      if (log.epoch === 5) file = m.toBytes({ optimizer: true });
    };
    await part.fit(data, { ...options, epochs: 5, callbacks: [save] });
    const { optimizer: _rule, ...rest } = options;
    const model = await next(part, file);
    const rested = await model.fit(data, { ...rest, epochs: 10, initialEpoch: 5 });
    expect(rates(rested)).toEqual(rates(history).slice(5));
    expect(fingerprint(model)).toBe(fingerprint(whole));
    const fresh = await model.fit(data, {
      ...rest,
      epochs: 10,
      initialEpoch: 3,
      schedule: reduceOnPlateau({ patience: 2 }),
    });
    expect(fresh.epochs[0]!.lr, "another one begins anew").toBe(0.1);
  });
  it("saved with compile's state goes on in its units", async () => {
    const model = await make();
    model.compile({ optimizer: sgd, schedule: watchful });
    for (let i = 0; i < 5; i++) model.trainBatch(batch(i).x, batch(i).y);
    const loaded = await t.fromBytes(model.toBytes({ optimizer: true }));
    for (const m of [model, loaded]) for (let i = 5; i < 9; i++) m.trainBatch(batch(i).x, batch(i).y);
    expect(fingerprint(loaded)).toBe(fingerprint(model));
  });
});
