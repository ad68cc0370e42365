// Who may look on while a model trains, and that looking changes nothing.
import { describe, expect, it, vi } from "vitest";
import * as t from "../../host/index.ts";
import { fails, fingerprint, numbers, wholes } from "./support.ts";

const data = { x: numbers(180, 1), y: wholes(60, 2, 3) };
const other = { x: numbers(900, 3), y: wholes(300, 4, 3) };
const layers = [t.dense(8, { activation: "relu" }), t.batchNorm(), t.dropout(0.2), t.dense(3)];
const network = () => t.sequential(layers, { inputs: 3, loss: t.crossEntropy(), seed: 1 });
const options = { epochs: 4, batchSize: 10, optimizer: t.adam({ lr: 0.01 }) };
/** A history without what the clock says. */
const numbersOf = (history: t.History) => history.epochs.map(({ seconds: _, samplesPerSecond: __, ...rest }) => rest);

describe("callbacks", () => {
  it("are called in order, with the epoch's log and the model; a function is an onEpochEnd", async () => {
    const model = await network();
    const calls: string[] = [];
    const history = await model.fit(data, {
      ...options,
      epochs: 2,
      batchSize: 30,
      callbacks: [
        (log, m) => void calls.push(`f${log.epoch}${m === model}`),
        {
          onEpochBegin: (epoch, m) => void calls.push(`begin${epoch}${m === model}`),
          onBatchEnd: (log, m) => void calls.push(`batch${log.epoch}.${log.iteration}${m === model}`),
          onEpochEnd: (log, m) => void calls.push(`end${log.epoch}${m === model}`),
        },
      ],
    });
    const epoch = (e: number) => [
      `begin${e}true`,
      `batch${e}.${2 * e - 1}true`,
      `batch${e}.${2 * e}true`,
      `f${e}true`,
      `end${e}true`,
    ];
    expect(calls).toEqual([...epoch(1), ...epoch(2)]);
    expect(history.stoppedEarly).toBe(false);
  });
  it("get the same logs as the history has", async () => {
    const logs: t.EpochLog[] = [];
    const history = await (await network()).fit(data, {
      ...options,
      validation: other,
      callbacks: [log => void logs.push(log)],
    });
    expect(logs).toEqual(history.epochs);
  });
  it("get each batch's loss and rate", async () => {
    const logs: t.BatchLog[] = [];
    const schedule = t.exponential({ gamma: 0.5, per: "batch" });
    const callbacks = [{ onBatchEnd: (log: t.BatchLog) => void logs.push(log) }];
    const history = await (await network()).fit(data, { ...options, epochs: 1, schedule, callbacks });
    expect(logs.map(l => l.lr)).toEqual([0, 1, 2, 3, 4, 5].map(i => 0.01 * 0.5 ** i));
    const mean = logs.reduce((sum, log) => sum + log.loss, 0) / 6;
    expect(mean, "the epoch's loss is the mean over its equal batches").toBeCloseTo(history.epochs[0]!.loss, 6);
  });
  it("hear of progress whenever the core comes back, which changes nothing, and may end the run", async () => {
    const expected = await network();
    await expected.fit(data, options);
    let clock = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (clock += 15));
    const logs: t.ProgressLog[] = [];
    const model = await network();
    await model.fit(data, { ...options, callbacks: [{ onProgress: log => void logs.push(log) }] });
    expect(fingerprint(model)).toBe(fingerprint(expected));
    expect(logs.length).toBeGreaterThan(4);
    for (const { epoch, step, steps, iterations, lr } of logs) {
      expect([steps, iterations, lr]).toEqual([6, (epoch - 1) * 6 + step, 0.01]);
    }
    const batches: number[] = [];
    const both = { onBatchEnd: (log: t.BatchLog) => void batches.push(log.loss), onProgress: () => batches.length < 4 };
    const last: t.ProgressLog[] = [];
    const callbacks = [both, { onProgress: (log: t.ProgressLog) => void last.push(log) }];
    const history = await (await network()).fit(data, { ...options, callbacks });
    vi.restoreAllMocks();
    expect([history.stoppedEarly, history.iterations]).toEqual([true, last.at(-1)!.iterations]);
    const mean = batches.reduce((sum, loss) => sum + loss, 0) / batches.length;
    expect(last.at(-1)!.loss, "the mean so far, of equal batches").toBeCloseTo(mean, 6);
  });
  it("are awaited", async () => {
    let waiting = 0;
    const wait = async () => {
      waiting++;
      await new Promise(resolve => setTimeout(resolve, 2));
      waiting--;
    };
    const seen: number[] = [];
    const look = () => void seen.push(waiting);
    const callback = { onEpochBegin: wait, onBatchEnd: wait, onEpochEnd: wait };
    const watcher = { onEpochBegin: look, onBatchEnd: look, onEpochEnd: look };
    await (await network()).fit(data, { ...options, epochs: 1, batchSize: 20, callbacks: [callback, watcher] });
    expect(seen).toEqual([0, 0, 0, 0, 0]);
  });
  it("end the run after the epoch by returning false", async () => {
    const model = await network();
    const history = await model.fit(data, { ...options, callbacks: [log => log.epoch < 2] });
    expect(history.epochs).toHaveLength(2);
    expect([history.stoppedEarly, history.iterations, model.iterations]).toEqual([true, 12, 12]);
  });
  it("do not end it by returning nothing, null, 0 or a promise of undefined", async () => {
    const callbacks = [() => undefined, () => null, () => 0, async () => undefined];
    expect((await (await network()).fit(data, { ...options, callbacks })).epochs).toHaveLength(4);
  });
  it("end the run within an epoch by returning false from onBatchEnd; the history counts the steps taken", async () => {
    const model = await network();
    const callbacks = [{ onBatchEnd: (log: t.BatchLog) => log.iteration < 9 }];
    const history = await model.fit(data, { ...options, callbacks });
    expect(model.iterations).toBe(9);
    expect(history.epochs.map(e => e.iterations)).toEqual([6, 9]);
    expect(history.stoppedEarly).toBe(true);
    expect(history.iterations).toBe(9);
  });
  it("that throw make fit reject with the very error, and leave the model usable", async () => {
    const model = await network();
    const mine = new Error("mine");
    const thrower = () => {
      throw mine;
    };
    for (const callback of [{ onEpochBegin: thrower }, { onBatchEnd: thrower }, { onEpochEnd: thrower }, thrower]) {
      await expect(model.fit(data, { ...options, callbacks: [callback] })).rejects.toBe(mine);
    }
    expect((await model.fit(data, options)).epochs).toHaveLength(4);
  });
});

