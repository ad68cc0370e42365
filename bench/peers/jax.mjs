// jax-js on its WASM backend: one jitted train step, as its documentation advises, on batches that are arrays already.
import { oneHot, readJob, run, timeEach, transposed } from "./harness.mjs";

// It starts workers wherever a Worker is known when it is loaded; one thread is to be compared.
globalThis.Worker = undefined;
const { jit, valueAndGrad, nn, numpy: np } = await import("@jax-js/jax");

const job = readJob();
const { sizes, batch, regression, lr, beta1, beta2, eps } = job;
const outputs = sizes.at(-1);
const y = regression ? job.y : oneHot(job.y, outputs);
const array = (all, width, i) =>
  np.array(all.slice(i * batch * width, (i + 1) * batch * width)).reshape([batch, width]);
const batches = Array.from({ length: job.rows / batch }, (_, i) => ({
  x: array(job.x, sizes[0], i),
  y: array(y, outputs, i),
}));
const layers = sizes.length - 1;

// A function takes its arguments away; `.ref` keeps one for another use.
function loss(p, x, y) {
  let h = x;
  for (let i = 0; i < layers; i++) {
    h = np.dot(h, p[2 * i]).add(p[2 * i + 1]);
    if (i < layers - 1) h = nn.relu(h);
  }
  if (regression) return np.square(h.sub(y)).mean();
  return nn
    .logSoftmax(h, -1)
    .mul(y)
    .sum()
    .mul(-1 / batch);
}
const sgdStep = jit((p, x, y) => {
  const [value, g] = valueAndGrad(loss)(
    p.map(w => w.ref),
    x,
    y,
  );
  return [value, p.map((w, i) => w.sub(g[i].mul(lr)))];
});
const adamStep = jit((p, m, v, t, x, y) => {
  const [value, g] = valueAndGrad(loss)(
    p.map(w => w.ref),
    x,
    y,
  );
  const step = t.add(1);
  const mScale = np.subtract(1, np.power(beta1, step.ref));
  const vScale = np.subtract(1, np.power(beta2, step.ref));
  const newM = m.map((a, i) => a.mul(beta1).add(g[i].ref.mul(1 - beta1)));
  const newV = v.map((a, i) => a.mul(beta2).add(np.square(g[i]).mul(1 - beta2)));
  const newP = p.map((w, i) => {
    const root = np.sqrt(newV[i].ref.div(vScale.ref)).add(eps);
    return w.sub(newM[i].ref.div(mScale.ref).mul(lr).div(root));
  });
  mScale.dispose();
  vScale.dispose();
  return [value, newP, newM, newV, step];
});

function make() {
  const zeros = () => p.map(w => np.zeros(w.shape));
  let p = job.weights.flatMap(layer => [
    np.array(transposed(layer)).reshape([layer.inputs, layer.outputs]),
    np.array(layer.b),
  ]);
  let [m, v, t] = [zeros(), zeros(), np.array(0)];
  return ({ x, y }) => {
    let value;
    if (job.rule === "adam") [value, p, m, v, t] = adamStep(p, m, v, t, x.ref, y.ref);
    else [value, p] = sgdStep(p, x.ref, y.ref);
    // Reading the loss runs the step; steps left pending pile up and get slower and slower.
    return value.dataSync()[0];
  };
}

function losses() {
  const step = make();
  return batches.slice(0, job.checkSteps).map(step);
}
const step = make();
const epochs = (count, used) =>
  timeEach(count, () => {
    for (let i = 0; i < used; i++) step(batches[i]);
  });
await run(job, { losses, epochs });
