/** `trainlet info`: what a model file holds. */

import { escaped } from "../errors.ts";
import { readFileChecked } from "../files/atomic.ts";
import { fromBytes } from "../load.ts";
import type { Model } from "../model.ts";
import { type About, decodeModel } from "../model-file.ts";
import { count, decimal, table, whole } from "./format.ts";
import { schemaOf } from "./model-data.ts";
import { type Context, printableName } from "./output.ts";

/** More lines than this say nothing to people; programs get them all. */
const maxLines = 40;

export async function info(file: string, { output }: Context): Promise<void> {
  const bytes = await readFileChecked(file);
  const model = await fromBytes(bytes, file);
  const { about } = decodeModel(bytes, file);
  const schema = schemaOf(model);
  output.say(`${escaped(file)}: ${whole(bytes.length)} bytes, trained for ${count(about.epochs ?? 0, "epoch")}\n`);
  output.say(model.summary());
  output.say(`\nspec ${JSON.stringify(model.spec)}`);
  if (about.classNames) output.say(`${count(about.classNames.length, "class")}: ${few(about.classNames)}`);
  if (schema?.target)
    output.say(`target ${few(schema.target.kind === "class" ? [schema.target.name] : schema.target.names)}`);
  output.say(about.scaler ? "inputs are scaled as (x - offset) * factor" : "inputs are not scaled");
  if (about.scaler || schema) output.say(inputTable(model, about, output.terminal));
  output.result(forPrograms(file, bytes.length, model, about));
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, maxLines).map(printableName).join(", ");
  return names.length > maxLines ? `${shown}, … ${names.length - maxLines} more` : shown;
}

/** A line an input: the column or category that it comes from, and how it is scaled. */
function inputTable(model: Model, about: About, lines: boolean): string {
  const { scaler } = about;
  const schema = schemaOf(model);
  const inputs = schema?.columns.flatMap(column =>
    column.kind === "number"
      ? [[column.name, column.fill === undefined ? "number" : `number, else ${decimal(column.fill)}`]]
      : column.categories.map(category => [
          `${column.name}=${category}`,
          column.fill === category ? "category, and missing" : "category",
        ]),
  );
  const rows = Array.from({ length: Math.min(model.inputs, maxLines) }, (_, i) => [
    printableName(inputs?.[i]?.[0] ?? about.featureNames?.[i] ?? String(i)),
    inputs?.[i]?.[1] ?? "number",
    ...(scaler ? [decimal(scaler.offset[i]), decimal(scaler.factor[i])] : []),
  ]);
  if (model.inputs > maxLines) rows.push([`… ${model.inputs - maxLines} more`, "", ...(scaler ? ["", ""] : [])]);
  const head = ["input", "kind", ...(scaler ? ["offset", "factor"] : [])];
  return table(head, rows, { lines, aligns: ["left", "left", "right", "right"] });
}

function forPrograms(
  file: string,
  bytes: number,
  model: Model,
  { classNames, featureNames, schema, epochs, scaler }: About,
) {
  const parameters = model.parameters().map(({ name, shape, value }) => ({ name, shape, count: value.length }));
  return {
    model: file,
    bytes,
    epochs,
    spec: model.spec,
    inputs: model.inputs,
    outputs: model.outputs,
    parameters,
    parameterCount: parameters.reduce((sum, p) => sum + p.count, 0),
    classes: classNames,
    featureNames,
    schema,
    scaler: scaler && { offset: [...scaler.offset], factor: [...scaler.factor] },
  };
}
