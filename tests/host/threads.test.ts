// Threads: the same bits for any number of them, an end with the model, and an error where one is lost.
import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { any, fails, fingerprint, numbers, wholes } from "./support.ts";

type Made = import("node:worker_threads").Worker & { ended: Promise<number> };
const threads = process.getBuiltinModule("node:worker_threads");
const { Worker } = threads;
/** The workers that the code under test starts. */
const workers: Made[] = [];
threads.Worker = class extends Worker {
  ended = new Promise<number>(resolve => this.on("exit", resolve));
  constructor(...given: ConstructorParameters<typeof Worker>) {
    super(...given);
    workers.push(this as unknown as Made);
  }
} as unknown as typeof Worker;
afterEach(() => workers.splice(0));

const INPUTS = 150;
const data = { x: numbers(INPUTS * 200, 1), y: wholes(200, 2, 7) };
/** Large enough that layers, batches and updates are shared out. */
const layers = [
  t.dense(130, { activation: "gelu" }),
  t.batchNorm(),
  t.dropout(0.2),
  t.dense(90, { activation: t.prelu({ perFeature: true }) }),
  t.layerNorm(),
  t.dense(90, { activation: "softmax" }),
  t.dense(7),
];
const network = (count: number | "auto", stack = layers) =>
  t.sequential(stack, { inputs: INPUTS, loss: t.crossEntropy(), seed: 3, threads: count });

describe("any number of threads", () => {
  const cases: [string, Partial<t.FitOptions>][] = [
    ["adam", { optimizer: t.adam() }],
    ["sgd with momentum", { optimizer: t.sgd({ momentum: 0.9, nesterov: true }), clipNorm: 1 }],
    ["rprop", { optimizer: t.rprop() }],
    ["muon", { optimizer: t.muon() }],
    ["madgrad, with averages", { optimizer: t.madgrad(), ema: { decay: 0.9 }, lookahead: {} }],
    ["yogi, accumulated, with sam", { optimizer: t.yogi(), accumulate: 2, sam: {} }],
    ["lbfgs", { optimizer: t.lbfgs({ maxIter: 3 }) }],
  ];
  it.each(cases)("gives the same bits, more threads than processors too: %s", async (_, options) => {
    const train = async (count: number) => {
      using model = await network(count);
      const history = await model.fit(data, { epochs: 3, batchSize: 72, validation: 0.2, ...options });
      expect(workers.length).toBe(count - 1);
      workers.splice(0);
      return {
        print: fingerprint(model),
        losses: history.epochs.map(e => [e.loss, e.valLoss]),
        p: model.predict(data.x),
      };
    };
    const alone = await train(1);
    for (const count of [2, 3, 5]) expect(await train(count), `${count} threads`).toEqual(alone);
  });
  it("goes on in trainBatch, in evaluate, and when the batch grows", async () => {
    const [one, three] = [await network(1), await network(3)];
    for (const model of [one, three]) {
      await model.fit(data, { epochs: 1, batchSize: 64, optimizer: t.adam() });
      for (const rows of [40, 200, 64]) model.trainBatch(data.x.subarray(0, rows * INPUTS), data.y.subarray(0, rows));
    }
    expect(fingerprint(three)).toBe(fingerprint(one));
    expect(await three.evaluate(data)).toEqual(await one.evaluate(data));
    expect(three.toBytes({ optimizer: true })).toEqual(one.toBytes({ optimizer: true }));
    three.dispose();
  });
  it("comes with compile, and trainBatch takes those that are there", async () => {
    const [one, three] = [await network(1), await network(3)];
    for (const model of [one, three]) model.compile({ optimizer: t.adam() });
    expect(workers.length).toBe(2);
    for (let i = 0; i < 6; i++) {
      for (const model of [one, three]) model.trainBatch(data.x, data.y);
      await new Promise(done => setTimeout(done, 40));
    }
    expect(fingerprint(three)).toBe(fingerprint(one));
    three.dispose();
  });
  it("is what auto decides by the size, and costs a small network nothing", async () => {
    const small = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy() });
    await small.fit({ x: numbers(40, 1), y: wholes(10, 2, 3) }, { optimizer: t.sgd() });
    expect(workers.length).toBe(0);
  });
});

/** What has lost a thread does what one thread can: the same as the model that is loaded from its bytes. */
async function isWhole(model: t.Model): Promise<void> {
  const again = await t.fromBytes(model.toBytes({ optimizer: true }));
  expect(model.predict(data.x)).toEqual(again.predict(data.x));
  expect(await model.evaluate(data)).toEqual(await again.evaluate(data));
  await again.fit(data, { epochs: 1 });
}

