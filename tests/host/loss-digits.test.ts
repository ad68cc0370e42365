// Losses and their derivatives against float64, over outputs from far below 0 to far above and everything between, down
// to what is nearly right already: the relative errors that the losses state.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";

/** ±2ᵏ and between, from 2⁻⁴⁰ to 64, and 0; each a float32. */
const grid = (low: number, high: number) => {
  const sizes = Array.from({ length: 12 * (high - low) + 1 }, (_, i) => Math.fround(2 ** (low + i / 12)));
  return [...sizes.map(v => -v).reverse(), 0, ...sizes];
};
const f = Math.fround;
const softplus = (z: number) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
const sigmoid = (z: number) => (z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z)));
const logCosh = (d: number) => {
  const a = Math.abs(d);
  return a < 1 ? Math.log1p(2 * Math.sinh(a / 2) ** 2) : a + Math.log1p(Math.exp(-2 * a)) - Math.LN2;
};

/** The loss of one row and its derivative in each output. */
const probe = async (loss: { type: string }, outputs: number, head: { type: string }[] = []) => {
  const layer = t.dense(outputs, { init: "zeros" });
  const model = await t.sequential([layer, ...head], { inputs: 1, loss });
  model.compile({ optimizer: t.sgd({ lr: 0 }) });
  return (z: readonly number[], y: t.Targets) => {
    model.loadParameters({ "0.bias": z });
    const value = model.trainBatch([[0]], y);
    return { value, slope: model.parameters()[1]!.grad };
  };
};
/** Throws unless a is b but for a relative error; numbers that float32 has no digits for may be 0. */
const near = (a: number, b: number, bound: number, scale: number, what: string) => {
  const error = Math.abs(a - b);
  if (error > bound * Math.abs(scale) + 2 ** -125) expect.fail(`${what}: ${a} for ${b}, ${error / Math.abs(scale)}`);
};
/** Checks a loss of one output. `size` is what the derivative's error is relative to. */
const check = async (
  loss: { type: string },
  points: Iterable<[z: number, target: number]>,
  value: (z: number, t: number) => number,
  slope: (z: number, t: number) => number,
  size = { value, slope },
) => {
  const at = await probe(loss, 1);
  for (const [z, target] of points) {
    const got = at([z], Float32Array.of(target));
    near(got.value, value(z, target), 4e-7, size.value(z, target), `${loss.type} of ${z}, ${target}`);
    near(got.slope[0]!, slope(z, target), 4e-7, size.slope(z, target), `d${loss.type} of ${z}, ${target}`);
  }
};
function* pairs(zs: readonly number[], ts: readonly number[]): Generator<[number, number]> {
  for (const target of ts) for (const z of zs) yield [z, f(target)];
}