describe("looking at the model while it trains changes nothing", () => {
  const look = async (_: unknown, model: t.Model) => {
    await model.evaluate(other, { report: true, topK: 2 });
    model.predict(other.x);
    await Promise.all([model.evaluate(data), model.evaluate(other)]);
    model.parameters();
    model.buffers();
    model.toBytes();
    model.summary();
  };
  it.each(["onEpochBegin", "onBatchEnd", "onEpochEnd"])("from %s", async name => {
    const run = { ...options, validation: other, sampleWeight: numbers(60, 5, 0.5, 2) };
    const [quiet, watched] = [await network(), await network()];
    const expected = await quiet.fit(data, run);
    const history = await watched.fit(data, { ...run, callbacks: [{ [name]: look }] });
    expect(numbersOf(history)).toEqual(numbersOf(expected));
    expect(fingerprint(watched)).toBe(fingerprint(quiet));
  });
  it("for a regression, whose errors are summed over the epoch", async () => {
    const make = () => t.sequential([t.dense(2)], { inputs: 3, loss: t.mse() });
    const table = { x: data.x, y: numbers(120, 6) };
    const expected = await (await make()).fit(table, options);
    const callbacks = [{ onBatchEnd: (_: unknown, m: t.Model) => m.evaluate({ x: other.x, y: numbers(600, 7) }) }];
    expect(numbersOf(await (await make()).fit(table, { ...options, callbacks }))).toEqual(numbersOf(expected));
  });
  it("from outside, as a page does that draws predictions while fit is under way", async () => {
    const many = { x: numbers(64 * 20000, 1), y: wholes(20000, 2, 10) };
    const stack = [t.dense(96, { activation: "relu" }), t.dense(10)];
    const run = async (watch: boolean) => {
      const model = await t.sequential(stack, { inputs: 64, loss: t.crossEntropy(), seed: 1 });
      let looks = 0;
      let open = true;
      const training = model.fit(many, { epochs: 4, optimizer: t.adam() }).finally(() => {
        open = false;
      });
      while (watch && open) {
        await new Promise(resolve => setImmediate(resolve));
        if (!open) break;
        model.predict(many.x.subarray(0, 640));
        await model.evaluate({ x: many.x.subarray(0, 640), y: many.y.subarray(0, 10) });
        looks++;
      }
      return { history: numbersOf(await training), bits: fingerprint(model), looks };
    };
    const quiet = await run(false);
    const watched = await run(true);
    expect(watched.looks, "fit lets the event loop turn").toBeGreaterThan(0);
    expect(watched.history).toEqual(quiet.history);
    expect(watched.bits).toBe(quiet.bits);
  });
});

