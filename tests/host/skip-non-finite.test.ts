// Batches whose loss or gradient is not finite are left out where that is asked for, and told.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { fails, fingerprint, numbers } from "./support.ts";

const x = numbers(64, 1);
const y = numbers(64, 2);
const poisoned = x.slice();
poisoned[10] = 1e25;
/** So large that a sum overflows before batch normalisation could bring it down. */
const overflowing = x.slice();
overflowing[10] = 3e38;
const options = { batchSize: 8, shuffle: false, optimizer: t.adam() } as const;
const make = (norm = false) =>
  t.sequential([t.dense(8, { activation: "relu" }), ...(norm ? [t.batchNorm()] : []), t.dense(1)], {
    inputs: 1,
    loss: t.mse(),
    seed: 1,
  });

describe("skipNonFinite", () => {
  it("leaves a batch with a loss that overflows out, as if it were not there, and counts it", async () => {
    const model = await make();
    const history = await model.fit({ x: poisoned, y }, { ...options, epochs: 3, skipNonFinite: true });
    expect(history.epochs.map(e => e.skipped)).toEqual([1, 1, 1]);
    expect(history.skipped).toBe(3);
    const without = (list: Float32Array) => Float32Array.of(...list.slice(0, 8), ...list.slice(16));
    const spared = await make();
    const other = await spared.fit({ x: without(x), y: without(y) }, { ...options, epochs: 3 });
    expect(fingerprint(model)).toBe(fingerprint(spared));
    expect(history.epochs.map(e => e.loss)).toEqual(other.epochs.map(e => e.loss));
    expect(other).not.toHaveProperty("skipped");
    expect(other.epochs[0]).not.toHaveProperty("skipped");
  });
  it("leaves running statistics alone", async () => {
    const model = await make(true);
    const { skipped } = await model.fit({ x: overflowing, y }, { ...options, epochs: 2, skipNonFinite: true });
    expect(skipped).toBe(2);
    for (const { value } of [...model.buffers(), ...model.parameters()])
      expect([...value].every(Number.isFinite)).toBe(true);
    expect((await model.evaluate({ x, y })).loss).toBeLessThan(5);
  });
  it("is not needed for a batch that normalisation brings down, whose variance overflows", async () => {
    const model = await make(true);
    const { epochs } = await model.fit({ x: poisoned, y }, { ...options, epochs: 2, skipNonFinite: true });
    expect(epochs[0]!.skipped).toBe(0);
    for (const { value } of model.buffers()) expect([...value].every(Number.isFinite)).toBe(true);
  });
  it("tells in the reports of fitSteps, and trainBatch gives the loss", async () => {
    const model = await make();
    const skipped: unknown[] = [];
    for await (const log of model.fitSteps(
      { x: poisoned, y },
      { ...options, steps: 12, every: 4, skipNonFinite: true },
    ))
      skipped.push(log.skipped);
    expect(skipped).toEqual([1, 0, 1]);
    const before = fingerprint(model);
    expect(model.trainBatch([[1e25]], [0])).toBe(Infinity);
    expect(fingerprint(model)).toBe(before);
  });
  it("ends a range test where the loss overflows", async () => {
    const found = await t.findLearningRate(await make(), { x: poisoned, y }, { ...options, skipNonFinite: true });
    expect(found.end).toBe("divergence");
  });
  it("is off by default: such a batch ends the training, the statistics still finite", async () => {
    const model = await make(true);
    await fails(() => model.fit({ x: overflowing, y }, options), "DIVERGED", /step 2/);
    for (const { value } of model.buffers()) expect([...value].every(Number.isFinite)).toBe(true);
  });
});
