// Trains in whatever runtime imports it and hashes the bits of all that came out: SHA-256, a case at a time. Nothing here
// belongs to one runtime; the package's exports and the golden files come from outside.

/** What a golden file of the folder allows: |actual - expected| <= bound·max(1, |expected|). */
const BOUND = 1e-4;
/** Losses of line searches: float32 follows them, not every weight. */
const LINE_SEARCH_BOUND = 1e-3;
/** Steps of each schedule below. */
const STEPS = 2000;

/**
 * @param {object} given
 * @param {object} given.trainlet the exports of trainlet; in place of its models may be those of trainlet/worker
 * @param {object} given.data the exports of trainlet/data
 * @param {Record<"networks" | "optimizers" | "schedules", object[]>} given.goldens the files of tests/golden
 * @param {number} [given.threads] of the networks that are trained with `fit`
 * @returns {Promise<{ hash: string, cases: Record<string, string> }>}
 */
export async function run({ trainlet, data, goldens, threads }) {
  const cases = {};
  for (const [name, { on, layers, ...options }] of Object.entries(networks(trainlet))) {
    const { train, test } = (await dataSet(data, on)).split({ test: 0.2, seed: 3 });
    const settings = {
      inputs: train.features,
      loss: trainlet.crossEntropy({ labelSmoothing: 0.05 }),
      seed: 11,
      threads,
    };
    const model = await trainlet.sequential(layers, settings);
    await model.fit(train, { epochs: 4, validation: test, ...options });
    cases[name] = await hashOf([...(await state(model)), await model.predict(test.x)]);
    model.dispose();
  }
  for (const golden of goldens.networks) cases[`network ${golden.name}`] = await goldenNetwork(trainlet, golden);
  for (const golden of goldens.optimizers) cases[`rule ${golden.name}`] = await goldenRule(trainlet, golden);
  for (const golden of goldens.schedules) cases[`schedule ${golden.name}`] = await goldenSchedule(trainlet, golden);
  for (const [name, spec] of Object.entries(schedules(trainlet))) {
    cases[`${STEPS} rates of ${name}`] = await hashOf([rates(trainlet.createSchedule(spec, { baseLr: 0.1 }), STEPS)]);
  }
  return { hash: await hashOf([new TextEncoder().encode(JSON.stringify(cases))]), cases };
}

/** Networks that between them use exp, log, tanh, erf, random numbers of every kind, shuffling and running statistics. */
function networks(t) {
  const hidden = (activation, more) => t.dense(32, { activation, ...more });
  return {
    "digits, erf, batch norm, dropout": {
      on: "digits",
      layers: [hidden("gelu"), t.batchNorm(), t.dropout(0.2), t.dense(10)],
      optimizer: t.adamw({ lr: 3e-3, weightDecay: 0.01 }),
      schedule: t.oneCycle({ maxLr: 1e-2 }),
      clipNorm: 1,
    },
    "digits, tanh, layer norm": {
      on: "digits",
      layers: [hidden("tanh", { init: "orthogonal" }), t.layerNorm(), t.dense(10)],
      optimizer: t.momentum({ lr: 0.05 }),
      schedule: t.warmup({ steps: 10, per: "batch", after: t.cosine({ per: "batch", tMax: 200 }) }),
    },
    "digits, exp and log, one row at a time": {
      on: "digits",
      layers: [hidden("mish", { init: "heNormal" }), hidden("selu"), t.prelu(), t.dense(10)],
      optimizer: t.sgd({ lr: 5e-3 }),
      schedule: t.exponential(),
      batchSize: 1,
      epochs: 2,
    },
    "digits, a rule by matrix, averaged": {
      on: "digits",
      layers: [hidden("silu", { init: "truncatedNormal" }), t.dense(10)],
      optimizer: t.soap(),
      ema: { decay: 0.99 },
    },
    "digits, a random search": {
      on: "digits",
      layers: [hidden("softplus"), t.dense(10)],
      optimizer: t.augmentedRandomSearch(),
    },
    "blobs, wide enough to share": {
      on: "blobs",
      layers: [
        t.dense(256, { activation: "sigmoid" }),
        t.dropout(0.5),
        t.dense(256, { activation: "relu" }),
        t.dense(10),
      ],
      optimizer: t.adam({ lr: 1e-3 }),
      batchSize: 128,
    },
  };
}

function dataSet(data, name) {
  return name === "digits" ? data.digits() : data.blobs({ rows: 1500, features: 100, classes: 10, noise: 2, seed: 5 });
}

