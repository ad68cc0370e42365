// What is left of a run that diverges, is aborted or fails: the best weights, the history, a rule that can go on. And what
// callbacks may do: take their time, never answer, hear of the end.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { expectClose, fails, fingerprint, numbers } from "./support.ts";

const x = numbers(64, 1);
const data = { x, y: x.map(v => 2 * v) };
const validation = { x: numbers(20, 3), y: numbers(20, 3).map(v => 2 * v) };
const make = () => t.sequential([t.dense(1)], { inputs: 1, loss: t.mse(), seed: 1 });
const best = () => t.earlyStopping({ patience: 30, restoreBest: true });
/** Good for five epochs, then too high. */
const rates = (then: number) => t.manual({ rates: [0.05, 0.05, 0.05, 0.05, 0.05, then] });
const never = () => new Promise(() => {});

interface Ended {
  model: t.Model;
  error: unknown;
  kept: string[];
  losses: number[];
}
/** A run that `ending` brings to its end before its time. */
async function ended(ending: string, optimizer: { type: string }, more: t.FitOptions = {}): Promise<Ended> {
  const model = await make();
  const controller = new AbortController();
  const kept: string[] = [];
  const losses: number[] = [];
  const look = (log: t.EpochLog, m: t.Model) => {
    kept.push(fingerprint(m));
    losses.push(log.valLoss!);
    if (log.epoch === 8 && ending === "abort") controller.abort("enough");
    if (log.epoch === 8 && ending === "throw") throw new Error("mine");
  };
  const options = { epochs: 40, optimizer, validation, signal: controller.signal, ...more };
  const schedule = rates(ending === "diverge" ? 1e30 : 1.5);
  const run = model.fit(data, { ...options, schedule, callbacks: [best(), look] });
  const error = await run.then(
    () => expect.fail("it went on"),
    (reason: unknown) => reason,
  );
  return { model, error, kept, losses };
}

describe.each(["diverge", "abort", "throw"])("a run that ends by: %s", ending => {
  it("leaves the best epoch's weights with restoreBest", async () => {
    const { model, error, kept, losses } = await ended(ending, t.sgd());
    const at = losses.indexOf(Math.min(...losses));
    expect(at).toBe(4);
    expect(fingerprint(model)).toBe(kept[at]);
    expect((await model.evaluate(validation)).loss).toBeCloseTo(losses[at]!, 6);
    if (ending === "diverge") expect(error).toMatchObject({ code: "DIVERGED" });
    if (ending === "abort") expect(error).toBe("enough");
    if (ending === "throw") expect((error as Error).message).toBe("mine");
  });
  it("leaves its history in the model, and in the error where that is ours", async () => {
    const { model, error, losses } = await ended(ending, t.sgd());
    const { history } = model;
    expect(history!.epochs.map(log => log.valLoss)).toEqual(losses);
    expect(history!.iterations).toBe(model.iterations);
    expect(history!.seconds).toBeGreaterThan(0);
    if (ending === "diverge") expect((error as t.TrainletError).history).toBe(history);
    await model.fit(data, { epochs: 2, optimizer: t.sgd() });
    expect(model.history!.epochs, "of the last fit").toHaveLength(2);
  });
  it.each(["momentum", "adam", "scheduleFreeSgd"])("leaves %s able to go on", async type => {
    const { model, losses } = await ended(ending, { type });
    const { loss } = await model.evaluate(validation);
    expect(loss).toBeCloseTo(Math.min(...losses), 6);
    for (let i = 0; i < 20; i++) model.trainBatch(data.x, data.y);
    expect(model.parameters().every(p => p.value.every(Number.isFinite))).toBe(true);
    await t.fromBytes(model.toBytes({ optimizer: true }));
  });
});

