/** `trainlet evaluate`: a saved model's metrics on data. */
import type { TableLimits } from "../data/limits.ts";
import { escaped } from "../errors.ts";
import { load } from "../load.ts";
import { turn } from "../turn.ts";
import { findData } from "./data-source.ts";
import { classTable, metricsLine, reportsClasses } from "./metrics-text.ts";
import { dataForModel } from "./model-data.ts";
import type { Context } from "./output.ts";

export async function evaluate(
  file: string,
  name: string,
  labels: string | undefined,
  limits: TableLimits,
  { output, signal }: Context,
): Promise<void> {
  const model = await load(file);
  const data = await dataForModel(model, file, await findData(name, labels), true, limits);
  signal.throwIfAborted();
  await turn();
  signal.throwIfAborted();
  const metrics = await model.evaluate(data, { report: reportsClasses(data) });
  output.say(metricsLine(`${escaped(name)}:`, metrics, data.rows));
  if (data.y instanceof Int32Array) output.say(classTable(metrics, output.terminal));
  output.result({ model: file, data: name, rows: data.rows, metrics });
}
