// Models in workers (`trainlet/worker`), from the built package, since a worker is a file: what they come to is compared
// with what models at hand come to, bit for bit.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Dataset, iris } from "../host/data/index.ts";
import * as here from "../host/index.ts";
import type * as Away from "../host/worker/index.ts";
import { numbers, wholes } from "./host/support.ts";

const built = (name: string) => pathToFileURL(fileURLToPath(new URL(`../dist/${name}`, import.meta.url))).href;
const away: typeof Away = await import(built("worker.js"));

const layers = [here.dense(12, { activation: "tanh" }), here.batchNorm(), here.dropout(0.1), here.dense(3)];
const options = { inputs: 4, loss: here.crossEntropy(), seed: 5 };
const fitting = {
  epochs: 6,
  batchSize: 16,
  optimizer: here.adamw({ lr: 0.01 }),
  schedule: here.oneCycle({ maxLr: 0.02 }),
};
let train: Dataset;
let test: Dataset;
const open: Away.Model[] = [];

/** A model in a worker, which ends with the test. */
async function make(more: Partial<Away.ModelOptions> = {}): Promise<Away.Model> {
  const model = await away.sequential(layers, { ...options, ...more });
  open.push(model);
  return model;
}
beforeEach(async () => {
  ({ train, test } = (await iris()).split({ test: 0.2, seed: 1 }));
});
afterEach(() => {
  for (const model of open.splice(0)) model.dispose();
});
/** An epoch's log without what clocks say. */
function curve({ epochs }: here.History) {
  return epochs.map(({ seconds: _, samplesPerSecond: __, ...log }) => log);
}