describe("workers", () => {
  it("end when the model is disposed of", async () => {
    const model = await network(3);
    await model.fit(data, { optimizer: t.sgd() });
    const mine = workers.splice(0);
    expect(mine.length).toBe(2);
    model.dispose();
    await Promise.all(mine.map(w => w.ended));
  });
  it("start once, however many fits there are", async () => {
    using model = await network(2);
    for (let i = 0; i < 3; i++) await model.fit(data, { optimizer: t.sgd() });
    expect(workers.length).toBe(1);
  });
  it("that die between two steps end the training with an error, and every later one; the model predicts on", async () => {
    using model = await network(3);
    let epoch = 0;
    const onEpochEnd = async () => {
      if (++epoch === 2) await workers[0]!.terminate();
    };
    const fit = () => model.fit(data, { epochs: 9, optimizer: t.adam(), callbacks: [{ onEpochEnd }] });
    await fails(fit, "WORKER_FAILED", /a thread of the model ended/);
    expect(epoch).toBe(2);
    await fails(fit, "WORKER_FAILED", /a thread of the model ended/, /load it anew/);
    await isWhole(model);
  });
  it("that die with their share undone end the training with an error, not a hang", async () => {
    using model = await network(2);
    await model.fit(data, { optimizer: t.adam() });
    const began = performance.now();
    const step = () => {
      workers[0]!.terminate(); // takes effect at once, while its event has no turn before this thread has time
      for (let i = 0; i < 1000; i++) model.trainBatch(data.x, data.y);
    };
    await fails(step, "WORKER_FAILED", /did not finish its share in time/);
    expect(performance.now() - began, "noticed by asking, not by waiting").toBeLessThan(8000);
    await isWhole(model);
    const { iterations } = model;
    await fails(() => model.trainBatch(data.x, data.y), "WORKER_FAILED", /load it anew/);
    expect(model.iterations).toBe(iterations);
    await isWhole(model);
  });
  it("that die leave the weights as the last whole step had them", async () => {
    const [one, two] = [await network(1), await network(2)];
    for (const model of [one, two]) {
      await model.fit(data, { optimizer: t.sgd({ lr: 0.01 }) });
      model.trainBatch(data.x, data.y);
    }
    const worker = workers[0]!;
    const { iterations } = two;
    // It ends while the main thread spins, so that the share of the first job of the next step is never done.
    worker.terminate();
    while (worker.performance.eventLoopUtilization().idle >= 0);
    await fails(() => two.trainBatch(data.x, data.y), "WORKER_FAILED");
    expect(two.iterations).toBe(iterations);
    expect(two.parameters().map(p => p.value)).toEqual(one.parameters().map(p => p.value));
    two.dispose();
    await fails(() => two.predict(data.x), "DISPOSED");
  });
  it("that die during predict or evaluate are done without", async () => {
    for (const use of [(model: t.Model) => model.predict(data.x), (model: t.Model) => model.evaluate(data)]) {
      using model = await network(3);
      await model.fit(data, { optimizer: t.adam() });
      const wanted = await use(await t.fromBytes(model.toBytes()));
      await use(model);
      workers[0]!.terminate();
      expect(await use(model)).toEqual(wanted);
      expect(await use(model)).toEqual(wanted);
      await isWhole(model);
      await Promise.all(workers.splice(0).map(worker => worker.ended));
    }
  });
});

describe("workers that cannot start", () => {
  const Whole = threads.Worker;
  afterEach(() => {
    threads.Worker = Whole;
  });
  const broken = class extends Worker {
    constructor() {
      super("throw new Error('no room')", { eval: true });
    }
  } as unknown as typeof Worker;
  it("are an error where they were asked for", async () => {
    threads.Worker = broken;
    const model = await network(3);
    await fails(() => model.fit(data, { optimizer: t.sgd() }), "WORKER_FAILED", /could not start/, /no room/);
  });
  it("are done without where they were not: the same bits on one thread", async () => {
    const stack = [t.dense(400, { activation: "relu" }), t.dense(7)]; // large enough for auto
    const train = async (count: number | "auto") => {
      const model = await network(count, stack);
      await model.fit(data, { epochs: 2, optimizer: t.sgd() });
      return fingerprint(model);
    };
    const alone = await train(1);
    threads.Worker = broken;
    expect(await train("auto")).toBe(alone);
  });
});

describe("a process whose model has threads", () => {
  it("ends by itself, whether the model was disposed of or not", () => {
    const program = `
      import { crossEntropy, dense, sequential, sgd } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
      const model = await sequential([dense(3)], { inputs: 2, loss: crossEntropy(), threads: 2 });
      await model.fit({ x: new Float32Array(8), y: new Int32Array(4) }, { optimizer: sgd() });
      const end = performance.now();
      process.on("exit", () => console.log("waited", performance.now() - end > 3000));`;
    for (const more of ["", "model.dispose();"]) {
      const options = { input: program + more, encoding: "utf8", timeout: 30_000 } as const;
      expect(execFileSync(process.execPath, ["--input-type=module", "-"], options)).toBe("waited false\n");
    }
  });
});

describe("bad numbers of threads", () => {
  it.each([0, -1, 1.5, 65, "two", null, Number.NaN])("%s is refused", async count => {
    await fails(() => network(any(count)), "INVALID_ARGUMENT", /threads is /, /"auto" or a whole number in \[1, 64\]/);
  });
  it("more than one is refused where memory cannot be shared", async () => {
    const shared = globalThis.SharedArrayBuffer;
    globalThis.SharedArrayBuffer = any(undefined);
    try {
      await fails(() => network(2), "UNSUPPORTED", /threads is 2/, /give 1 or "auto"/);
      await network("auto");
    } finally {
      globalThis.SharedArrayBuffer = shared;
    }
  });
});
