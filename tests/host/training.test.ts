// What can be put around a rule, against float64 loops: groups, decay of biases, clipping, accumulation, skipping.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import {
  adamRule,
  batch,
  clipNorm,
  expectNear,
  follow,
  gap,
  gradients,
  map,
  network,
  norm,
  type Rule,
  rowsOf,
  sgdRule,
  type Tensors,
  tensors,
} from "./reference.ts";
import { any, fails, fingerprint } from "./support.ts";

const sgd = t.sgd({ lr: 0.1 });
const inLayer = (layer: number) => (name: string) => name.startsWith(`${layer}.`);
const hidden = inLayer(0);

describe("groups", () => {
  it.each([[0], ["hidden"]])("have a rate and a decay of their own: layer %j", async layer => {
    const groups = [{ layers: [layer], lr: 0.3, weightDecay: 0.2 }];
    const rule = sgdRule(
      name => (hidden(name) ? 0.3 : 0.1),
      name => (hidden(name) ? 0.2 : 0.05),
    );
    await follow({ optimizer: t.sgd({ lr: 0.1, weightDecay: 0.05 }), groups }, 5, rule);
  });
  it.each([[1], ["out"]])("have a rule of their own, with its rate and state: layer %j", async layer => {
    const own = t.adamw({ lr: 0.02, weightDecay: 0.5 });
    const adam = adamRule(0.02, 0.5);
    const plain = sgdRule(0.1);
    await follow({ optimizer: sgd, groups: [{ layers: [layer], optimizer: own }] }, 5, (w, g) => {
      const [a, b] = [adam(w, g), plain(w, g)];
      return map(w, (_, name, i) => (hidden(name) ? b : a)[name]![i]!);
    });
  });
  it("may give a rule and override its rate and decay", async () => {
    const own = { layers: ["out"], optimizer: t.adamw({ lr: 9, weightDecay: 9 }), lr: 0.03, weightDecay: 0.4 };
    const adam = adamRule(0.03, 0.4);
    const plain = sgdRule(0.1);
    await follow({ optimizer: sgd, groups: [own] }, 4, (w, g) => {
      const [a, b] = [adam(w, g), plain(w, g)];
      return map(w, (_, name, i) => (hidden(name) ? b : a)[name]![i]!);
    });
  });
  it("have rates that a schedule scales with the rest", async () => {
    let step = 0;
    const schedule = t.exponential({ gamma: 0.5 });
    await follow({ optimizer: sgd, schedule, groups: [{ layers: [1], lr: 0.4 }] }, 4, (w, g) => {
      const factor = 0.5 ** step++;
      return sgdRule(name => (hidden(name) ? 0.1 : 0.4) * factor)(w, g);
    });
  });
  it("multiply their rate with the layer's lrScale", async () => {
    const stack = [t.dense(4, { activation: "tanh", lrScale: 0.25 }), t.dense(2)];
    const model = await network(stack);
    const w = tensors(model);
    model.compile({ optimizer: sgd, groups: [{ layers: [0], lr: 0.4 }] });
    model.trainBatch(batch(0).x, batch(0).y);
    expectNear(model, sgdRule(0.1)(w, gradients(w, batch(0))));
  });
  it("with a rate of their own are refused where the run's is 0, which nothing could scale", async () => {
    const options = { optimizer: t.sgd({ lr: 0 }), groups: [{ layers: ["out"], lr: 0.2 }] };
    await expect(
      follow(
        options,
        1,
        sgdRule(() => 0),
      ),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/groups\[0\]: lr is 0\.2/),
    });
  });
  it("stand still with rate 0", async () => {
    const rule = sgdRule(name => (hidden(name) ? 0 : 0.1));
    await follow({ optimizer: sgd, groups: [{ layers: ["hidden"], lr: 0 }] }, 3, rule);
  });
  it("yield to the last that matches", async () => {
    const groups = [
      { layers: [0, 1], lr: 0.9, weightDecay: 0.9 },
      { layers: ["hidden"], lr: 0.8 },
      { layers: [0], lr: 0.2 },
      { layers: ["out"], weightDecay: 0.3 },
    ];
    const rule = sgdRule(
      name => (hidden(name) ? 0.2 : 0.1),
      name => (hidden(name) ? 0 : 0.3),
    );
    await follow({ optimizer: sgd, groups }, 3, rule);
  });
  it("are the same in fit", async () => {
    const model = await network();
    let w = tensors(model);
    const data = rowsOf(12, 7);
    const groups = [{ layers: ["out"], lr: 0.3 }];
    const history = await model.fit(data, { optimizer: sgd, groups, epochs: 3, batchSize: "full", shuffle: false });
    for (let i = 0; i < 3; i++) w = sgdRule(name => (hidden(name) ? 0.1 : 0.3))(w, gradients(w, data));
    expectNear(model, w);
    expect(history.epochs.map(log => log.lr)).toEqual([0.1, 0.1, 0.1]);
  });
  const refused: [string, unknown, t.ErrorCode, RegExp][] = [
    ["an unknown name", [{ layers: ["nowhere"] }], "INVALID_ARGUMENT", /groups\[0\].*"nowhere".*hidden.*out/],
    [
      "an unknown position",
      [{ layers: [0] }, { layers: [2] }],
      "INVALID_ARGUMENT",
      /groups\[1\].*2.*known: 0, hidden, 1, out/,
    ],
    ["an empty list of layers", [{ layers: [] }], "INVALID_ARGUMENT", /groups\[0\].*layers/],
    ["no layers", [{ lr: 1 }], "INVALID_ARGUMENT", /groups\[0\].*layers/],
    ["undefined as a layer", [{ layers: [undefined] }], "INVALID_ARGUMENT", /groups\[0\].*undefined/],
    ["a group of null", [null], "INVALID_ARGUMENT", /groups\[0\] is null/],
    [
      "a decay for a rule without",
      [{ layers: [0], optimizer: t.lbfgs(), weightDecay: 0.1 }],
      "UNKNOWN_OPTION",
      /groups\[0\].*lbfgs.*weightDecay/,
    ],
    ["a negative rate", [{ layers: [0], lr: -1 }], "INVALID_ARGUMENT", /groups\[0\].*lr is -1.*\[0, inf\)/],
    ["a decay that is no number", [{ layers: [0], weightDecay: "1" }], "INVALID_ARGUMENT", /weightDecay is "1"/],
    ["an option that there is not", [{ layers: [0], rate: 1 }], "UNKNOWN_OPTION", /groups\[0\].*rate/],
    [
      "a rule that there is not",
      [{ layers: [0], optimizer: { type: "adm" } }],
      "INVALID_ARGUMENT",
      /groups\[0\]: optimizer.*adm/,
    ],
    ["no list of groups", { layers: [0] }, "INVALID_ARGUMENT", /groups is/],
  ];
  it.each(refused)("refuse %s, in compile and fit, and nothing changes", async (_, groups, code, pattern) => {
    const model = await network();
    const before = fingerprint(model);
    await fails(() => model.compile({ optimizer: sgd, groups: any(groups) }), code, /^compile: /, pattern);
    await fails(() => model.fit(rowsOf(8, 1), { optimizer: sgd, groups: any(groups) }), code, /^fit: /, pattern);
    expect(fingerprint(model)).toBe(before);
    await fails(() => model.trainBatch(batch(0).x, batch(0).y), "NOT_COMPILED");
  });
});

