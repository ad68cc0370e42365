// What a step is made of around a rule, against float64 loops: accumulation, skipping, SAM, Lookahead.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import {
  adamRule,
  batch,
  clipNorm,
  copy,
  expectNear,
  follow,
  gap,
  gradients,
  map,
  network,
  norm,
  part,
  rowsOf,
  sgdRule,
  type Tensors,
  tensors,
} from "./reference.ts";
import { any, fails, fingerprint, numbers } from "./support.ts";

const sgd = t.sgd({ lr: 0.1 });

describe("accumulate", () => {
  const data = rowsOf(24, 31);
  const options = { epochs: 3, shuffle: false, optimizer: t.sgd({ lr: 0.3, momentum: 0.9 }) };
  it("of k batches is one batch k times as large", async () => {
    const [many, one] = [await network(), await network()];
    const history = await many.fit(data, { ...options, batchSize: 4, accumulate: 3 });
    await one.fit(data, { ...options, batchSize: 12 });
    expectNear(many, tensors(one));
    expect(history.iterations).toBe(18);
    const finer = await network();
    await finer.fit(data, { ...options, batchSize: 4 });
    expect(gap(tensors(finer), tensors(one)), "what no accumulation gives").toBeGreaterThan(1e-2);
  });
  it("of all batches of an epoch is the full batch, for a rule that counts its updates", async () => {
    const [many, one] = [await network(), await network()];
    const optimizer = t.adam({ lr: 0.02 });
    await many.fit(data, { ...options, optimizer, batchSize: 3, accumulate: 8 });
    await one.fit(data, { ...options, optimizer, batchSize: "full" });
    expectNear(many, tensors(one));
  });
  it("makes an update of what is left over at the end of an epoch", async () => {
    const model = await network();
    let w = tensors(model);
    const rows = rowsOf(20, 41);
    await model.fit(rows, { epochs: 3, shuffle: false, batchSize: 4, accumulate: 2, optimizer: sgd });
    for (let i = 0; i < 9; i++) {
      const from = 8 * (i % 3);
      w = sgdRule(0.1)(w, gradients(w, part(rows, from, Math.min(from + 8, 20))));
    }
    expectNear(model, w);
  });
  it("leaves the parameters alone until the last batch, and clips the mean", async () => {
    const model = await network();
    const w = tensors(model);
    const before = fingerprint(model);
    model.compile({ optimizer: sgd, accumulate: 3, clipNorm: 0.1 });
    for (const step of [0, 1]) {
      model.trainBatch(batch(step).x, batch(step).y);
      expect(fingerprint(model)).toBe(before);
    }
    model.trainBatch(batch(2).x, batch(2).y);
    const all = [0, 1, 2].map(step => gradients(w, batch(step)));
    const mean = map(w, (_, name, i) => all.reduce((sum, g) => sum + g[name]![i]! / 3, 0));
    expectNear(model, sgdRule(0.1)(w, clipNorm(mean, 0.1)));
    expect(model.iterations).toBe(3);
  });
  it.each([0, -2, 1.5, "2"])("of %j is refused", async accumulate => {
    const model = await network();
    await fails(() => model.compile(any({ optimizer: sgd, accumulate })), "INVALID_ARGUMENT", /compile: accumulate is/);
  });
});