describe("trainlet/worker", () => {
  it("has trainlet's names, but for what needs a core at hand", () => {
    const missing = Object.keys(here).filter(name => !(name in away));
    expect(missing.sort()).toEqual(["compareOptimizers", "createOptimizer", "surfacePath", "surfaces"]);
    expect(Object.keys(away).filter(name => !(name in here))).toEqual(["Model"]);
  });
  it("has every method of a model", async () => {
    const own = (object: object) =>
      [...Object.getOwnPropertyNames(Object.getPrototypeOf(object)), ...Object.keys(object)].sort();
    using local = await here.sequential(layers, options);
    const remote = own(await make());
    expect(own(local).filter(name => !remote.includes(name))).toEqual(["checkAlive"]);
    expect(remote.filter(name => !own(local).includes(name))).toEqual(["findLearningRate"]);
  });

  it.each([1, 2])("trains to the same bits, with %i threads", async threads => {
    const callbacks = [here.earlyStopping({ patience: 2, restoreBest: true })];
    using local = await here.sequential(layers, { ...options, threads });
    const expected = await local.fit(train, { ...fitting, validation: test, callbacks });
    const model = await make({ threads });
    const history = await model.fit(train, { ...fitting, validation: test, callbacks });
    expect(curve(history)).toEqual(curve(expected));
    expect(await model.parameters()).toEqual(local.parameters());
    expect(await model.buffers()).toEqual(local.buffers());
    expect(await model.predict(test)).toEqual(local.predict(test));
    expect(await model.evaluate(test, { report: true })).toEqual(await local.evaluate(test, { report: true }));
    expect(await model.toBytes({ optimizer: true })).toEqual(local.toBytes({ optimizer: true }));
    if (threads === 1) expect(await model.summary()).toBe(local.summary());
    expect(model.iterations).toBe(local.iterations);
    expect(model.classNames).toEqual(local.classNames);
    expect([model.inputs, model.outputs, model.spec]).toEqual([local.inputs, local.outputs, local.spec]);
  });
  it("takes single batches, snapshots, parameters and bytes as models at hand do", async () => {
    using local = await here.sequential(layers, options);
    const model = await make();
    const x = numbers(32 * 4, 1);
    const y = wholes(32, 2, 3);
    local.compile({ optimizer: here.sgd({ lr: 0.1 }) });
    await model.compile({ optimizer: here.sgd({ lr: 0.1 }) });
    const first = await model.snapshot();
    expect(await model.trainBatch(x, y)).toBe(local.trainBatch(x, y));
    expect(await model.snapshot()).toEqual(local.snapshot());
    const weight = local.parameters()[0]!.value;
    await model.restore(first);
    await model.loadParameters({ "0.weight": weight });
    expect((await model.parameters())[0]!.value).toEqual(weight);
    expect(weight.length, "not handed over").toBe(48);

    const again = await away.fromBytes(local.toBytes());
    open.push(again);
    expect(await again.predict(x)).toEqual(local.predict(x));
  });
  it("saves files that load, here and in a worker", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "trainlet-worker-"));
    try {
      const file = path.join(folder, "model.safetensors");
      const model = await make();
      await model.fit(train, fitting);
      await model.save(file);
      const outputs = await model.predict(test);
      using local = await here.load(file);
      expect(local.predict(test)).toEqual(outputs);
      const other = await away.load(file);
      open.push(other);
      expect(await other.predict(test)).toEqual(outputs);
      expect(other.classNames).toEqual(train.classNames);

      const kept = new Map<string, Uint8Array>();
      const storage = {
        read: async (name: string) => kept.get(name)!,
        write: async (name: string, bytes: Uint8Array) => void kept.set(name, bytes),
        remove: async (name: string) => void kept.delete(name),
        list: async () => [...kept.keys()],
      };
      await other.save("kept", { storage, optimizer: false });
      const third = await away.load("kept", { storage });
      open.push(third, await away.fromBytes(new Blob([kept.get("kept") as Uint8Array<ArrayBuffer>])));
      expect(await third.predict(test)).toEqual(outputs);
      expect(await open.at(-1)!.predict(test)).toEqual(outputs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  it("saves in the order of the calls, whichever worker is first to answer", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "trainlet-worker-"));
    try {
      const file = path.join(folder, "model.safetensors");
      const large = await away.sequential([here.dense(2000)], { inputs: 1000, loss: here.mse(), seed: 1 });
      const small = await make();
      open.push(large);
      using local = await here.sequential([here.dense(2)], { inputs: 4, loss: here.mse() });
      await Promise.all([local.save(file), large.save(file), small.save(file)]);
      expect((await here.load(file)).outputs).toBe(3);
      await Promise.all([large.save(file), local.save(file)]);
      expect((await here.load(file)).outputs).toBe(2);
      const ended = large.save(file);
      large.dispose();
      await expect(ended).rejects.toMatchObject({ code: "DISPOSED" });
      expect((await here.load(file)).outputs, "the next is not held up").toBe(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  it("leaves the data alone, and sends no more of a buffer than what was given", async () => {
    const part = train.slice(0, 40);
    const before = part.x.slice();
    const model = await make();
    await model.fit(part, fitting);
    expect(part.x).toEqual(before);
    expect(train.x.length).toBe(120 * 4);
  });

  it("takes steps as models at hand do", async () => {
    using local = await here.sequential(layers, options);
    const steps = { steps: 47, every: 10, batchSize: 16, optimizer: here.adam() };
    const expected: here.StepsLog[] = [];
    for await (const log of local.fitSteps(train, steps)) expected.push(log);
    const model = await make();
    const logs: here.StepsLog[] = [];
    for await (const log of model.fitSteps(train, steps)) logs.push(log);
    expect(logs).toEqual(expected);
    for await (const log of model.fitSteps(train, { steps: 30 })) if (log.step === 10) break;
    expect(model.iterations).toBe(57);
    await model.fit(train, fitting); // the steps before are over
  });
  it("looks for a learning rate", async () => {
    using local = await here.sequential(layers, options);
    const test = { optimizer: here.sgd(), steps: 40 };
    const expected = await here.findLearningRate(local, train, test);
    const model = await make();
    const seen: here.RangeTestStep[] = [];
    const found = await away.findLearningRate(model, train, { ...test, onStep: step => void seen.push(step) });
    expect(found).toEqual(expected);
    expect(seen).toEqual(expected.steps);
    await expect(away.findLearningRate(local as never, train, test)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

describe("callbacks of a model in a worker", () => {
  it("run here, with the model, and are waited for", async () => {
    const model = await make();
    const said: string[] = [];
    class Watcher {
      name = "watcher";
      onEpochBegin(epoch: number, m: Away.Model) {
        said.push(`${this.name} ${epoch} ${m === model}`);
      }
      async onEpochEnd(log: here.EpochLog, m: Away.Model) {
        await sleep(5);
        const { loss } = await m.evaluate(test);
        said.push(`end ${log.epoch} ${m.iterations === log.iterations} ${Number.isFinite(loss)}`);
      }
    }
    await model.fit(train, { ...fitting, epochs: 2, callbacks: [new Watcher()] });
    expect(said).toEqual(["watcher 1 true", "end 1 true true", "watcher 2 true", "end 2 true true"]);
  });
  it("end the training by returning false, after a batch too", async () => {
    const model = await make();
    const history = await model.fit(train, { ...fitting, callbacks: [log => log.epoch < 3] });
    expect([history.epochs.length, history.stoppedEarly]).toEqual([3, true]);
    const seen: number[] = [];
    const callbacks = [{ onBatchEnd: (log: here.BatchLog) => seen.push(log.iteration) < 5 }];
    await model.fit(train, { ...fitting, callbacks });
    expect(seen).toHaveLength(5);
  });
  it("hear of progress within an epoch", async () => {
    const model = await away.sequential([here.dense(256, { activation: "relu" }), here.dense(3)], {
      ...options,
      inputs: 64,
    });
    open.push(model);
    const rows = 4000;
    const data = { x: numbers(rows * 64, 1), y: wholes(rows, 2, 3) };
    const logs: here.ProgressLog[] = [];
    // As many epochs as it takes, however fast the machine is: an epoch that ends within 20 ms says nothing.
    const onProgress = (log: here.ProgressLog) => void logs.push(log);
    const onEpochEnd = () => logs.length < 3;
    await model.fit(data, { ...fitting, batchSize: 8, epochs: 500, callbacks: [{ onProgress, onEpochEnd }] });
    expect(logs.length).toBeGreaterThanOrEqual(3);
    for (const { step, steps, loss, iterations, epoch, lr } of logs) {
      expect(steps).toBe(500);
      expect(iterations).toBe((epoch - 1) * 500 + step);
      expect(loss).toBeGreaterThan(0);
      expect(lr).toBeGreaterThan(0);
    }
  });
  it("end it with their own error", async () => {
    const model = await make();
    const error = new RangeError("mine");
    const thrower = () => {
      throw error;
    };
    for (const callback of [thrower, { onBatchEnd: thrower }, { onEpochBegin: thrower }]) {
      await expect(model.fit(train, { ...fitting, callbacks: [callback] })).rejects.toBe(error);
    }
    await expect(model.findLearningRate(train, { optimizer: here.sgd(), onStep: thrower })).rejects.toBe(error);
    await model.fit(train, fitting);
  });
});

describe("a signal", () => {
  it("ends a fit with its reason; the model goes on", async () => {
    const model = await make();
    const reason = { why: "enough" };
    await expect(model.fit(train, { ...fitting, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const run = model.fit(train, {
      ...fitting,
      epochs: 1_000_000,
      signal: controller.signal,
      callbacks: [({ epoch }) => void (epoch === 3 && controller.abort(reason))],
    });
    await expect(run).rejects.toBe(reason);
    const late = new AbortController();
    const long = model.fit(train, { ...fitting, epochs: 1_000_000, signal: late.signal });
    setTimeout(() => late.abort(reason), 50);
    await expect(long).rejects.toBe(reason);
    await model.fit(train, fitting);
  });
  it("leaves the best weights and the history, as a run that diverges does", async () => {
    const model = await make();
    const controller = new AbortController();
    const kept: { loss: number; weights: Float32Array }[] = [];
    const look = async (log: here.EpochLog, m: Away.Model) => {
      kept.push({ loss: log.valLoss!, weights: (await m.parameters())[0]!.value });
      if (log.epoch === 5) controller.abort("enough");
    };
    const schedule = away.manual({ rates: [0.01, 0.01, 3] });
    const best = away.earlyStopping({ patience: 9, restoreBest: true });
    const run = { ...fitting, schedule, validation: test, callbacks: [look, best] };
    const weights = async () => (await model.parameters())[0]!.value;
    const bestOf = () => kept.reduce((a, b) => (b.loss < a.loss ? b : a)).weights;
    await expect(model.fit(train, { ...run, signal: controller.signal })).rejects.toBe("enough");
    expect(await weights()).toEqual(bestOf());
    expect(model.history!.epochs.map(log => log.valLoss)).toEqual(kept.map(({ loss }) => loss));
    kept.length = 0;
    const wild = {
      ...run,
      schedule: away.manual({ rates: [0.01, 0.01, 1e38] }),
      optimizer: here.sgd(),
      signal: undefined,
    };
    const error = await model.fit(train, wild).catch((reason: unknown) => reason as here.TrainletError);
    expect(error).toMatchObject({ code: "DIVERGED", history: model.history });
    expect(model.history!.epochs).toHaveLength(kept.length);
    expect(await weights()).toEqual(bestOf());
  });
  it("ends the wait for a callback that never answers", async () => {
    const model = await make();
    const controller = new AbortController();
    const wait = () => {
      controller.abort("no answer");
      return new Promise(() => {});
    };
    const run = { ...fitting, callbacks: [{ onEpochBegin: wait }], signal: controller.signal };
    await expect(model.fit(train, run)).rejects.toBe("no answer");
    expect((await model.fit(train, { ...fitting, epochs: 2 })).epochs).toHaveLength(2);
  });
  it("ends steps too", async () => {
    const model = await make();
    const controller = new AbortController();
    const run = async () => {
      const steps = { steps: 1e6, every: 5e5, optimizer: here.adam(), signal: controller.signal };
      for await (const _ of model.fitSteps(train, steps)) expect.fail("there is no report");
    };
    setTimeout(() => controller.abort("enough"), 50);
    await expect(run()).rejects.toBe("enough");
    await model.fit(train, fitting);
  });
});

describe("what cannot be", () => {
  it("is said by the same errors as of models at hand", async () => {
    const local = await here.sequential(layers, options);
    const model = await make();
    const told = async (promise: Promise<unknown>) => {
      const error = await promise.then(
        () => expect.fail("it should fail"),
        e => e,
      );
      expect(error).toBeInstanceOf(here.TrainletError);
      return [error.code, error.message];
    };
    for (const [data, given] of [
      [train, { ...fitting, epochs: 0 }],
      [train, { ...fitting, epoch: 3 }],
      [train, { ...fitting, signal: 5 }],
      [train, { ...fitting, callbacks: [5] }],
      [train, { ...fitting, callbacks: [{ type: "earlyStoping" }] }],
      [{ x: [[1, 2]], y: [0] }, fitting],
      [{ x: [[1, 2, 3, Number.NaN]], y: [0] }, fitting],
      [undefined, fitting],
    ] as [never, never][]) {
      expect(await told(model.fit(data, given))).toEqual(await told(local.fit(data, given)));
    }
    const wrong = { ...options, inputs: -1 };
    expect(await told(away.sequential(layers, wrong))).toEqual(await told(here.sequential(layers, wrong)));
    const bytes = new Uint8Array(9);
    expect(await told(away.fromBytes(bytes))).toEqual(await told(here.fromBytes(bytes)));
    expect(await told(away.load("/no/such/file"))).toEqual(await told(here.load("/no/such/file")));
    local.dispose();
  });
  it("functions have to stay here", async () => {
    const model = await make();
    const optimizer = here.sgd();
    const error = { code: "UNSUPPORTED", message: expect.stringMatching(/options.schedule.*function.*plain data/) };
    await expect(model.fit(train, { optimizer, schedule: t => 1 / t })).rejects.toMatchObject(error);
    await expect(model.compile({ optimizer, schedule: here.manual({ rate: t => t }) })).rejects.toMatchObject(error);
  });
  it("a model that has been disposed of says so, also of what it was at", async () => {
    const model = await make();
    const run = model.fit(train, { ...fitting, epochs: 1_000_000 });
    setTimeout(() => model.dispose(), 30);
    await expect(run).rejects.toMatchObject({ code: "DISPOSED" });
    await expect(model.predict(test)).rejects.toMatchObject({ code: "DISPOSED" });
    model.dispose();
  });
});

describe("workers", () => {
  const workers: Worker[] = [];
  const own = process.getBuiltinModule;
  beforeEach(() => {
    workers.length = 0;
    class Watched extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        workers.push(this);
      }
    }
    process.getBuiltinModule = ((name: string) =>
      name === "node:worker_threads" ? { Worker: Watched } : own(name)) as typeof own;
  });
  afterEach(() => {
    process.getBuiltinModule = own;
  });
  const gone = (worker: Worker) => new Promise(resolve => worker.once("exit", resolve));

  it("that die give an error, not a hang", async () => {
    const model = await make();
    const run = model.fit(train, { ...fitting, epochs: 1_000_000 });
    setTimeout(() => workers[0]!.terminate(), 30);
    await expect(run).rejects.toMatchObject({ code: "WORKER_FAILED" });
    await expect(model.predict(test)).rejects.toMatchObject({ code: "WORKER_FAILED" });
  });
  it("end with the model, and where there comes to be none", async () => {
    const model = await make();
    const first = gone(workers[0]!);
    model.dispose();
    await first;
    await expect(away.sequential([], options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await gone(workers[1]!);
  });
  it("end when nobody holds the model", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    await (async () => {
      const model = await away.sequential(layers, options);
      await model.fit(train, fitting);
    })();
    let ended = false;
    gone(workers[0]!).then(() => {
      ended = true;
    });
    for (let i = 0; i < 200 && !ended; i++) {
      gc();
      await sleep(10);
    }
    expect(ended).toBe(true);
  });
  it("keep no process from ending, but while it waits for them", async () => {
    const program = `import { sequential, dense, mse, sgd } from ${JSON.stringify(built("worker.js"))};
const model = await sequential([dense(1)], { inputs: 1, loss: mse() });
const { epochs } = await model.fit({ x: [[1], [2]], y: [1, 2] }, { epochs: 3, optimizer: sgd() });
console.log(epochs.length);
globalThis.kept = model;
`;
    const folder = mkdtempSync(path.join(tmpdir(), "trainlet-worker-"));
    try {
      writeFileSync(path.join(folder, "main.mjs"), program);
      const run = promisify(execFile)(process.execPath, [path.join(folder, "main.mjs")], { timeout: 20_000 });
      expect((await run).stdout).toBe("3\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