describe("restoreBest", () => {
  it("of averaged weights puts back the best average", async () => {
    const { model, losses } = await ended("diverge", t.sgd(), { ema: { decay: 0.5 } });
    expect((await model.evaluate(validation)).loss).toBeCloseTo(Math.min(...losses), 6);
    expectClose(model.predict([1]), [model.parameters().reduce((sum, p) => sum + p.value[0]!, 0)], 5);
  });
  it("leaves weights alone where no epoch came to its end", async () => {
    const model = await make();
    const schedule = t.manual({ rates: [1e-3, 1e30, 1e30], per: "batch" });
    const run = { optimizer: t.sgd(), schedule, batchSize: 8, callbacks: [best()] };
    const error = await fails(() => model.fit(data, run), "DIVERGED");
    expect(error.history!.epochs).toEqual([]);
    expect(error.history!.iterations).toBe(model.iterations);
  });
});

describe("a callback that never answers", () => {
  const hooks = ["onEpochBegin", "onBatchEnd", "onEpochEnd"] as const;
  it.each(hooks)("in %s is left when the signal fires, with its reason", async name => {
    const model = await make();
    const controller = new AbortController();
    const wait = () => {
      setTimeout(() => controller.abort("no answer"), 5);
      return never();
    };
    const callbacks = [{ [name]: wait }];
    await expect(model.fit(data, { optimizer: t.sgd(), signal: controller.signal, callbacks })).rejects.toBe(
      "no answer",
    );
    expect((await model.fit(data, { epochs: 2, optimizer: t.sgd() })).epochs, "the model is free").toHaveLength(2);
  });
  it("and fires the signal itself is left too", async () => {
    const controller = new AbortController();
    const end = () => {
      controller.abort("now");
      return never();
    };
    const callbacks = [end];
    const run = (await make()).fit(data, { optimizer: t.sgd(), signal: controller.signal, callbacks });
    await expect(run).rejects.toBe("now");
  });
  it("leaves no listeners where callbacks do answer, and what they throw passes through", async () => {
    const { signal } = new AbortController();
    const listening: number[] = [0];
    for (const [method, by] of [
      ["addEventListener", 1],
      ["removeEventListener", -1],
    ] as const) {
      const own = signal[method].bind(signal) as (...args: unknown[]) => void;
      const counted = (...args: unknown[]) => {
        listening.push(listening.at(-1)! + by);
        own(...args);
      };
      Object.assign(signal, { [method]: counted });
    }
    const callbacks = [async () => {}];
    await (await make()).fit(data, { epochs: 3, optimizer: t.sgd(), signal, callbacks });
    await Promise.resolve();
    expect(listening).toEqual([0, 1, 0, 1, 0, 1, 0]);
    const mine = new Error("mine");
    const failing = (await make()).fit(data, { optimizer: t.sgd(), signal, callbacks: [() => Promise.reject(mine)] });
    await expect(failing).rejects.toBe(mine);
  });
});

describe("onProgress", () => {
  const told = async (options: t.FitOptions) => {
    const logs: t.ProgressLog[] = [];
    const callbacks = [{ onProgress: (log: t.ProgressLog) => void logs.push(log) }, ...(options.callbacks ?? [])];
    const model = await make();
    const history = await model.fit(data, { optimizer: t.sgd(), ...options, callbacks });
    return { logs, history, model };
  };
  it.each([1, 3])("has a last call in a run of %i short epochs", async epochs => {
    const { logs, history, model } = await told({ epochs, batchSize: 16 });
    const { loss, lr } = history.epochs.at(-1)!;
    expect(logs.at(-1)).toEqual({ epoch: epochs, step: 4, steps: 4, iterations: model.iterations, loss, lr });
    expect(
      logs.filter(log => log.iterations === model.iterations),
      "one",
    ).toHaveLength(1);
  });
  it("has it where a callback ends the run, within an epoch too", async () => {
    const early = await told({ epochs: 9, callbacks: [log => log.epoch < 2] });
    expect(early.logs.at(-1)).toMatchObject({ epoch: 2, step: 2, iterations: 4 });
    const within = await told({ epochs: 9, batchSize: 16, callbacks: [{ onBatchEnd: log => log.iteration < 6 }] });
    expect(within.logs.at(-1)).toMatchObject({ epoch: 2, step: 2, steps: 4, iterations: 6 });
  });
});
