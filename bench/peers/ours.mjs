// trainlet as it is published, from dist/, through the same harness as everybody else.
import { adam, crossEntropy, dense, mse, sequential, sgd } from "../../dist/index.js";
import { readJob, run } from "./harness.mjs";

const job = readJob();
const { sizes, batch, lr, beta1, beta2, eps } = job;
const arithmetic = process.argv.includes("fused") ? "fused" : "strict";
const outputs = sizes.at(-1);
const width = job.regression ? outputs : 1;
const optimizer = job.rule === "adam" ? adam({ lr, beta1, beta2, eps }) : sgd({ lr });
const head = batches => ({
  x: job.x.subarray(0, batches * batch * sizes[0]),
  y: job.y.subarray(0, batches * batch * width),
});

async function make() {
  const layers = sizes.slice(1).map((n, i) => dense(n, i < sizes.length - 2 ? { activation: "relu" } : {}));
  const loss = job.regression ? mse() : crossEntropy();
  const model = await sequential(layers, { inputs: sizes[0], loss, threads: job.threads, arithmetic });
  const values = job.weights.flatMap(({ w, b }) => [w, b]);
  model.loadParameters(Object.fromEntries(model.parameters().map(({ name }, i) => [name, values[i]])));
  model.compile({ optimizer });
  return model;
}

/** Losses of single steps; `fit`, which is what is timed, has to take the very same ones. */
async function losses() {
  const model = await make();
  const steps = Array.from({ length: job.checkSteps }, (_, i) => {
    const x = job.x.subarray(i * batch * sizes[0], (i + 1) * batch * sizes[0]);
    return model.trainBatch(x, job.y.subarray(i * batch * width, (i + 1) * batch * width));
  });
  model.dispose();
  const other = await make();
  const { epochs } = await other.fit(head(job.checkSteps), { epochs: 1, batchSize: batch, shuffle: false });
  other.dispose();
  const mean = steps.reduce((sum, loss) => sum + loss, 0) / steps.length;
  if (!(Math.abs(epochs[0].loss / mean - 1) < 1e-5)) throw new Error(`fit: loss ${epochs[0].loss}, by steps ${mean}`);
  return steps;
}

let model;
try {
  model = await make();
} catch (error) {
  if (error.code !== "UNSUPPORTED") throw error;
  console.log(JSON.stringify({ unsupported: error.message }));
}
if (model) {
  // By the clock on the wall, from one epoch's end to the next: history's seconds are those spent on steps alone.
  const epochs = async (count, batches) => {
    const times = [];
    const look = { onEpochBegin: () => void (times.length || times.push(performance.now())) };
    look.onEpochEnd = () => void times.push(performance.now());
    await model.fit(head(batches), { epochs: count, batchSize: batch, shuffle: false, callbacks: [look] });
    return times.slice(1).map((time, i) => (time - times[i]) / 1000);
  };
  await run(job, { losses, epochs });
  model.dispose();
}
