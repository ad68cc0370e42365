// Each initialiser, by name and as a spec, starts weights as it says: limits, mean, variance, structure.
import { describe, expect, it } from "vitest";
import { initializers } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import { fingerprint } from "./support.ts";

const IN = 96;
const OUT = 64;
type Init = string | { type: string };
const network = (init: Init | undefined, seed = 1, more: object = {}) =>
  t.sequential([t.dense(OUT, { ...(init === undefined ? {} : { init }), ...more })], {
    inputs: IN,
    loss: t.mse(),
    seed,
  });
const weights = async (init: Init | undefined, seed = 1, more: object = {}) =>
  (await network(init, seed, more)).parameters()[0]!.value;
const mean = (w: Float32Array) => w.reduce((a, b) => a + b, 0) / w.length;
const std = (w: Float32Array) => {
  const centre = mean(w);
  return Math.sqrt(w.reduce((sum, v) => sum + (v - centre) ** 2, 0) / w.length);
};
const largest = (w: Float32Array) => w.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const COUNT = IN * OUT; // 6144: a standard deviation is known to 1 %, a mean to 0.013 of it

/** Uniform within ±limit, about `centre`. */
function expectUniform(w: Float32Array, limit: number, centre = 0): void {
  const shifted = w.map(v => v - centre);
  expect(largest(shifted)).toBeLessThanOrEqual(limit * (1 + 1e-6));
  expect(largest(shifted)).toBeGreaterThan(limit * 0.99);
  expect(std(w) / (limit / Math.sqrt(3))).toBeCloseTo(1, 1);
  expect(Math.abs(mean(shifted))).toBeLessThan(limit * 0.04);
}
/** Normal with tails: about 0.27 % lie past three standard deviations. */
function expectNormal(w: Float32Array, deviation: number, centre = 0): void {
  expect(std(w) / deviation).toBeGreaterThan(0.96);
  expect(std(w) / deviation).toBeLessThan(1.04);
  expect(Math.abs(mean(w) - centre)).toBeLessThan(deviation * 0.06);
  const far = w.filter(v => Math.abs(v - centre) > 3 * deviation).length / COUNT;
  expect(far).toBeGreaterThan(0.0005);
  expect(far).toBeLessThan(0.006);
}
/** Normal cut at two standard deviations, its own deviation as asked. */
function expectTruncated(w: Float32Array, deviation: number, cut: number, centre = 0): void {
  const shifted = w.map(v => v - centre);
  expect(largest(shifted)).toBeLessThanOrEqual(cut * (1 + 1e-6));
  expect(largest(shifted)).toBeGreaterThan(cut * 0.97);
  expect(std(w) / deviation).toBeGreaterThan(0.96);
  expect(std(w) / deviation).toBeLessThan(1.04);
}
/** Deviation of a standard normal that is cut at ±2. */
const CUT2 = 0.87962566;