describe("decayBiases", () => {
  const stack = [t.dense(4), t.batchNorm(), t.dense(4, { activation: "tanh" }), t.layerNorm(), t.dense(2)];
  const rules: [string, { type: string; weightDecay?: number }, (decay: (name: string) => number) => Rule][] = [
    ["sgd", t.sgd({ lr: 0.1, weightDecay: 0.6 }), decay => sgdRule(0.1, decay)],
    ["adamw", t.adamw({ lr: 0.05, weightDecay: 0.7 }), decay => adamRule(0.05, decay)],
  ];
  const matrix = (name: string) => ["0.weight", "2.weight", "4.weight"].includes(name);
  const cases = rules.flatMap(([name, ...rest]) =>
    [undefined, true, false].map(given => [name, given, ...rest] as const),
  );
  it.each(cases)("%s, %j: as the option says, and all decays without it", async (_, decayBiases, optimizer, make) => {
    const rule = make(name => (matrix(name) || decayBiases !== false ? optimizer.weightDecay! : 0));
    const model = await network(stack);
    expect(model.parameters()).toHaveLength(10);
    let w = tensors(model);
    model.compile({ optimizer, decayBiases });
    for (let step = 0; step < 4; step++) {
      model.trainBatch(batch(step).x, batch(step).y);
      w = rule(w, tensors(model, "grad")); // the gradients have tests of their own
      expectNear(model, w, `after step ${step}`);
    }
  });
  it("goes with groups: each has a decay of its own for its weights", async () => {
    const groups = [{ layers: [0], weightDecay: 0.9 }];
    const decay = (name: string) => (name.endsWith("bias") ? 0 : hidden(name) ? 0.9 : 0.4);
    const optimizer = t.sgd({ lr: 0.1, weightDecay: 0.4 });
    await follow({ optimizer, groups, decayBiases: false }, 3, sgdRule(0.1, decay));
  });
});