/** Closed forms with a cosine, a power or a root in them, which JavaScript engines may round as they like. */
function schedules(t) {
  return {
    exponential: t.exponential({ gamma: 0.997 }),
    noam: t.noam({ modelSize: 300, warmupSteps: 700 }),
    polynomial: t.polynomial({ totalIters: STEPS, power: 1.7 }),
    cosine: t.cosine({ tMax: STEPS }),
    cosineWarmRestarts: t.cosineWarmRestarts({ t0: 37, tMult: 2 }),
    cyclic: t.cyclic({ baseLr: 0.01, maxLr: 0.1, stepSizeUp: 30, mode: "expRange", gamma: 0.997 }),
    oneCycle: t.oneCycle({ maxLr: 0.1, totalSteps: STEPS }),
    inverseSqrt: t.inverseSqrt(),
    warmupStableDecay: t.warmupStableDecay({ warmupSteps: 300, stableSteps: 300, decaySteps: 1400, decay: "cos" }),
  };
}

async function goldenNetwork(t, golden) {
  const model = await t.sequential(
    golden.layers.map(layer => goldenLayer(t, layer)),
    {
      inputs: golden.inputs[0].length / golden.batch,
      loss: t[golden.loss.name](golden.loss.options),
    },
  );
  await model.loadParameters(
    Object.fromEntries(Object.entries(golden.init).map(([name, { values }]) => [name, values])),
  );
  const { name, ...hyperparameters } = golden.optimizer;
  const { norm: clipNorm, value: clipValue } = golden.clip ?? {};
  await model.compile({ optimizer: t[name](hyperparameters), clipNorm, clipValue });
  const Labels = golden.loss.target === "class index" ? Int32Array : Float32Array;
  const batches = golden.inputs.map((x, i) => ({ x: Float32Array.from(x), y: Labels.from(golden.targets[i]) }));
  const losses = [];
  while (losses.length < golden.losses.length) {
    const { x, y } = batches[losses.length % batches.length];
    losses.push(await model.trainBatch(x, y));
  }
  const outputs = await model.predict(batches[0].x);
  const say = what => `network ${golden.name}: ${what}`;
  if (golden.finalLoss !== undefined) check(say("losses"), losses, golden.losses, LINE_SEARCH_BOUND);
  else {
    check(say("losses"), losses, golden.losses, BOUND);
    check(say("inference"), outputs, golden.evalOutput, BOUND);
    for (const p of await model.parameters()) check(say(p.name), p.value, golden.finalParams[p.name], BOUND);
    for (const b of await model.buffers()) check(say(b.name), b.value, golden.finalBuffers[b.name], BOUND);
  }
  const hash = await hashOf([...(await state(model)), outputs, Float64Array.from(losses)]);
  model.dispose();
  return hash;
}
function goldenLayer(t, { type, in: _in, out, features: _features, ...options }) {
  return type === "dense" ? t.dense(out, options) : t[type](options);
}

async function goldenRule(t, golden) {
  const optimizer = await t.createOptimizer(t[golden.optimizer](golden.hyperparameters), golden.shapes);
  for (const [i, p] of optimizer.params.entries()) p.set(golden.init[i]);
  for (const [step, grads] of golden.grads.entries()) {
    for (const [i, g] of optimizer.grads.entries()) g.set(grads[i]);
    optimizer.step(golden.lrPerStep ? { lr: golden.lrPerStep[step] } : {});
    for (const [i, p] of optimizer.params.entries()) {
      check(`rule ${golden.name}: step ${step}, tensor ${i}`, p, golden.params[step][i], golden.rtol);
    }
  }
  return hashOf(optimizer.params);
}

function goldenSchedule(t, golden) {
  const { formula: _, schedules: parts, ...options } = golden.hyperparameters;
  if (parts) options.schedules = parts.map(({ name, ...own }) => t[name](own));
  const schedule = t.createSchedule(t[golden.schedule](options), { baseLr: golden.baseLr });
  const found = rates(schedule, golden.lr.length, golden.metrics);
  check(`schedule ${golden.name}`, found, golden.lr, 1e-12);
  return hashOf([found]);
}

function rates(schedule, count, metrics) {
  return Float64Array.from({ length: count }, (_, t) => {
    const { lr } = schedule;
    schedule.step(metrics?.[t]);
    return lr;
  });
}

async function state(model) {
  return [...(await model.parameters()), ...(await model.buffers())].map(({ value }) => value);
}

function check(what, actual, expected, bound) {
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} numbers, not ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(off <= bound)) throw new Error(`${what}: [${i}] is ${actual[i]}, off ${expected[i]} by more than ${bound}`);
  }
}

/** SHA-256 over the bytes of typed arrays, in hexadecimal. */
async function hashOf(arrays) {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
}