const cases: Record<keyof typeof initializers, [Init, (w: Float32Array) => void][]> = {
  zeros: [["zeros", w => expect(w.every(v => v === 0)).toBe(true)]],
  ones: [["ones", w => expect(w.every(v => v === 1)).toBe(true)]],
  constant: [[t.constant(-2.5), w => expect(w.every(v => v === -2.5)).toBe(true)]],
  uniform: [
    ["uniform", w => expectUniform(w, 0.05)],
    [t.uniform({ low: 1, high: 3 }), w => expectUniform(w, 1, 2)],
  ],
  normal: [
    ["normal", w => expectNormal(w, 0.05)],
    [t.normal({ mean: -1, std: 0.2 }), w => expectNormal(w, 0.2, -1)],
    [t.normal({ std: 0 }), w => expect(largest(w)).toBe(0)],
  ],
  truncatedNormal: [
    ["truncatedNormal", w => expectTruncated(w, 0.05 * CUT2, 0.1)],
    [t.truncatedNormal({ mean: 3, std: 0.5 }), w => expectTruncated(w, 0.5 * CUT2, 1, 3)],
    [t.truncatedNormal({ std: 1, cutoff: 1 }), w => expectTruncated(w, 0.53956, 1)],
  ],
  glorotUniform: [
    ["glorotUniform", w => expectUniform(w, Math.sqrt(6 / (IN + OUT)))],
    [t.glorotUniform({ gain: 3 }), w => expectUniform(w, 3 * Math.sqrt(6 / (IN + OUT)))],
  ],
  glorotNormal: [["glorotNormal", w => expectNormal(w, Math.sqrt(2 / (IN + OUT)))]],
  heUniform: [["heUniform", w => expectUniform(w, Math.sqrt(6 / IN))]],
  heNormal: [
    ["heNormal", w => expectNormal(w, Math.sqrt(2 / IN))],
    [t.heNormal({ gain: 0.5 }), w => expectNormal(w, 0.5 * Math.sqrt(2 / IN))],
  ],
  lecunUniform: [["lecunUniform", w => expectUniform(w, Math.sqrt(3 / IN))]],
  lecunNormal: [["lecunNormal", w => expectNormal(w, Math.sqrt(1 / IN))]],
  torchLinear: [["torchLinear", w => expectUniform(w, 1 / Math.sqrt(IN))]],
  varianceScaling: [
    ["varianceScaling", w => expectTruncated(w, Math.sqrt(1 / IN), (2 / CUT2) * Math.sqrt(1 / IN))],
    [t.varianceScaling({ scale: 2, mode: "fanOut", distribution: "normal" }), w => expectNormal(w, Math.sqrt(2 / OUT))],
    [
      t.varianceScaling({ mode: "fanAverage", distribution: "uniform" }),
      w => expectUniform(w, Math.sqrt(6 / (IN + OUT))),
    ],
  ],
  orthogonal: [
    ["orthogonal", w => expectOrthonormal(w, 1)],
    [t.orthogonal({ gain: 2 }), w => expectOrthonormal(w, 2)],
  ],
  identity: [
    ["identity", w => expect(w.every((v, i) => v === (Math.floor(i / IN) === i % IN ? 1 : 0))).toBe(true)],
    [t.identity({ gain: 0.5 }), w => expect(w.filter(v => v === 0.5)).toHaveLength(OUT)],
  ],
};
function expectOrthonormal(w: Float32Array, gain: number, rows = OUT, columns = IN): void {
  const vector = (i: number) =>
    rows <= columns ? w.subarray(i * columns, (i + 1) * columns) : w.filter((_, k) => k % columns === i);
  const vectors = Array.from({ length: Math.min(rows, columns) }, (_, i) => vector(i));
  for (const [i, a] of vectors.entries()) {
    for (const [j, b] of vectors.entries()) {
      const dot = a.reduce((sum, v, k) => sum + v * b[k]!, 0);
      if (Math.abs(dot - (i === j ? gain * gain : 0)) > 1e-5) expect.fail(`vectors ${i} and ${j}: ${dot}`);
    }
  }
}

