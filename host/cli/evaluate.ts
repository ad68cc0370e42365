/** `trainlet evaluate`: a saved model's metrics on data. */
import { load } from "../load.ts";
import { findData } from "./data-source.ts";
import { classTable, metricsLine } from "./metrics-text.ts";
import { dataForModel } from "./model-data.ts";
import type { Context } from "./output.ts";

export async function evaluate(
  file: string,
  name: string,
  labels: string | undefined,
  { output, signal }: Context,
): Promise<void> {
  const model = await load(file);
  const data = await dataForModel(model, file, await findData(name, labels), true);
  signal.throwIfAborted();
  const metrics = await model.evaluate(data, { report: data.y instanceof Int32Array });
  output.say(metricsLine(`${name}:`, metrics, data.rows));
  if (metrics.perClass) output.say(classTable(metrics, output.terminal));
  output.result({ model: file, data: name, rows: data.rows, metrics });
}
