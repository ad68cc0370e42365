// brain.js: its NeuralNetwork, on typed arrays. What it has differs from the others in more than speed:
// - it has no mini-batches: weights change after every row, Adam included, which is more updates for as many samples;
// - its loss is the squared error of each output, so classes are learnt as rows of zeros and a one;
// - one activation serves all layers, the last one too: leaky ReLU, so that no output dies, and targets of the
//   regression are brought into [0, 1], as its documentation asks;
// - its Adam takes the biases' moments one step late; plain descent is its momentum rule with a momentum of (nearly) 0.
// Its file for browsers is the one that needs no gpu.js; the network is the same plain JavaScript.
import { createRequire } from "node:module";
import { oneHot, readJob, run, timeEach } from "./harness.mjs";

const { NeuralNetwork } = createRequire(import.meta.url)("brain.js/dist/browser.js");
const job = readJob();
const { sizes, batch, regression } = job;
const outputs = sizes.at(-1);

function targets() {
  if (!regression) return oneHot(job.y, outputs);
  let [low, high] = [Infinity, -Infinity];
  for (const value of job.y) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return job.y.map(value => (value - low) / (high - low));
}
const y = targets();
const patterns = Array.from({ length: job.rows }, (_, i) => ({
  input: job.x.slice(i * sizes[0], (i + 1) * sizes[0]),
  output: y.slice(i * outputs, (i + 1) * outputs),
}));

function make() {
  const adam = { praxis: "adam", beta1: job.beta1, beta2: job.beta2, epsilon: job.eps };
  const net = new NeuralNetwork({
    inputSize: sizes[0],
    hiddenLayers: sizes.slice(1, -1),
    outputSize: outputs,
    activation: "leaky-relu",
    learningRate: job.lr,
    ...(job.rule === "adam" ? adam : { momentum: 1e-300 }),
  });
  net.initialize();
  job.weights.forEach((layer, i) => {
    for (let n = 0; n < layer.outputs; n++) {
      net.weights[i + 1][n].set(layer.w.subarray(n * layer.inputs, (n + 1) * layer.inputs));
    }
    net.biases[i + 1].set(layer.b);
  });
  return net;
}

/** Mean errors of a few passes over the first rows: they have to fall. */
function losses() {
  const net = make();
  const few = patterns.slice(0, 64);
  return Array.from({ length: 5 }, () => few.reduce((sum, p) => sum + net.trainPattern(p, true), 0) / few.length);
}
const net = make();
const epochs = (count, batches) => {
  const used = patterns.slice(0, batches * batch);
  return timeEach(count, () => net.trainPatterns(used));
};
await run(job, { losses, epochs });
