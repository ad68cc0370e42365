// What every update rule must do, whichever rule it is: the core's list drives these tests.
import { describe, expect, it } from "vitest";
import { optimizers } from "../../host/generated/core.ts";
import * as t from "../../host/index.ts";
import type { Option, Options } from "../../host/make-spec.ts";
import { boundsOf, fails, fillAll, fingerprint, numbers, wholes } from "./support.ts";

const rules = Object.entries(optimizers as Record<string, { options: Options }>).map(
  ([type, { options }]) => [type, options] as const,
);
/** Rules that measure the loss for themselves, such as L-BFGS, work on models only. */
const alone: (readonly [string, Options])[] = [];
for (const rule of rules) {
  const made = await t.createOptimizer({ type: rule[0] }, [[1]]).catch((error: t.TrainletError) => error.code);
  if (made !== "UNSUPPORTED") alone.push(rule);
}
/** Without what moves weights that have no gradient: decay, and averages that do not begin at 0. */
const withoutDecay = (type: string, options: Options) => {
  const moving = /decay|lambd|^l[12]$|initialAccumulator/i;
  const names = Object.keys(options).filter(name => moving.test(name) && options[name]!.type === "f64");
  return { type, ...Object.fromEntries(names.map(name => [name, 0])) };
};
const decaying = alone.filter(([, options]) => "weightDecay" in options);
const SHAPES = [[5, 3], [7], [1], [4, 4]];
const fresh = async (spec: { type: string }) => {
  const optimizer = await t.createOptimizer(spec, SHAPES);
  fillAll(optimizer.params, (i, length) => numbers(length, i + 1).map(v => v + Math.sign(v) * 0.2));
  return optimizer;
};
const copies = (list: Float32Array[]) => list.map(p => p.slice());
const gap = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));

describe("every rule", () => {
  it("is tried, alone or on a model", () => {
    expect(alone.map(([type]) => type)).toEqual(expect.arrayContaining(["sgd", "momentum", "adam", "adamw"]));
  });
  it.each(alone)("%s: a zero gradient moves nothing, where nothing decays", async (type, options) => {
    const optimizer = await fresh(withoutDecay(type, options));
    const before = copies(optimizer.params);
    for (let i = 0; i < 10; i++) optimizer.step();
    expect(optimizer.steps).toBe(10);
    expect(Math.max(...optimizer.params.map((p, i) => gap(p, before[i]!)))).toBeLessThanOrEqual(1e-6);
    expect(optimizer.params.flatMap(p => [...p]).every(Number.isFinite)).toBe(true);
  });
  it.each(decaying)(
    "%s: decay pulls matrices towards zero, never past it, leaves zeros, and does vectors no harm",
    async (type, options) => {
      const decays = Object.keys(options).filter(name => /decay/i.test(name));
      const still = Object.entries(withoutDecay(type, options)).filter(([name]) => !decays.includes(name));
      const optimizer = await fresh({ ...Object.fromEntries(still), type, weightDecay: 0.5 } as { type: string });
      optimizer.params[0]![4] = 0;
      const before = copies(optimizer.params);
      for (let i = 0; i < 3; i++) optimizer.step();
      for (const [i, p] of optimizer.params.entries()) {
        for (const [j, v] of p.entries()) {
          const old = before[i]![j]!;
          if (old === 0) expect(v).toBe(0);
          else {
            const left = v * Math.sign(old);
            const strict = (i === 0 || i === 3) && type !== "prodigy"; // which waits for a gradient
            const shrunk = strict ? left < Math.abs(old) : left <= Math.abs(old);
            expect(shrunk && left >= 0, `tensor ${i}[${j}]: ${old} to ${v}`).toBe(true);
          }
        }
      }
    },
  );
  it.each(alone)("%s: a step goes against the gradient", async (type, options) => {
    const optimizer = await fresh(withoutDecay(type, options));
    const before = copies(optimizer.params);
    const gradients = SHAPES.map((_, i) => numbers(before[i]!.length, i + 9).map(g => g + Math.sign(g) * 0.1));
    for (let step = 0; step < 5; step++) {
      fillAll(optimizer.grads, i => gradients[i]!);
      optimizer.step();
    }
    const dot = optimizer.params.flatMap((p, i) => [...p.map((v, j) => (v - before[i]![j]!) * gradients[i]![j]!)]);
    expect(dot.reduce((a, b) => a + b, 0)).toBeLessThan(0);
  });
  it.each(alone)("%s: tensors without a gradient, gradients and padding stay as they are", async (type, options) => {
    const optimizer = await fresh(withoutDecay(type, options));
    const before = copies(optimizer.params);
    const gradient = numbers(7, 5);
    for (let step = 0; step < 5; step++) {
      optimizer.grads[1]!.set(gradient);
      optimizer.step();
    }
    for (const i of [0, 2, 3]) expect(gap(optimizer.params[i]!, before[i]!), `tensor ${i}`).toBeLessThanOrEqual(1e-6);
    expect(gap(optimizer.params[1]!, before[1]!)).toBeGreaterThan(1e-6);
    expect(optimizer.grads[1]).toEqual(gradient);
    for (const views of [optimizer.params, optimizer.grads]) {
      views.slice(1).forEach((view, i) => {
        const end = views[i]!.byteOffset + views[i]!.byteLength;
        const between = new Float32Array(view.buffer, end, (view.byteOffset - end) / 4);
        expect(between.length).toBeGreaterThan(0);
        expect(
          between.every(v => v === 0),
          `padding behind tensor ${i}`,
        ).toBe(true);
      });
    }
  });
  it.each(alone)("%s: with lr 0 for a step, nothing moves", async (type, options) => {
    const optimizer = await fresh(withoutDecay(type, options));
    const before = copies(optimizer.params);
    fillAll(optimizer.grads, (i, length) => numbers(length, i));
    optimizer.step({ lr: 0 });
    // A few rules add eps to the rate, or have a least step.
    expect(Math.max(...optimizer.params.map((p, i) => gap(p, before[i]!)))).toBeLessThanOrEqual(2e-5);
  });
  it.each(alone)("%s: two of them take the same steps, bit for bit", async type => {
    const [a, b] = [await fresh({ type }), await fresh({ type })];
    for (let step = 0; step < 6; step++) {
      for (const o of [a, b]) {
        fillAll(o.grads, (i, length) => numbers(length, 10 * step + i));
        o.step();
      }
    }
    expect(a.params).toEqual(b.params);
    expect(a.evalParams()).toEqual(b.evalParams());
    a.evalParams()[0]!.fill(9);
    expect(a.params, "evalParams gives copies").toEqual(b.params);
  });
});