describe("initialisers", () => {
  it("has a case for each that the core lists", () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(initializers).sort());
  });
  it.each(Object.values(cases).flat())("%j", async (init, check) => {
    check(await weights(init));
    check(await weights(init, 2));
  });
  it("the same seed gives the same start, another one does not, and two layers differ", async () => {
    for (const [init] of Object.values(cases).flat()) {
      const model = await network(init, 5);
      expect(fingerprint(await network(init, 5)), JSON.stringify(init)).toBe(fingerprint(model));
      const random = std(model.parameters()[0]!.value) > 0 && !JSON.stringify(init).includes("identity");
      expect(fingerprint(await network(init, 6)) !== fingerprint(model), JSON.stringify(init)).toBe(random);
    }
    const twins = await t.sequential([t.dense(8, { init: "normal" }), t.dense(8, { init: "normal" })], {
      inputs: 8,
      loss: t.mse(),
    });
    const [first, , second] = twins.parameters();
    expect(first!.value).not.toEqual(second!.value);
  });
  it("a name and a spec without options are the same", async () => {
    expect(await weights("glorotNormal")).toEqual(await weights(t.glorotNormal()));
  });
  it("an orthogonal matrix that is tall has orthonormal columns", async () => {
    const model = await t.sequential([t.dense(40, { init: "orthogonal" })], { inputs: 12, loss: t.mse() });
    expectOrthonormal(model.parameters()[0]!.value, 1, 40, 12);
  });
  it("biases start at zero, unless biasInit says otherwise", async () => {
    const bias = async (init: Init | undefined, biasInit?: Init) =>
      (await network(init, 1, biasInit ? { biasInit } : {})).parameters()[1]!.value;
    expect(largest(await bias(undefined))).toBe(0);
    expect(largest(await bias("heNormal"))).toBe(0);
    expect((await bias(undefined, t.constant(0.25))).every(v => v === 0.25)).toBe(true);
  });
  it("torchLinear draws the biases within ±1/√fanIn too, as PyTorch's Linear", async () => {
    const bias = (await network("torchLinear")).parameters()[1]!.value;
    expect(largest(bias)).toBeLessThanOrEqual(1 / Math.sqrt(IN));
    expect(largest(bias)).toBeGreaterThan(0.8 / Math.sqrt(IN));
  });
  it("the default suits the activation: He for ReLUs, LeCun for SELU, else Glorot", async () => {
    const start = (activation: string | undefined) => weights(undefined, 1, activation ? { activation } : {});
    expectUniform(await start(undefined), Math.sqrt(6 / (IN + OUT)));
    for (const name of ["tanh", "sigmoid", "softmax"]) expectUniform(await start(name), Math.sqrt(6 / (IN + OUT)));
    for (const name of ["relu", "leakyRelu", "gelu", "elu", "silu"])
      expectUniform(await start(name), Math.sqrt(6 / IN));
    expectNormal(await start("selu"), Math.sqrt(1 / IN));
    const apart = await t.sequential([t.dense(OUT), t.relu()], { inputs: IN, loss: t.mse() });
    expectUniform(apart.parameters()[0]!.value, Math.sqrt(6 / IN));
  });
});

describe("summary", () => {
  it("counts parameters of each layer and in all, and tells shapes, names and what is frozen", async () => {
    const layers = [
      t.dense(8, { activation: t.prelu({ perFeature: true }), name: "first" }),
      t.batchNorm(),
      t.dropout(0.2),
      t.dense(6, { bias: false, trainable: false }),
      t.layerNorm({ affine: false }),
      t.dense(3, { activation: "softmax" }),
    ];
    const model = await t.sequential(layers, { inputs: 4, loss: t.mse() });
    const text = model.summary();
    const line = (i: number) => text.split("\n").find(l => l.startsWith(`${i} `))!;
    expect(line(0)).toMatch(/first.*dense \+ prelu.*\[rows, 8\] +48$/); // 4·8 + 8 + 8
    expect(line(1)).toMatch(/batchNorm.*\[rows, 8\] +16$/);
    expect(line(2)).toMatch(/dropout.*\[rows, 8\] +0$/);
    expect(line(3)).toMatch(/dense.*\[rows, 6\] +48 \(frozen\)$/);
    expect(line(4)).toMatch(/layerNorm.*\[rows, 6\] +0$/);
    expect(line(5)).toMatch(/dense \+ softmax.*\[rows, 3\] +21$/);
    const total = model.parameters().reduce((sum, p) => sum + p.value.length, 0);
    expect(total).toBe(48 + 16 + 48 + 21);
    expect(text).toMatch(new RegExp(`parameters ${total}\\b`));
    expect(text).toMatch(/memory [\d,]+ bytes/);
  });
});
