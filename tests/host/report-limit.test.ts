import { expect, it } from "vitest";
import * as t from "../../host/index.ts";
import { fails } from "./support.ts";

it("evaluate refuses a report of more classes than 4096, whose square would be counted", async () => {
  const x = Float32Array.of(0, 1);
  const y = Int32Array.of(0, 4096);
  const model = await t.sequential([t.dense(4097)], { inputs: 1, loss: t.crossEntropy() });
  await fails(() => model.evaluate({ x, y }, { report: true }), "INVALID_ARGUMENT", /report.*4097 classes.*4096/);
  expect(Object.keys(await model.evaluate({ x, y }))).toEqual(["loss", "accuracy"]);
});
