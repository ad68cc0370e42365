// Rules that look at all tensors together, a norm or an estimate of the rate, look at those of alike groups together too.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { kinds } from "../../host/network-spec.ts";
import { batch, expectNear, follow, map, network, norm, type Rule, rowsOf } from "./reference.ts";
import { any, fingerprint } from "./support.ts";

const rules = Object.entries(kinds.optimizer).flatMap(([type, { drives }]) => (drives ? [] : [type]));
/** Options with which a norm or an estimate says something within a few steps. */
const telling: Record<string, object> = {
  lamb: { lr: 0.02, maxGradNorm: 0.05 },
  prodigy: { d0: 1e-3 },
  dAdaptAdam: { d0: 1e-3 },
  dog: { repsRel: 1e-2 },
};
const train = async (options: t.CompileOptions) => {
  const model = await network();
  model.compile(options);
  for (let i = 0; i < 12; i++) model.trainBatch(batch(i).x, batch(i).y);
  return model;
};

describe("a group like the rest", () => {
  it.each(rules)("changes no bit: %s", async type => {
    const optimizer = any({ type, ...telling[type] });
    const one = fingerprint(await train({ optimizer }));
    for (const groups of [
      [{ layers: [0] }],
      [{ layers: [1], optimizer: any({ ...optimizer }) }],
      [{ layers: [0] }, { layers: [1] }],
    ])
      expect(fingerprint(await train({ optimizer, groups }))).toBe(one);
  });
  it.each(Object.keys(telling))("leaves a file to go on from: %s", async type => {
    const optimizer = any({ type, ...telling[type] });
    for (const groups of [[{ layers: [0] }], [{ layers: [1], weightDecay: 0.1 }]]) {
      const model = await train({ optimizer, groups });
      const again = await t.fromBytes(model.toBytes({ optimizer: true }));
      for (const m of [model, again]) m.trainBatch(batch(20).x, batch(20).y);
      expect(fingerprint(again)).toBe(fingerprint(model));
    }
  });
  it("shares nothing with a rule of other options", async () => {
    const optimizer = t.lamb({ lr: 0.02, maxGradNorm: 0.05 });
    const own = (given: object) => [{ layers: [0], optimizer: t.lamb({ ...optimizer, ...given }) }];
    const shared = fingerprint(await train({ optimizer, groups: own({}) }));
    expect(fingerprint(await train({ optimizer, groups: own({ eps: 2e-6 }) }))).not.toBe(shared);
  });
});

/** LAMB in float64; all gradients are divided by max(1, their norm/bound). */
function lambRule(lr: (name: string) => number, decay: (name: string) => number, bound: number): Rule {
  let m: Record<string, Float64Array>;
  let v: Record<string, Float64Array>;
  let steps = 0;
  return (w, g) => {
    const first = steps++ === 0;
    const scaled = map(g, x => x / Math.max(1, norm(Object.values(g)) / bound));
    m = map(scaled, (x, name, i) => (first ? 0 : 0.9 * m[name]![i]!) + 0.1 * x);
    v = map(scaled, (x, name, i) => (first ? 0 : 0.999 * v[name]![i]!) + 0.001 * x ** 2);
    const u = map(w, (x, name, i) => {
      const root = Math.sqrt(v[name]![i]! / (1 - 0.999 ** steps));
      return m[name]![i]! / (1 - 0.9 ** steps) / (root + 1e-6) + decay(name) * x;
    });
    const trust = (name: string) => (decay(name) === 0 ? 1 : norm([w[name]!]) / norm([u[name]!]));
    return map(w, (x, name, i) => x - lr(name) * trust(name) * u[name]![i]!);
  };
}

describe("a group of its own decay or rate", () => {
  const inHidden = (name: string) => name.startsWith("0.");
  it("of lamb is under the norm of all gradients, as in the reference", async () => {
    const optimizer = t.lamb({ lr: 0.02, weightDecay: 0.1, maxGradNorm: 0.05 });
    const decay = (name: string) => (inHidden(name) ? 0 : 0.1);
    await follow(
      { optimizer, groups: [{ layers: [0], weightDecay: 0 }] },
      6,
      lambRule(() => 0.02, decay, 0.05),
    );
    const rate = (name: string) => (inHidden(name) ? 0.005 : 0.02);
    await follow(
      { optimizer, groups: [{ layers: [0], lr: 0.005 }] },
      6,
      lambRule(rate, () => 0.1, 0.05),
    );
  });
  it.each(["prodigy", "dAdaptAdam", "dog"])("of %s leaves it one estimate: decay near 0 is no decay", async type => {
    const optimizer = any({ type, ...telling[type] });
    const model = await train({ optimizer, groups: [{ layers: [0], weightDecay: 1e-12 }] });
    const plain = await train({ optimizer });
    expectNear(model, Object.fromEntries(plain.parameters().map(p => [p.name, Float64Array.from(p.value)])));
  });
  it("goes through fit alike", async () => {
    const optimizer = t.prodigy({ d0: 1e-3 });
    const fit = async (groups?: t.Group[]) => {
      const model = await network();
      await model.fit(rowsOf(20, 3), { epochs: 5, batchSize: 6, optimizer, ...(groups && { groups }) });
      return fingerprint(model);
    };
    expect(await fit([{ layers: [1] }])).toBe(await fit());
  });
});