describe("every rule minimises", () => {
  type Problem = {
    start: number[];
    shape: number[];
    value(w: Float32Array): number;
    gradient(w: Float32Array): number[];
  };
  const curve = [0.5, 1, 2, 4, 0.7, 3];
  const parabola: Problem = {
    start: [1, -2, 0.5, 1.5, -1, 2],
    shape: [2, 3],
    value: w => curve.reduce((sum, a, i) => sum + a * w[i]! ** 2, 0),
    gradient: w => curve.map((a, i) => 2 * a * w[i]!),
  };
  const rosenbrock: Problem = {
    start: [-1.2, 1],
    shape: [2],
    value: w => (1 - w[0]!) ** 2 + 100 * (w[1]! - w[0]! ** 2) ** 2,
    gradient: w => [-2 * (1 - w[0]!) - 400 * w[0]! * (w[1]! - w[0]! ** 2), 200 * (w[1]! - w[0]! ** 2)],
  };
  const rates = [undefined, 1, 0.1, 0.03, 0.01, 1e-3, 1e-4];
  /** The least value reached with the best of the rates. */
  const best = async (spec: { type: string }, { start, shape, value, gradient }: Problem, steps: number) => {
    const ends = rates.map(async lr => {
      const rule = lr === undefined ? spec : { ...spec, lr };
      const optimizer = await t.createOptimizer(rule, [shape]);
      optimizer.params[0]!.set(start);
      for (let i = 0; i < steps; i++) {
        optimizer.grads[0]!.set(gradient(optimizer.params[0]!));
        optimizer.step();
      }
      return value(optimizer.evalParams()[0]!);
    });
    return Math.min(...(await Promise.all(ends)).filter(Number.isFinite)) / value(Float32Array.from(start));
  };
  it.each(alone)("%s: a parabola, to a thousandth", async (type, options) => {
    expect(await best(withoutDecay(type, options), parabola, 1500)).toBeLessThan(1e-3);
  });
  it.each(alone)("%s: Rosenbrock's valley, to a fifth", async (type, options) => {
    expect(await best(withoutDecay(type, options), rosenbrock, 1000)).toBeLessThan(0.2);
  });
  it.each(rules)("%s: the loss of a network, in fit", async type => {
    const x = numbers(200, 1);
    const y = Int32Array.from({ length: 50 }, (_, i) => +(x[4 * i]! + x[4 * i + 1]! > 0));
    const ends: number[] = [];
    for (const lr of rates) {
      const model = await t.sequential([t.dense(8, { activation: "tanh" }), t.dense(2)], {
        inputs: 4,
        loss: t.crossEntropy(),
        seed: 1,
      });
      const optimizer = lr === undefined ? { type } : { type, lr };
      const history = await model.fit({ x, y }, { epochs: 200, batchSize: "full", optimizer }).catch((e: unknown) => e);
      if (history instanceof t.TrainletError) expect(history.code).toBe("DIVERGED");
      else ends.push((await model.evaluate({ x, y })).loss);
    }
    expect(Math.min(...ends)).toBeLessThan(0.3);
  });
});

