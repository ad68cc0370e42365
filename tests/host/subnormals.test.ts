// Numbers that matter to nobody do not become subnormal, which is what makes training slow on Intel: no weight, no state of a
// rule and no gradient that a layer hands on is between 0 and 2⁻¹²⁶, whatever vanishes.
import { describe, expect, it } from "vitest";
import { decodeSafetensors } from "../../host/files/safetensors.ts";
import { optimizers } from "../../host/generated/core.ts";
import { createOptimizer, crossEntropy, dense, type Model, sequential } from "../../host/index.ts";
import { numbers } from "./support.ts";

const NORMAL = 2 ** -126;
/** Rules that measure the loss for themselves take no gradients from outside. */
const rules = Object.entries(optimizers).filter(([, rule]) => !rule.drives);

function subnormal(values: Iterable<number>): number[] {
  return [...values].filter(v => v !== 0 && Math.abs(v) < NORMAL);
}

/** Every float32 that training has in memory, the state of the rule included. */
function held(model: Model): Record<string, Float32Array> {
  const { tensors } = decodeSafetensors(model.toBytes({ optimizer: true }));
  return Object.fromEntries(
    [...tensors].flatMap(([name, { data }]) => (data instanceof Float32Array ? [[name, data]] : [])),
  );
}

describe.each(rules)("%s", type => {
  it.each([1e-10, 1e-15, 1e-18, 1e-20, 1e-25, 1e-30, 1e-36, 1e-39])(
    "keeps nothing subnormal of gradients of %s",
    async size => {
      const optimizer = await createOptimizer({ type }, [[12, 12], [12]]);
      optimizer.params.forEach((p, i) => p.set(numbers(p.length, i)));
      for (let step = 0; step < 48; step++) {
        optimizer.grads.forEach((g, i) => g.set(numbers(g.length, 10 * step + i).map(v => v * size)));
        optimizer.step();
      }
      const { tensors } = decodeSafetensors(optimizer.toBytes());
      for (const [name, { data }] of tensors) {
        if (data instanceof Float32Array) expect(subnormal(data), name).toEqual([]);
      }
      for (const p of optimizer.params) expect(p.every(Number.isFinite)).toBe(true);
      optimizer.dispose();
    },
  );
  it("keeps nothing subnormal once gradients are 0", async () => {
    const optimizer = await createOptimizer({ type }, [[12, 12], [12]]);
    optimizer.params.forEach((p, i) => p.set(numbers(p.length, i)));
    optimizer.grads.forEach((g, i) => g.set(numbers(g.length, 10 + i)));
    for (let step = 0; step < 3; step++) optimizer.step();
    for (const g of optimizer.grads) g.fill(0);
    for (let step = 3; step < 1200; step++) {
      optimizer.step();
      if (step % 16 !== 0) continue;
      for (const [name, { data }] of decodeSafetensors(optimizer.toBytes()).tensors) {
        if (data instanceof Float32Array) expect(subnormal(data), `${name} in step ${step}`).toEqual([]);
      }
    }
    optimizer.dispose();
  });
});

describe("a network", () => {
  const x = numbers(64 * 4, 1);
  const y = Int32Array.from({ length: 64 }, (_, i) => (x[4 * i]! > 0 ? 1 : 0));
  const deep = (activation: string, layers: number) => [
    ...Array.from({ length: layers }, () => dense(8, { activation })),
    dense(2),
  ];
  it.each([
    ["sigmoid", 60],
    ["tanh", 60],
    ["gelu", 40],
    ["silu", 40],
    ["mish", 40],
    ["softplus", 40],
  ])("of %s whose gradients vanish through %i layers", async (activation, layers) => {
    const model = await sequential(deep(activation, layers), { inputs: 4, loss: crossEntropy(), seed: 1 });
    model.compile({ optimizer: { type: "adam" } });
    for (let step = 0; step < 40; step++) model.trainBatch(x, y);
    for (const [name, values] of Object.entries(held(model))) expect(subnormal(values), name).toEqual([]);
    for (const { name, grad } of model.parameters()) expect(subnormal(grad), name).toEqual([]);
    model.dispose();
  });
  it("still hands on gradients of 1e-25, and a rule of signs goes by them", async () => {
    const optimizer = await createOptimizer({ type: "rprop" }, [[4]]);
    optimizer.grads[0]!.fill(1e-25);
    optimizer.step();
    expect([...optimizer.params[0]!]).toEqual(Array(4).fill(Math.fround(-0.01)));
    optimizer.dispose();
  });
  it("is undisturbed: adam by gradients of 1e-18 is as still as its reference", async () => {
    const optimizer = await createOptimizer({ type: "adam", lr: 1e-3 }, [[4]]);
    optimizer.params[0]!.fill(1);
    optimizer.grads[0]!.fill(1e-18);
    for (let step = 0; step < 100; step++) optimizer.step();
    expect([...optimizer.params[0]!]).toEqual([1, 1, 1, 1]);
    optimizer.dispose();
  });
  it("goes on from a file in the middle of vanishing to the same bits", async () => {
    const optimizer = await createOptimizer({ type: "adam" }, [[4, 4]]);
    optimizer.params[0]!.set(numbers(16, 1));
    const gradient = (step: number) => numbers(16, step).map(v => v * 10 ** -(10 + step));
    for (let step = 0; step < 21; step++) {
      optimizer.grads[0]!.set(gradient(step));
      optimizer.step();
    }
    const other = await createOptimizer({ type: "adam" }, [[4, 4]]);
    other.loadBytes(optimizer.toBytes());
    for (let step = 21; step < 60; step++) {
      for (const o of [optimizer, other]) {
        o.grads[0]!.set(gradient(step));
        o.step();
      }
    }
    expect([...other.params[0]!]).toEqual([...optimizer.params[0]!]);
    expect(Buffer.from(other.toBytes()).equals(Buffer.from(optimizer.toBytes()))).toBe(true);
  });
});