/** Brock, De, Smith, Simonyan 2021: rows of matrices, whole vectors. */
function clipAdaptive(w: Tensors, g: Tensors, bound: number): Tensors {
  const width = { "0.weight": 3, "1.weight": 4 } as Record<string, number>;
  return map(g, (v, name, i) => {
    const columns = width[name] ?? w[name]!.length;
    const from = i - (i % columns);
    const unit = (list: Float64Array) => norm([list.subarray(from, from + columns)]);
    const most = bound * Math.max(unit(w[name]!), 1e-3);
    return unit(g[name]!) > most ? (v * most) / unit(g[name]!) : v;
  });
}
const clipValue = (g: Tensors, bound: number) => map(g, v => Math.max(-bound, Math.min(bound, v)));
const clipTensors = (g: Tensors, bound: number) =>
  map(g, (v, name) => v * Math.min(1, bound / (norm([g[name]!]) + 1e-6)));

describe("clipping", () => {
  type Clip = (g: Tensors, w: Tensors) => Tensors;
  const clips: [string, Partial<t.TrainingOptions>, Clip][] = [
    ["clipValue", { clipValue: 0.05 }, g => clipValue(g, 0.05)],
    ["clipNorm", { clipNorm: 0.2 }, g => clipNorm(g, 0.2)],
    ["clipTensorNorm", { clipTensorNorm: 0.15 }, g => clipTensors(g, 0.15)],
    ["clipAdaptive", { clipAdaptive: 0.08 }, (g, w) => clipAdaptive(w, g, 0.08)],
    ["clipNorm and clipValue", { clipNorm: 0.3, clipValue: 0.1 }, g => clipNorm(clipValue(g, 0.1), 0.3)],
    ["clipNorm and clipTensorNorm", { clipNorm: 0.2, clipTensorNorm: 0.15 }, g => clipNorm(clipTensors(g, 0.15), 0.2)],
    [
      "all four",
      { clipAdaptive: 0.2, clipValue: 0.06, clipTensorNorm: 0.1, clipNorm: 0.12 },
      (g, w) => clipNorm(clipTensors(clipValue(clipAdaptive(w, g, 0.2), 0.06), 0.1), 0.12),
    ],
    ["a bound that nothing reaches", { clipNorm: 1e3, clipTensorNorm: 1e3, clipValue: 1e3, clipAdaptive: 1e6 }, g => g],
  ];
  it.each(clips)("%s, with sgd and adam", async (_, options, clip) => {
    const model = await network();
    const start = { ...tensors(model), "1.bias": new Float64Array(2) }; // norm 0: the floor of the adaptive bound
    const first = gradients(start, batch(0));
    if (options.clipNorm !== 1e3) expect(gap(clip(first, start), first), "something to clip").toBeGreaterThan(0.02);
    await follow({ optimizer: t.sgd({ lr: 0.5 }), ...options }, 5, (w, g) => sgdRule(0.5)(w, clip(g, w)), start);
    const adam = adamRule(0.02);
    await follow({ optimizer: t.adam({ lr: 0.02 }), ...options }, 5, (w, g) => adam(w, clip(g, w)), start);
  });
  it.each(clips)("%s: parameters() has the gradients before it, but for the adaptive one", async (_, options) => {
    const model = await network();
    const w = tensors(model);
    const g = gradients(w, batch(0));
    model.compile({ optimizer: sgd, ...options });
    model.trainBatch(batch(0).x, batch(0).y);
    const expected = options.clipAdaptive ? clipAdaptive(w, g, options.clipAdaptive) : g;
    expect(gap(tensors(model, "grad"), expected)).toBeLessThanOrEqual(1e-6);
  });
  it.each(["clipNorm", "clipValue", "clipTensorNorm", "clipAdaptive"])("%s of 0 or less is refused", async name => {
    const model = await network();
    for (const bound of [0, -1, Number.NaN, "1"]) {
      const options = any({ optimizer: sgd, [name]: bound });
      await fails(() => model.compile(options), "INVALID_ARGUMENT", new RegExp(`compile: ${name} is .*\\(0, inf\\)`));
    }
  });
});