describe("skipNonFinite", () => {
  // The third weight is 0 and stays so: the third input makes no difference but in its own gradient, 2e39.
  const linear = async (options: Partial<t.CompileOptions>) => {
    const model = await t.sequential([t.dense(1)], { inputs: 3, loss: t.mse() });
    model.loadParameters({ "0.weight": [0.5, -0.5, 0], "0.bias": [0.1] });
    model.compile({ optimizer: t.adam({ lr: 0.1 }), ...options });
    return model;
  };
  const poison = { x: [[0, 0, 1e21]], y: [1e18] };
  const good = (i: number) => ({ x: numbers(12, i).map((v, at) => (at % 3 === 2 ? 0 : v)), y: numbers(4, i + 50) });
  it("leaves such an update out, and the rule does not know of it", async () => {
    const [model, spared] = [await linear({ skipNonFinite: true }), await linear({})];
    for (let i = 0; i < 6; i++) {
      if (i % 2) {
        const before = fingerprint(model);
        expect(model.trainBatch(poison.x, poison.y), "the loss is finite").toBeCloseTo(1e36, -31);
        expect(model.parameters()[0]!.grad[2]).toBe(-Infinity);
        expect(fingerprint(model)).toBe(before);
      }
      expect(model.trainBatch(good(i).x, good(i).y)).toBe(spared.trainBatch(good(i).x, good(i).y));
      expect(fingerprint(model)).toBe(fingerprint(spared));
    }
    expect(model.iterations).toBe(9);
  });
  it("leaves out all batches of an accumulated update, and no more", async () => {
    const [model, spared] = [await linear({ skipNonFinite: true, accumulate: 2 }), await linear({ accumulate: 2 })];
    for (const rows of [poison, good(1)]) model.trainBatch(rows.x, rows.y);
    expect(fingerprint(model)).toBe(fingerprint(spared));
    for (const i of [2, 3]) for (const m of [model, spared]) m.trainBatch(good(i).x, good(i).y);
    expect(fingerprint(model)).toBe(fingerprint(spared));
    expect(fingerprint(model)).not.toBe(fingerprint(await linear({})));
  });
  it("keeps averages and slow weights as they are", async () => {
    const around = { ema: { decay: 0.5 }, lookahead: { every: 2, alpha: 0.5 } };
    const [model, spared] = [await linear({ skipNonFinite: true, ...around }), await linear(around)];
    for (let i = 0; i < 4; i++) {
      model.trainBatch(poison.x, poison.y);
      for (const m of [model, spared]) m.trainBatch(good(i).x, good(i).y);
      expect(fingerprint(model)).toBe(fingerprint(spared));
      expect(model.predict(good(9).x)).toEqual(spared.predict(good(9).x));
    }
  });
  it("lets fit go on, which diverges without", async () => {
    const x = [...good(1).x, ...poison.x[0]!, ...good(2).x];
    const y = [...good(1).y, ...poison.y, ...good(2).y];
    const options = { epochs: 2, batchSize: 1, shuffle: false, optimizer: sgd };
    const model = await linear({});
    await model.fit({ x, y }, { ...options, skipNonFinite: true });
    const spared = await linear({});
    await spared.fit({ x: [...good(1).x, ...good(2).x], y: [...good(1).y, ...good(2).y] }, options);
    expect(fingerprint(model)).toBe(fingerprint(spared));
    await fails(async () => (await linear({})).fit({ x, y }, options), "DIVERGED");
  });
});

