// Schedules that set the momentum of each step: what the rule then does, and who decides whether they may.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { batch, follow, map, network, type Rule, rowsOf, type Tensors } from "./reference.ts";
import { fails, fingerprint } from "./support.ts";

/** PyTorch's momentum with the rate and momentum of a schedule in each step. */
function scheduled(spec: t.ScheduleSpec, baseLr: number, own: number): Rule {
  const schedule = t.createSchedule(spec, { baseLr });
  let b: Tensors | undefined;
  return (w, g) => {
    const [lr, mu] = [schedule.lr, schedule.momentum ?? own];
    schedule.step();
    b = b ? map(b, (v, name, i) => mu * v + g[name]![i]!) : g;
    const buffer = b;
    return map(w, (v, name, i) => v - lr * buffer[name]![i]!);
  };
}
const momentum = t.sgd({ lr: 0.1, momentum: 0.5 });

describe("a schedule of the momentum", () => {
  const cycles = t.cyclic({ baseLr: 0.01, maxLr: 0.1, stepSizeUp: 2 });
  const cases: [string, t.ScheduleSpec][] = [
    ["oneCycle", t.oneCycle({ maxLr: 0.1, totalSteps: 8 })],
    ["cyclic", cycles],
    ["oneCycle with bounds of its own", t.oneCycle({ maxLr: 0.1, totalSteps: 8, baseMomentum: 0.1, maxMomentum: 0.4 })],
    ["cyclic between two steps of a warm-up, where the rule has its own", t.warmup({ steps: 2, after: cycles })],
  ];
  it.each(cases)("sets it for each step: %s", async (_, schedule) => {
    await follow({ optimizer: momentum, schedule }, 8, scheduled(schedule, 0.1, 0.5));
  });
  it.each(cases)("and takes the same steps in fit, many to a call: %s", async (_, schedule) => {
    const [fitted, stepped] = [await network(), await network()];
    const rows = rowsOf(24, 3);
    const whole = { ...schedule, per: "batch" as const };
    await fitted.fit(rows, { epochs: 3, batchSize: 8, shuffle: false, optimizer: momentum, schedule: whole });
    stepped.compile({ optimizer: momentum, schedule: whole });
    for (let i = 0; i < 9; i++) {
      const from = (i % 3) * 8;
      stepped.trainBatch(rows.x.slice(3 * from, 3 * from + 24), rows.y.slice(2 * from, 2 * from + 16));
    }
    expect(fingerprint(fitted)).toBe(fingerprint(stepped));
  });
  it("leaves it to the rule with cycleMomentum: false, and where the rule runs without", async () => {
    for (const [lr, mu, schedule] of [
      [0.1, 0.5, t.cyclic({ baseLr: 0.01, maxLr: 0.1, stepSizeUp: 2, cycleMomentum: false })],
      [0.1, 0, cycles],
    ] as const) {
      const rates = t.createSchedule({ ...schedule, cycleMomentum: false }, { baseLr: lr });
      let b: Tensors | undefined;
      await follow({ optimizer: t.sgd({ lr, momentum: mu }), schedule }, 6, (w, g) => {
        b = b ? map(b, (v, name, i) => mu * v + g[name]![i]!) : g;
        const buffer = b;
        const next = map(w, (v, name, i) => v - rates.lr * buffer[name]![i]!);
        rates.step();
        return next;
      });
    }
  });
  it("sets beta1 of Adam, and the fits after it have the rule's own again", async () => {
    const train = async (schedule: t.ScheduleSpec | undefined) => {
      const model = await network();
      model.compile({ optimizer: t.adam({ lr: 0.01 }) });
      const rows = rowsOf(16, 3);
      const options = { batchSize: 8, shuffle: false };
      await model.fit(rows, { ...options, epochs: 2, schedule });
      const middle = fingerprint(model);
      await model.fit(rows, { ...options, epochs: 1 });
      return [middle, fingerprint(model)];
    };
    const flat = (cycleMomentum: boolean, top = 0.5) =>
      t.cyclic({ baseLr: 0.01, maxLr: 0.01, stepSizeUp: 2, cycleMomentum, baseMomentum: top, maxMomentum: top });
    const [plain, driven, own] = [await train(undefined), await train(flat(true)), await train(flat(true, 0.9))];
    expect(driven[0]).not.toBe(plain[0]);
    expect(own, "0.9 is Adam's own").toEqual(plain);
    expect(await train(flat(false))).toEqual(plain);
    const other = await network();
    other.compile({ optimizer: t.adam({ lr: 0.01, beta1: 0.5 }) });
    await other.fit(rowsOf(16, 3), { batchSize: 8, shuffle: false, epochs: 2 });
    expect(fingerprint(other)).toBe(driven[0]);
  });
  it("is refused where it is insisted on and the rule has none", async () => {
    const model = await network();
    const schedule = t.oneCycle({ maxLr: 0.1, cycleMomentum: true });
    const options = { epochs: 2, schedule };
    await fails(
      () => model.fit(rowsOf(8, 1), { ...options, optimizer: t.adagrad() }),
      "INVALID_ARGUMENT",
      /cycleMomentum is true/,
      /adagrad has none/,
    );
    await fails(
      () => model.fit(rowsOf(8, 1), { ...options, optimizer: t.sgd() }),
      "INVALID_ARGUMENT",
      /sgd runs with momentum 0/,
    );
    await fails(
      () => model.compile({ optimizer: t.sgd(), schedule: { ...schedule, totalSteps: 9 } }),
      "INVALID_ARGUMENT",
      /sgd/,
    );
  });
});

describe("a function in the schedule's place", () => {
  it("gives the rate of each epoch in fit, of each batch after compile", async () => {
    const model = await network();
    const rate = (step: number) => 0.1 / (1 + step);
    const history = await model.fit(rowsOf(16, 1), { epochs: 3, batchSize: 8, optimizer: t.sgd(), schedule: rate });
    expect(history.epochs.map(e => e.lr)).toEqual([0, 1, 2].map(rate));
    model.compile({ optimizer: t.sgd({ lr: 1 }), schedule: rate });
    const twin = await t.fromBytes(model.toBytes());
    for (let i = 0; i < 3; i++) {
      model.trainBatch(batch(i).x, batch(i).y);
      twin.compile({ optimizer: t.sgd({ lr: rate(i) }) });
      twin.trainBatch(batch(i).x, batch(i).y);
    }
    expect(fingerprint(model)).toBe(fingerprint(twin));
    await fails(() => model.toBytes({ optimizer: true }), "INVALID_ARGUMENT", /schedule/, /function/);
  });
});
