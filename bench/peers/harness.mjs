// What every peer in JavaScript shares: reads the job, shows losses, trains epochs for a while, prints one line of JSON.
// A peer gives
//   losses()                 the losses that say whether it does equal work, or learns
//   epochs(count, batches)   trains `count` times on the first `batches` batches, in order; seconds of each
import { readFileSync } from "node:fs";
import path from "node:path";

/** The job in the folder named on the command line, its data and the weights to begin with. */
export function readJob() {
  const folder = process.argv.at(-1);
  const floats = name => {
    const bytes = readFileSync(path.join(folder, name));
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  };
  const job = JSON.parse(readFileSync(path.join(folder, "job.json"), "utf8"));
  const y = floats("y.f32");
  return { ...job, x: floats("x.f32"), y: job.regression ? y : Int32Array.from(y), weights: splitWeights(job, floats) };
}

/** Of each layer: weights [outputs][inputs], biases, sizes. */
function splitWeights({ sizes }, floats) {
  const all = floats("weights.f32");
  let at = 0;
  const take = count => {
    at += count;
    return all.slice(at - count, at);
  };
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i];
    return { inputs, outputs, w: take(inputs * outputs), b: take(outputs) };
  });
}

/** [outputs][inputs] as [inputs][outputs]. */
export function transposed({ w, inputs, outputs }) {
  return Float32Array.from({ length: w.length }, (_, at) => w[(at % outputs) * inputs + Math.floor(at / outputs)]);
}

/** Rows of class indices as rows of zeros and a one. */
export function oneHot(labels, classes) {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    rows[i * classes + label] = 1;
  });
  return rows;
}

/** `count` times what `epoch` does, with the seconds of each. */
export async function timeEach(count, epoch) {
  const seconds = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await epoch();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

/** Short epochs are put together until they last this long, so that nobody's best is a lucky moment. */
const SPAN = 0.1;

export async function run(job, peer) {
  const losses = await peer.losses();
  const all = job.rows / job.batch;
  // Warm up, with more and more batches: engines compile what runs often.
  const end = performance.now() + 500 * job.seconds;
  let batches = Math.min(all, 2);
  let rate = 0;
  do {
    const [seconds] = await peer.epochs(1, batches);
    rate = batches / seconds;
    batches = Math.min(all, batches * 4, Math.max(2, Math.ceil(rate * job.seconds)));
  } while (performance.now() < end);
  // An epoch is the whole data, or, where that would take too long, its first batches.
  batches = Math.min(all, Math.max(2, Math.ceil((rate * job.seconds) / 4)));
  const count = Math.max(2, Math.ceil((rate * job.seconds) / batches));
  const figures = [];
  let [epochs, seconds] = [0, 0];
  for (const each of await peer.epochs(count, batches)) {
    epochs++;
    seconds += each;
    if (seconds < SPAN) continue;
    figures.push((epochs * batches * job.batch) / seconds);
    [epochs, seconds] = [0, 0];
  }
  // None: the warm-up was so much slower that all of it did not last a span.
  if (figures.length === 0) figures.push((epochs * batches * job.batch) / seconds);
  console.log(JSON.stringify({ losses, rows: batches * job.batch, figures }));
}