describe("every rule on a model", () => {
  it.each(alone)("%s takes the same steps in trainBatch as on its own, bit for bit", async type => {
    // Some rules treat the output layer apart; here it is not trained.
    const layers = [
      t.dense(5, { activation: "tanh" }),
      t.dense(6, { activation: "tanh" }),
      t.dense(3, { trainable: false }),
    ];
    const model = await t.sequential(layers, { inputs: 4, loss: t.crossEntropy(), seed: 3 });
    model.compile({ optimizer: { type } });
    const trained = () => model.parameters().filter(p => !p.name.startsWith("2."));
    const start = trained();
    const shapes = start.map(p => p.shape);
    const optimizer = await t.createOptimizer({ type }, shapes);
    fillAll(optimizer.params, i => start[i]!.value);
    for (let i = 0; i < 5; i++) {
      model.trainBatch(numbers(40, i), wholes(10, i, 3));
      const gradients = trained().map(p => p.grad);
      fillAll(optimizer.grads, j => gradients[j]!);
      optimizer.step();
    }
    const values = trained().map(p => p.value);
    expect(values).toEqual(optimizer.params);
  });
  it.each(rules)("%s starts anew when compile gives it again", async type => {
    const data = { x: numbers(400, 1), y: wholes(100, 2, 3) };
    const layers = [t.dense(9, { activation: "tanh" }), t.dense(3)];
    const model = await t.sequential(layers, { inputs: 4, loss: t.crossEntropy(), seed: 3 });
    model.compile({ optimizer: { type } });
    for (let i = 0; i < 3; i++) model.trainBatch(data.x, data.y);
    model.compile({ optimizer: { type } });
    const twin = await t.fromBytes(model.toBytes());
    twin.compile({ optimizer: { type } });
    if (!alone.some(([name]) => name === type)) return expect(fingerprint(twin)).toBe(fingerprint(model)); // may use the step
    for (let i = 0; i < 3; i++) expect(twin.trainBatch(data.x, data.y)).toBe(model.trainBatch(data.x, data.y));
    expect(fingerprint(twin)).toBe(fingerprint(model));
  });
  it.each(["momentum", "adam", "adamw"])(
    "%s goes on from one fit to the next, unless an optimizer is given",
    async type => {
      const data = { x: numbers(400, 1), y: wholes(100, 2, 3) };
      const run = async (again: boolean) => {
        const model = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy(), seed: 3 });
        model.compile({ optimizer: { type } });
        await model.fit(data, { epochs: 2 });
        await model.fit(data, { epochs: 2, ...(again ? { optimizer: { type } } : {}) });
        return fingerprint(model);
      };
      const whole = await t.sequential([t.dense(3)], { inputs: 4, loss: t.crossEntropy(), seed: 3 });
      await whole.fit(data, { epochs: 4, optimizer: { type } });
      expect(await run(false)).toBe(fingerprint(whole));
      expect(await run(true)).not.toBe(fingerprint(whole));
    },
  );
});

describe("bad hyperparameters are refused with the rule's name, the value and the range", () => {
  const bad = ({ type, range, values }: Option): unknown[] => {
    const { low, lowOpen, high, highOpen, among } = boundsOf({ range });
    if (type === "bool") return [1, "true", null];
    if (type === "values") return ["nonsense", 5];
    if (type !== "f64" && type !== "f32" && type !== "i32") return [];
    const list: unknown[] = ["0.1", Number.NaN, Number.POSITIVE_INFINITY];
    if (low !== undefined) list.push(lowOpen ? low : low - 1);
    if (high !== undefined) list.push(highOpen ? high : high + 1);
    if (among) list.push(Math.max(...among) + 1);
    if (type === "i32") list.push((low ?? 0) + 0.5);
    return values ? [] : list;
  };
  it.each(rules)("%s", async (type, options) => {
    const factory = (t as unknown as Record<string, (o: object) => unknown>)[type]!;
    for (const [name, option] of Object.entries(options)) {
      for (const value of bad(option)) {
        if (option.type === "values" && value === null) continue;
        const error = await fails(() => factory({ [name]: value }), "INVALID_ARGUMENT");
        expect(error.message).toContain(`${type}: ${name} is `);
        if (option.range && !Number.isNaN(value)) expect(error.message).toContain(option.range);
        await fails(() => t.createOptimizer({ type, [name]: value } as { type: string }, [[2]]), "INVALID_ARGUMENT");
      }
    }
    await fails(
      () => factory({ learningRate: 1 }),
      "UNKNOWN_OPTION",
      new RegExp(`^${type}: unknown option "learningRate"`),
    );
  });
  it("with the old ranges of the field: lr -1, beta 1, momentum 1, weightDecay -0.1", async () => {
    await fails(() => t.sgd({ lr: -1 }), "INVALID_ARGUMENT", /sgd: lr is -1/);
    await fails(() => t.sgd({ momentum: 1 }), "INVALID_ARGUMENT", /sgd: momentum is 1/, /\[0, 1\)/);
    await fails(() => t.momentum({ beta: 1 }), "INVALID_ARGUMENT", /momentum: beta is 1/);
    await fails(() => t.adamw({ weightDecay: -0.1 }), "INVALID_ARGUMENT", /adamw: weightDecay is -0\.1/);
    await fails(() => t.adam({ beta2: 1 }), "INVALID_ARGUMENT", /adam: beta2 is 1/);
  });
});
