// A dense layer does the activations beside it in passing. That is to change no bit: a dropout of nothing between them keeps
// them apart.
import { describe, expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { numbers, wholes } from "./support.ts";

const inputs = 20;
const apart = t.dropout(0);
/** Widths below, at and above what is done at a time, which is 64 to 96 outputs. */
const widths = [3, 64, 96, 150, 333];

function layers(
  units: number,
  activation: { type: string },
  between: readonly { type: string }[],
): readonly { type: string }[] {
  const wide = t.dense(units, { init: "heNormal" });
  const last = t.dense(4, { init: "heNormal" });
  return [wide, ...between, activation, ...between, wide, ...between, activation, ...between, last];
}

async function trained(list: readonly { type: string }[], rows: number, threads: number) {
  using model = await t.sequential(list, { inputs, loss: t.crossEntropy(), seed: 3, threads });
  const data = { x: numbers(64 * inputs, 1), y: wholes(64, 2, 4) };
  const { epochs } = await model.fit(data, { epochs: 2, batchSize: rows, optimizer: t.adam({ lr: 0.01 }) });
  return [epochs.map(e => e.loss), model.predict(data.x), ...model.parameters().map(p => p.value)];
}

describe.each([1, 2])("activations beside a dense layer, %i threads", threads => {
  it.each([t.relu(), t.mish(), t.leakyRelu({ slope: 0.2 })])(
    "give the bits of those apart: $type",
    async activation => {
      for (const units of widths) {
        for (const rows of [1, 7, 40]) {
          const expected = await trained(layers(units, activation, [apart]), rows, 1);
          expect(await trained(layers(units, activation, []), rows, threads), `${units} units, ${rows} rows`).toEqual(
            expected,
          );
        }
      }
    },
  );
});