describe("relative error below 4e-7", () => {
  it("binaryCrossEntropy of logit -15 for a no is 3.06e-7", async () => {
    const { value, slope } = (await probe(t.binaryCrossEntropy(), 1))([-15], [0]);
    expect(value / 3.059022269256247e-7).toBeCloseTo(1, 6);
    expect(slope[0]! / 3.059021801466146e-7).toBeCloseTo(1, 6);
  });
  it("binaryCrossEntropy of logits, hard and soft targets, weighted and smoothed", async () => {
    const points = [...pairs(grid(-20, 6), [0, 1, 0.3, 1e-5])];
    for (const [w, e] of [
      [1, 0],
      [3, 0],
      [1, 0.1],
    ] as const) {
      const loss = t.binaryCrossEntropy({ posWeight: [w], labelSmoothing: e });
      const share = (target: number) => target * (1 - e) + e / 2;
      await check(
        loss,
        points,
        (z, y) => w * share(y) * softplus(-z) + (1 - share(y)) * softplus(z),
        (z, y) => (1 - share(y)) * sigmoid(z) - w * share(y) * sigmoid(-z),
        {
          value: (z, y) => w * share(y) * softplus(-z) + (1 - share(y)) * softplus(z),
          slope: (z, y) => Math.max((1 - share(y)) * sigmoid(z), w * share(y) * sigmoid(-z)),
        },
      );
    }
  });
  it("logCosh, d²/2 near 0", async () => {
    const d = [...grid(-40, 6), 0.999999, 1, 1.000001].map(f);
    await check(
      t.logCosh(),
      pairs(d, [0]),
      (z, y) => logCosh(z - y),
      (z, y) => Math.tanh(z - y),
    );
    await check(
      t.logCosh(),
      pairs(
        d.map(v => f(100 + v)),
        [100],
      ),
      (z, y) => logCosh(z - y),
      (z, y) => Math.tanh(z - y),
    );
  });
  it("mse, halfMse, huber, smoothL1, mae, hinge, squaredHinge", async () => {
    const points = [...pairs(grid(-20, 6), [0, 1.5])];
    const signs = [...pairs(grid(-20, 6), [-1, 1])];
    const d = (z: number, y: number) => f(z - y); // the one rounding that float32 cannot do without
    const clamp = (v: number) => Math.max(-1, Math.min(1, v));
    const huber = (v: number) => (Math.abs(v) <= 1 ? v ** 2 / 2 : Math.abs(v) - 0.5);
    await check(
      t.mse(),
      points,
      (z, y) => d(z, y) ** 2,
      (z, y) => 2 * d(z, y),
    );
    await check(t.halfMse(), points, (z, y) => d(z, y) ** 2 / 2, d);
    await check(
      t.huber(),
      points,
      (z, y) => huber(d(z, y)),
      (z, y) => clamp(d(z, y)),
    );
    await check(
      t.smoothL1(),
      points,
      (z, y) => huber(d(z, y)),
      (z, y) => clamp(d(z, y)),
    );
    await check(
      t.mae(),
      points,
      (z, y) => Math.abs(d(z, y)),
      (z, y) => Math.sign(d(z, y)),
    );
    const lack = (z: number, y: number) => Math.max(0, 1 - y * z);
    await check(t.hinge(), signs, lack, (z, y) => (lack(z, y) > 0 ? -y : 0));
    await check(
      t.squaredHinge(),
      signs,
      (z, y) => lack(z, y) ** 2,
      (z, y) => -2 * y * lack(z, y),
    );
  });
  it("poissonNll, relative to its larger term; of a rate, the derivative of its own size", async () => {
    await check(
      t.poissonNll(),
      pairs(grid(-20, 4), [0, 1, 7]),
      (z, y) => Math.exp(z) - y * z,
      (z, y) => Math.exp(z) - y,
      { value: (z, y) => Math.max(Math.exp(z), Math.abs(y * z)), slope: (z, y) => Math.max(Math.exp(z), y) },
    );
    const eps = f(1e-8);
    const rates = grid(-20, 6).filter(z => z > 0);
    await check(
      t.poissonNll({ logInput: false }),
      pairs([...rates, 7, f(7.000001), f(6.99999)], [0, 1, 7]),
      (z, y) => z - y * Math.log(z + eps),
      (z, y) => (z + eps - y) / (z + eps),
      { value: (z, y) => z + Math.abs(y * Math.log(z + eps)), slope: (z, y) => (z + eps - y) / (z + eps) },
    );
  });
  it("binaryCrossEntropy of probabilities", async () => {
    // Its derivative in the logit is p - t, whatever p(1 - p) has been divided and multiplied by.
    const at = await probe(t.binaryCrossEntropy({ fromLogits: false }), 1, [t.sigmoid()]);
    const model = await t.sequential([t.dense(1, { init: "zeros" }), t.sigmoid()], { inputs: 1, loss: t.mse() });
    for (const [z, y] of pairs(grid(-20, 3), [0, 1, 0.3])) {
      model.loadParameters({ "0.bias": [z] });
      const p = model.predict([[0]])[0]!;
      const { value } = at([z], Float32Array.of(y));
      near(value, -(y * Math.log(p) + (1 - y) * Math.log1p(-p)), 4e-7, value, `of p = ${p}, ${y}`);
    }
  });
});