describe("sam", () => {
  /** Foret, Kleiner, Mobahi, Neyshabur 2020. */
  const uphill = (w: Tensors, g: Tensors, rho: number) =>
    map(w, (v, name, i) => v + (rho * g[name]![i]!) / norm(Object.values(g)));
  it.each([0.05, 0.5])("takes the gradient uphill, with rho %s", async rho => {
    const [plain, adam] = [sgdRule(0.3), adamRule(0.02)];
    let step = 0;
    const sam = rho === 0.05 ? {} : { rho };
    const at = (w: Tensors, g: Tensors) => gradients(uphill(w, g, rho), batch(step++ % 3));
    await follow({ optimizer: t.sgd({ lr: 0.3 }), sam }, 3, (w, g) => plain(w, at(w, g)));
    await follow({ optimizer: t.adam({ lr: 0.02 }), sam }, 3, (w, g) => adam(w, at(w, g)));
  });
  it("clips the gradient that was taken uphill, and parameters() has that one", async () => {
    const model = await network();
    const w = tensors(model);
    const g = gradients(uphill(w, gradients(w, batch(0)), 0.5), batch(0));
    model.compile({ optimizer: sgd, sam: { rho: 0.5 }, clipNorm: 0.2 });
    model.trainBatch(batch(0).x, batch(0).y);
    expectNear(model, sgdRule(0.1)(w, clipNorm(g, 0.2)));
    expect(gap(tensors(model, "grad"), g)).toBeLessThanOrEqual(1e-5);
  });
  it("goes with accumulation: the mean of gradients taken uphill, each of its batch", async () => {
    const model = await network();
    const w = tensors(model);
    model.compile({ optimizer: sgd, sam: { rho: 0.5 }, accumulate: 2 });
    for (const i of [0, 1]) model.trainBatch(batch(i).x, batch(i).y);
    const [a, b] = [0, 1].map(i => gradients(uphill(w, gradients(w, batch(i)), 0.5), batch(i))) as [Tensors, Tensors];
    expectNear(
      model,
      sgdRule(0.1)(
        w,
        map(a, (v, name, i) => (v + b[name]![i]!) / 2),
      ),
    );
  });
  it("updates running statistics once a step, with what the weights before it give", async () => {
    const stack = [t.dense(4), t.batchNorm(), t.dense(2)];
    const [sharp, plain] = [await network(stack), await network(stack)];
    sharp.compile({ optimizer: sgd, sam: { rho: 0.5 } });
    plain.compile({ optimizer: sgd });
    for (let step = 0; step < 3; step++) {
      plain.loadParameters(Object.fromEntries(sharp.parameters().map(p => [p.name, p.value])));
      expect(sharp.trainBatch(batch(step).x, batch(step).y)).toBe(plain.trainBatch(batch(step).x, batch(step).y));
      expect(sharp.buffers()).toEqual(plain.buffers());
      expect(gap(tensors(sharp), tensors(plain))).toBeGreaterThan(1e-4);
    }
  });
  it("draws one dropout mask for both passes", async () => {
    // With one mask, a step of size 0 uphill is a plain step: rho as small as float32 lets it make no difference.
    const stack = [t.dense(4), t.dropout(0.5), t.dense(2)];
    const [sharp, plain] = [await network(stack), await network(stack)];
    sharp.compile({ optimizer: sgd, sam: { rho: 1e-12 } });
    plain.compile({ optimizer: sgd });
    for (let step = 0; step < 3; step++) for (const m of [sharp, plain]) m.trainBatch(batch(step).x, batch(step).y);
    expect(fingerprint(sharp)).toBe(fingerprint(plain));
  });
  it.each([
    [true, /compile: sam is true.*rho/],
    [[], /compile: sam is/],
    [{ rho: 0 }, /compile: sam: rho is 0.*\(0, inf\)/],
    [{ rho: -1 }, /rho is -1/],
  ])("as %j is refused", async (sam, pattern) => {
    const model = await network();
    await fails(() => model.compile({ optimizer: sgd, sam: any(sam) }), "INVALID_ARGUMENT", pattern);
    await fails(() => model.compile({ optimizer: sgd, sam: any({ ro: 1 }) }), "UNKNOWN_OPTION", /sam.*ro/);
  });
});

describe("lookahead", () => {
  it.each([
    [{ every: 3, alpha: 0.8 }, 3, 0.8],
    [{}, 5, 0.5],
    [{ every: 1, alpha: 0.25 }, 1, 0.25],
  ])("%j: slow weights go part of the way, fast ones start from there", async (lookahead, every, alpha) => {
    const rules = [
      [t.adam({ lr: 0.05 }), adamRule(0.05)],
      [t.sgd({ lr: 0.3 }), sgdRule(0.3)],
    ] as const;
    for (const [optimizer, rule] of rules) {
      let slow = tensors(await network());
      let updates = 0;
      await follow({ optimizer, lookahead }, 10, (w, g) => {
        const fast = rule(w, g);
        if (++updates % every) return fast;
        slow = map(slow, (v, name, i) => v + alpha * (fast[name]![i]! - v));
        return copy(slow);
      });
    }
  });
  it("starts anew with each compile, from the weights that stand there", async () => {
    const model = await network();
    const options = { optimizer: sgd, lookahead: { every: 2, alpha: 0.5 } };
    model.compile(options);
    model.trainBatch(batch(0).x, batch(0).y);
    let w = tensors(model);
    const slow = copy(w);
    model.compile(options);
    for (const i of [1, 2]) {
      model.trainBatch(batch(i).x, batch(i).y);
      w = sgdRule(0.1)(w, gradients(w, batch(i)));
    }
    expectNear(
      model,
      map(slow, (v, name, i) => (v + w[name]![i]!) / 2),
    );
  });
  it.each([[{ every: 0 }], [{ every: 1.5 }], [{ alpha: 0 }], [{ alpha: 1.1 }], [5]])(
    "as %j is refused",
    async given => {
      const model = await network();
      const pattern =
        typeof given === "number" ? /lookahead is 5/ : new RegExp(`lookahead: ${Object.keys(given)[0]} is`);
      await fails(() => model.compile({ optimizer: sgd, lookahead: any(given) }), "INVALID_ARGUMENT", pattern);
    },
  );
});
