// An AbortSignal ends `fit` with the signal's own reason, and the model stays whole.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { fingerprint, numbers, wholes } from "./support.ts";

const data = { x: numbers(3 * 500, 1), y: wholes(500, 2, 3) };
const network = () =>
  t.sequential([t.dense(8, { activation: "relu" }), t.dense(3)], { inputs: 3, loss: t.crossEntropy(), seed: 1 });
const options = { epochs: 1e6, batchSize: 10, optimizer: t.adam() };

async function staysUsable(model: t.Model): Promise<void> {
  expect(model.parameters().every(p => p.value.every(Number.isFinite))).toBe(true);
  const { loss } = await model.evaluate(data);
  const history = await model.fit(data, { ...options, epochs: 5 });
  expect(history.epochs).toHaveLength(5);
  expect((await model.evaluate(data)).loss).toBeLessThan(loss);
  model.compile({ optimizer: t.sgd() });
  expect(model.trainBatch(data.x, data.y)).toBeGreaterThan(0);
}

describe("an AbortSignal", () => {
  it("that has fired before makes fit reject at once and change nothing", async () => {
    const model = await network();
    const before = fingerprint(model);
    const reason = { any: "reason" };
    await expect(model.fit(data, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect([fingerprint(model), model.iterations]).toEqual([before, 0]);
    await staysUsable(model);
  });
  it("without a reason of its own rejects with an AbortError", async () => {
    await expect((await network()).fit(data, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
  it("that fires in onBatchEnd ends the run after that very step", async () => {
    const model = await network();
    const controller = new AbortController();
    const reason = new Error("enough");
    const callbacks = [{ onBatchEnd: (log: t.BatchLog) => void (log.iteration === 7 && controller.abort(reason)) }];
    await expect(model.fit(data, { ...options, callbacks, signal: controller.signal })).rejects.toBe(reason);
    expect(model.iterations).toBe(7);
    await staysUsable(model);
  });
  it("that fires in onEpochEnd ends the run before the next epoch", async () => {
    const model = await network();
    const controller = new AbortController();
    const callbacks = [(log: t.EpochLog) => void (log.epoch === 2 && controller.abort("two"))];
    await expect(model.fit(data, { ...options, callbacks, signal: controller.signal })).rejects.toBe("two");
    expect(model.iterations).toBe(100);
    await staysUsable(model);
  });
  it("that a timer fires is heard, since fit lets the event loop turn", async () => {
    const model = await network();
    const controller = new AbortController();
    const reason = new Error("time is up");
    setTimeout(() => controller.abort(reason), 10);
    await expect(model.fit(data, { ...options, signal: controller.signal })).rejects.toBe(reason);
    expect(model.iterations).toBeGreaterThan(0);
    await staysUsable(model);
  });
  it("with a timeout rejects with a TimeoutError", async () => {
    const model = await network();
    await expect(model.fit(data, { ...options, signal: AbortSignal.timeout(10) })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    await staysUsable(model);
  });
  it("is heard within an epoch too", async () => {
    const model = await t.sequential([t.dense(64), t.dense(10)], { inputs: 64, loss: t.crossEntropy() });
    const rows = 40_000;
    const long = { x: numbers(64 * rows, 1), y: wholes(rows, 2, 10) };
    const controller = new AbortController();
    setTimeout(() => controller.abort("stop"), 0);
    await expect(
      model.fit(long, { epochs: 1e6, batchSize: 1, optimizer: t.sgd(), signal: controller.signal }),
    ).rejects.toBe("stop");
    expect(model.iterations % rows).not.toBe(0);
  });
  it("that never fires changes nothing", async () => {
    const [with_, without] = [await network(), await network()];
    await with_.fit(data, { ...options, epochs: 3, signal: new AbortController().signal });
    await without.fit(data, { ...options, epochs: 3 });
    expect(fingerprint(with_)).toBe(fingerprint(without));
  });
  it("takes the same steps up to the abort as a run without", async () => {
    const aborted = await network();
    const controller = new AbortController();
    const callbacks = [(log: t.EpochLog) => void (log.epoch === 3 && controller.abort("three"))];
    await expect(aborted.fit(data, { ...options, callbacks, signal: controller.signal })).rejects.toBe("three");
    const whole = await network();
    await whole.fit(data, { ...options, epochs: 3 });
    expect(fingerprint(aborted)).toBe(fingerprint(whole));
  });
  it("dispose during fit makes it reject, and not go on in the dark", async () => {
    const model = await network();
    setTimeout(() => model.dispose(), 10);
    const safety = new AbortController();
    setTimeout(() => safety.abort("it went on"), 500);
    await expect(model.fit(data, { ...options, signal: safety.signal })).rejects.toMatchObject({ code: "DISPOSED" });
  });
});