describe("losses over classes: relative error below 5e-7, and 6e-8 more a unit of distance between outputs", () => {
  /** Outputs of five classes: the first leads by `gap`, or trails. */
  const rows = grid(-12, 6).map(gap => [f(3 + gap), 3, f(2.5), f(-1.25), 3].map(f));
  const reference = (z: readonly number[], label: number) => {
    const top = z.indexOf(Math.max(...z));
    const rest = z.reduce((sum, v, c) => sum + (c === top ? 0 : Math.exp(v - z[top]!)), 0);
    const p = z.map((v, c) => (c === top ? 1 / (1 + rest) : Math.exp(v - z[top]!) / (1 + rest)));
    const slope = p.map((v, c) => (c !== label ? v : c === top ? -rest / (1 + rest) : v - 1));
    return { value: z[top]! - z[label]! + Math.log1p(rest), slope };
  };
  it.each([
    ["crossEntropy", t.crossEntropy(), []],
    ["nll behind logSoftmax", t.nll(), [t.logSoftmax()]],
  ])("%s: loss and derivatives of every class, however sure", async (_name, loss, head) => {
    const at = await probe(loss, 5, head);
    for (const z of rows) {
      for (const label of [0, 1, 3]) {
        const { value, slope } = at(z, Int32Array.of(label));
        const exact = reference(z, label);
        const scale = Math.max(...exact.slope.map(Math.abs)) * (head.length ? 1 : 0);
        // float32 rounds the distances of outputs: an exponential of them follows.
        const bound = 5e-7 + 6e-8 * Math.max(...z.map(v => Math.max(...z) - v));
        near(value, exact.value, bound, exact.value, `of ${z}, class ${label}`);
        // Behind logSoftmax a derivative is relative to that of the class itself.
        exact.slope.forEach((s, c) => {
          near(slope[c]!, s, bound, Math.max(scale, Math.abs(s)), `d${c} of ${z}, class ${label}`);
        });
      }
    }
  });
  it("crossEntropy of a class that leads by 20 of two is 2.06e-9", async () => {
    const { value, slope } = (await probe(t.crossEntropy(), 2))([20, 0], [0]);
    expect(value / 2.061153620314381e-9).toBeCloseTo(1, 6);
    expect(slope[0]! / -2.0611536181902037e-9).toBeCloseTo(1, 6);
    expect(slope[1]).toBeCloseTo(-slope[0]!, 14);
  });
  it("multiMargin of large outputs: differences first", async () => {
    const at = await probe(t.multiMargin(), 2);
    const [a, b] = [f(100000.3), f(100000.1)];
    expect(at([a, b], [0]).value).toBeCloseTo((1 - (a - b)) / 2, 7);
  });
  it("klDivergence, relative to its terms", async () => {
    const at = await probe(t.klDivergence(), 3, [t.logSoftmax()]);
    const y = [0.7, 0.2, 0.1].map(f);
    for (const gap of grid(-12, 6)) {
      const z = [f(gap), 0, 1];
      const norm = Math.log(z.reduce((sum, v) => sum + Math.exp(v - Math.max(...z)), 0)) + Math.max(...z);
      const terms = z.flatMap((v, c) => [y[c]! * Math.log(y[c]!), -y[c]! * (v - norm)]);
      const exact = terms.reduce((a, b) => a + b, 0);
      near(at(z, [y]).value, exact, 5e-7, Math.max(...terms.map(Math.abs)), `of ${z}`);
    }
  });
});

describe("binaryCrossEntropy with labelSmoothing", () => {
  it("draws targets to one half, as Keras does, while metrics read them as they are", async () => {
    const z = [2, -1, 0.5];
    const y = [1, 0, 0];
    const model = await t.sequential([t.dense(1, { init: "identity" })], {
      inputs: 1,
      loss: t.binaryCrossEntropy({ labelSmoothing: 0.2 }),
    });
    const { loss, accuracy } = await model.evaluate({ x: z, y });
    const exact = z.map((v, i) => (s => s * softplus(-v) + (1 - s) * softplus(v))(y[i]! * 0.8 + 0.1));
    expect(loss).toBeCloseTo(exact.reduce((a, b) => a + b) / 3, 6);
    expect(accuracy).toBeCloseTo(2 / 3, 12);
    const copy = await t.fromBytes(model.toBytes());
    expect(await copy.evaluate({ x: z, y })).toEqual({ loss, accuracy });
  });
  it("is refused outside [0, 1)", () => {
    expect(() => t.binaryCrossEntropy({ labelSmoothing: 1 })).toThrow(/labelSmoothing is 1.*\[0, 1\)/);
  });
});
