// fitSteps: so many steps and no more, the same bits in one piece or in many, with files between them.
import { describe, expect, it } from "vitest";
import {
  adam,
  batchNorm,
  cosine,
  crossEntropy,
  dense,
  dropout,
  type FitStepsOptions,
  fromBytes,
  type Model,
  type StepsLog,
  sequential,
  sgd,
} from "../../host/index.ts";

const rows = 50;
const x = Float32Array.from({ length: rows * 3 }, (_, i) => Math.sin(i * 1.7));
const y = Int32Array.from({ length: rows }, (_, i) => i % 3);
const data = { x, y };
const make = () =>
  sequential([dense(8, { activation: "tanh" }), batchNorm(), dropout(0.2), dense(3)], {
    inputs: 3,
    loss: crossEntropy(),
    seed: 3,
  });
const bits = (model: Model) =>
  [...model.parameters(), ...model.buffers()].map(t => [...new Uint32Array(t.value.buffer)]);
async function take(model: Model, options: FitStepsOptions): Promise<StepsLog[]> {
  const logs: StepsLog[] = [];
  for await (const log of model.fitSteps(data, options)) logs.push(log);
  return logs;
}
const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch(error => error);

describe("fitSteps", () => {
  it("over whole epochs is fit, bit for bit", async () => {
    const [one, other] = [await make(), await make()];
    await one.fit(data, { epochs: 4, batchSize: 8, optimizer: adam({ lr: 0.01 }) });
    await take(other, { steps: 4 * Math.ceil(rows / 8), batchSize: 8, optimizer: adam({ lr: 0.01 }) });
    expect(bits(other)).toEqual(bits(one));
  });
  it("in parts, each in a model of its own from a file, is one run, bit for bit, the schedule too", async () => {
    const setting = { optimizer: adam({ lr: 0.01 }), schedule: cosine({ tMax: 60, etaMin: 1e-4 }), batchSize: 8 };
    const whole = await make();
    const logs = await take(whole, { ...setting, steps: 41, every: 1 });
    let model = await make();
    const parts: StepsLog[] = [];
    for (const [i, steps] of [1, 6, 9, 3, 22].entries()) {
      parts.push(...(await take(model, i ? { steps, batchSize: 8, every: 1 } : { ...setting, steps, every: 1 })));
      model = await fromBytes(model.toBytes({ optimizer: true }));
    }
    expect(parts.map(({ loss, lr, epoch, iterations }) => ({ loss, lr, epoch, iterations }))).toEqual(
      logs.map(({ loss, lr, epoch, iterations }) => ({ loss, lr, epoch, iterations })),
    );
    expect(new Set(logs.map(log => log.lr)).size, "the rate goes down").toBe(41);
    expect(bits(model)).toEqual(bits(whole));
  });
  it("tells every so many steps, and at the end", async () => {
    const logs = await take(await make(), { steps: 25, every: 10, batchSize: 8, optimizer: sgd({ lr: 0.1 }) });
    expect(logs.map(log => log.step)).toEqual([10, 20, 25]);
    expect(logs.map(log => log.epoch)).toEqual([2, 3, 4]);
    for (const log of logs) {
      expect(log).toMatchObject({ steps: 25, iterations: log.step, lr: 0.1 });
      expect(log.loss).toBeGreaterThan(0);
      expect(log.accuracy).toBeGreaterThanOrEqual(0);
    }
  });
  it("takes the length of a schedule from its steps", async () => {
    const logs = await take(await make(), {
      steps: 20,
      every: 1,
      optimizer: sgd({ lr: 0.1 }),
      schedule: { type: "linear", endFactor: 0 },
    });
    expect(logs[0]!.lr).toBeCloseTo(0.1 / 3, 6);
    expect(logs.at(-1)!.lr).toBeLessThan(logs[0]!.lr);
  });
  it("is left at any report, the steps so far taken; evaluating between them changes nothing", async () => {
    const [one, other] = [await make(), await make()];
    const setting = { batchSize: 8, optimizer: adam({ lr: 0.01 }) };
    for await (const log of one.fitSteps(data, { ...setting, steps: 1000, every: 5 })) {
      await one.evaluate(data);
      one.predict(x);
      if (log.step === 15) break;
    }
    await take(other, { ...setting, steps: 15 });
    expect(one.iterations).toBe(15);
    expect(bits(one)).toEqual(bits(other));
    await one.fit(data, { epochs: 1 }); // the model is free again
  });
  it("ends when its signal fires, and when the model is disposed of", async () => {
    const controller = new AbortController();
    const model = await make();
    const run = (async () => {
      for await (const log of model.fitSteps(data, {
        steps: 100,
        optimizer: adam(),
        signal: controller.signal,
      })) {
        if (log.step === 20) controller.abort(new Error("enough"));
      }
    })();
    expect((await failure(run)).message).toBe("enough");
    expect(model.iterations).toBe(20);
    const gone = (async () => {
      for await (const _ of model.fitSteps(data, { steps: 100 })) model.dispose();
    })();
    expect((await failure(gone)).code).toBe("DISPOSED");
  });
  it.each([
    [{ optimizer: adam() }, /steps is missing/],
    [{ steps: 0, optimizer: adam() }, /steps is 0/],
    [{ steps: 1.5, optimizer: adam() }, /steps is 1.5/],
    [{ steps: 5, every: 0, optimizer: adam() }, /every is 0/],
    [{ steps: 5, optimizer: adam(), batchSize: 0 }, /fitSteps: batchSize is 0/],
    [{ steps: 5, optimizer: adam(), signal: {} }, /fitSteps: signal is/],
    [{ steps: 5, optimizer: adam(), epochs: 2 }, /epochs/],
    [{ steps: 5, optimizer: adam(), schedule: cosine({ per: "epoch" }) }, /fitSteps: schedule has per: "epoch"/],
    [{ steps: 5, schedule: cosine() }, /schedule goes with an optimizer/],
    [{ steps: 5, clipNorm: 1 }, /optimizer is missing/],
    [{ steps: 5 }, /fitSteps: optimizer is missing/],
  ])("refuses %j and changes nothing", async (options, message) => {
    const model = await make();
    const before = bits(model);
    const error = await failure(take(model, options as FitStepsOptions));
    expect(error).toMatchObject({ name: "TrainletError" });
    expect(error.message).toMatch(message);
    expect(bits(model)).toEqual(before);
    expect(model.iterations).toBe(0);
  });
});
