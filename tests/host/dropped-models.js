// A process of its own for dropped-models.test.ts, run with --expose-gc: dropped-models.js MODELS WARM_UP THREADS. Makes
// models, trains each a few steps, and drops them: half by dispose(), half just let go, some of those in the midst of
// fitSteps. Prints the memory while the models of the warm-up were held, before the others and after them, and how many
// workers began and ended.
import workerThreads from "node:worker_threads";
import { adam, crossEntropy, dense, sequential } from "../../dist/index.js";

const [models, warmUp, threads] = process.argv.slice(2).map(Number);
const workers = { started: 0, ended: 0 };
workerThreads.Worker = class extends workerThreads.Worker {
  constructor(...given) {
    super(...given);
    workers.started++;
    this.once("exit", () => workers.ended++);
  }
};

const rows = 320;
const inputs = 64;
const x = Float32Array.from({ length: rows * inputs }, (_, i) => Math.sin(i));
const y = Int32Array.from({ length: rows }, (_, i) => i % 10);
const data = { x, y };

async function useOne(i) {
  const layers = [dense(64, { activation: "relu" }), dense(10)];
  const model = await sequential(layers, { inputs, loss: crossEntropy(), seed: i, threads });
  const optimizer = adam();
  if (i % 4 < 2) await model.fit(data, { epochs: 2, optimizer });
  else await model.fitSteps(data, { steps: 20, optimizer }).next();
  if (i % 2) model.dispose();
  return model;
}

async function turns(count) {
  for (let i = 0; i < count; i++) {
    await new Promise(resolve => setTimeout(resolve, 5));
    globalThis.gc();
  }
}
/** Uses so many models; workers would pile up where the collector sees no reason to look, and Node keeps their memory. */
async function use(count, keep) {
  for (let i = 0; i < count; i++) {
    const model = await useOne(i);
    keep?.push(model);
    if (threads > 1) await turns(4);
  }
}
async function hold(count) {
  const models = [];
  await use(count, threads > 1 ? undefined : models);
  await turns(20);
  return { held: process.memoryUsage(), models: models.length }; // what is read later is still there
}

const { held } = await hold(warmUp);
await turns(20);
const before = process.memoryUsage();
await use(models);
await turns(20);
const after = process.memoryUsage();
console.log(JSON.stringify({ held, before, after, workers }));