describe("early stopping", () => {
  // Labels without a pattern: the loss on other rows gets worse sooner or later.
  const train = { x: numbers(90, 1), y: wholes(30, 2, 3) };
  const validation = { x: numbers(90, 11), y: wholes(30, 12, 3) };
  const run = async (stop: t.EarlyStoppingOptions, more: t.FitOptions = {}) => {
    const stack = [t.dense(16, { activation: "tanh" }), t.batchNorm(), t.dense(3)];
    const model = await t.sequential(stack, { inputs: 3, loss: t.crossEntropy(), seed: 1 });
    const optimizer = t.adam({ lr: 0.05 });
    const callbacks = [t.earlyStopping(stop)];
    const history = await model.fit(train, { epochs: 60, batchSize: 10, optimizer, validation, callbacks, ...more });
    return { model, history, values: history.epochs.map(e => e.valLoss!) };
  };
  const bestOf = (values: number[]) => values.indexOf(Math.min(...values));

  it.each([1, 3, 7])("ends after %i epochs without improvement", async patience => {
    const { history, values } = await run({ patience });
    expect(history.stoppedEarly).toBe(true);
    expect(values.length - 1 - bestOf(values)).toBe(patience);
  });
  it("with restoreBest puts the best epoch's weights and statistics back, bit for bit", async () => {
    const kept: string[] = [];
    const look = (_: unknown, model: t.Model) => void kept.push(fingerprint(model));
    const { model, history, values } = await run(
      {},
      { callbacks: [look, t.earlyStopping({ patience: 4, restoreBest: true })] },
    );
    const best = bestOf(values);
    expect(best).toBeLessThan(values.length - 1);
    expect((await model.evaluate(validation)).loss).toBeCloseTo(Math.min(...values), 6);
    expect(fingerprint(model)).toBe(kept[best]);
    expect(kept.at(-1)).not.toBe(kept[best]);
    expect(history.epochs).toHaveLength(best + 5);
  });
  it("with restoreBest restores also when the epochs run out first", async () => {
    const { model, history, values } = await run({ patience: 1000, restoreBest: true }, { epochs: 30 });
    expect(history.stoppedEarly).toBe(false);
    expect(bestOf(values)).toBeLessThan(29);
    expect((await model.evaluate(validation)).loss).toBeCloseTo(Math.min(...values), 6);
  });
  it("without restoreBest keeps the last weights", async () => {
    const { model, values } = await run({ patience: 4 });
    expect((await model.evaluate(validation)).loss).toBeCloseTo(values.at(-1)!, 6);
  });
  it("counts an improvement only from minDelta on", async () => {
    const { history } = await run({ patience: 2, minDelta: 10 });
    expect(history.epochs).toHaveLength(3);
  });
  it("watches what monitor names: more is better for accuracies, less for losses, unless mode says otherwise", async () => {
    const { history } = await run(
      { patience: 2, monitor: "accuracy" },
      { validation: undefined, optimizer: t.sgd({ lr: 0 }) },
    );
    expect(history.epochs).toHaveLength(3);
    const up = await run({ patience: 1, monitor: "loss", mode: "max" });
    expect(up.history.epochs.length).toBeLessThan(4);
    const watched = await run({ patience: 3, monitor: "valAccuracy" });
    const values = watched.history.epochs.map(e => e.valAccuracy!);
    expect(values.length - 1 - values.indexOf(Math.max(...values))).toBe(3);
  });
  it("is plain JSON that can be used again", async () => {
    const spec = JSON.parse(JSON.stringify(t.earlyStopping({ patience: 2 })));
    expect(spec).toEqual({ type: "earlyStopping", patience: 2 });
    const first = await run({}, { callbacks: [spec] });
    expect(numbersOf((await run({}, { callbacks: [spec] })).history)).toEqual(numbersOf(first.history));
  });
  it("refuses a monitor that the run does not have, naming those that it has", async () => {
    await fails(() => run({ monitor: "valAcuracy" }), "INVALID_ARGUMENT", /monitor is "valAcuracy"/, /valAccuracy/);
    await fails(
      () => run({ monitor: "valLoss" }, { validation: undefined }),
      "INVALID_ARGUMENT",
      /valLoss/,
      /loss, accuracy/,
    );
  });
});
