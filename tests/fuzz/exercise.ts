// What a model has to bear: it predicts, trains, is saved and loaded again, and gives the same afterwards.
import type { Model } from "../../host/model.ts";
import { batch } from "./models.ts";
import { expect, type Library, type Probe, sameBits } from "./probe.ts";

/** Beyond so many numbers a batch, more rows teach nothing new. */
const WIDE = 20_000;

export async function exercise(model: Model, library: Library, probe: Probe): Promise<void> {
  const { trainlet } = library;
  const rows = model.inputs * model.outputs > WIDE ? 1 : 5;
  await probe.must("summary", () => model.summary());
  await reload(model, library, probe, "as loaded");
  let trained = false;
  for (const count of [1, rows]) {
    for (const kind of [0, 1]) {
      const { x, y } = batch(model, count, kind);
      await probe.call("predict", () => model.predict(x));
      await probe.call("evaluate", () => model.evaluate({ x, y }, { report: true, topK: 1 }));
      for (let step = 0; step < 2; step++) {
        const loss = await probe.call("trainBatch", () => model.trainBatch(x, y));
        trained ||= loss !== undefined;
      }
    }
  }
  await probe.call("parameters", () => model.parameters());
  if (trained) await reload(model, library, probe, "trained further");
  const { x, y } = batch(model, rows, 1);
  await probe.call("fit", () => model.fit({ x, y }, { epochs: 2, batchSize: 2 }));
  await probe.call("fit", () => model.fit({ x, y }, { optimizer: trainlet.adam(), validation: 0.4, epochs: 2 }));
  await probe.call("fitSteps", async () => {
    for await (const _ of model.fitSteps({ x, y }, { steps: 3 }));
  });
  await reload(model, library, probe, "fitted");
  await probe.call("predict", () => model.predict(x));
  model.dispose();
}

/** Saved and loaded again, with what training keeps where there is such: the same bytes, the same outputs. */
async function reload(model: Model, { trainlet }: Library, probe: Probe, when: string): Promise<void> {
  const { x } = batch(model, 1, 0);
  for (const optimizer of [false, true]) {
    const before = await probe.call("predict", () => model.predict(x));
    const bytes = await probe.call(`toBytes ${when}`, () => model.toBytes({ optimizer }));
    if (!bytes) continue; // not compiled, or diverged
    const finite = [...model.parameters(), ...model.buffers()].every(p => p.value.every(Number.isFinite));
    const again = await (finite ? probe.must : probe.call).call(probe, `fromBytes of a model ${when}`, () =>
      trainlet.fromBytes(bytes),
    );
    if (!again) continue;
    const loaded = again as Model;
    const after = await probe.call("predict", () => loaded.predict(x));
    expect(
      "predict",
      !before === !after && (!before || sameBits(before, after!)),
      `other outputs once saved and loaded, ${when}`,
    );
    const second = await probe.call("toBytes", () => loaded.toBytes({ optimizer }));
    expect("toBytes", second !== undefined && sameBits(bytes, second), `other bytes once saved and loaded, ${when}`);
    loaded.dispose();
  }
}
