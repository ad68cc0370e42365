/** Data as a saved model takes it. */
import { builtin, csv, type Dataset, idx, type Schema } from "../data/index.ts";
import type { TableLimits } from "../data/limits.ts";
import { checkSchema } from "../data/schema.ts";
import { show, TrainletError } from "../errors.ts";
import type { Model } from "../model.ts";
import { type DataSource, labelsOf } from "./data-source.ts";
import { bytesOnly, givenLimits } from "./limit-options.ts";

/** Rows with their labels (or without), encoded as the model's training data was. */
export async function dataForModel(
  model: Model,
  modelName: string,
  source: DataSource,
  labelled: boolean,
  limits: TableLimits = {},
): Promise<Dataset> {
  const data = await read(model, modelName, source, labelled, limits);
  checkSame(model.classNames, labelled ? data.classNames : undefined, source.name, "classes");
  checkSame(
    schemaOf(model)?.columns.map(column => column.name),
    data.schema?.columns.map(column => column.name),
    source.name,
    "columns",
  );
  if (data.features !== model.inputs) {
    const message = `${source.name} has ${data.features} features a row; ${modelName} takes ${model.inputs}`;
    throw new TrainletError("SHAPE_MISMATCH", message);
  }
  return data;
}

async function read(
  model: Model,
  modelName: string,
  source: DataSource,
  labelled: boolean,
  limits: TableLimits,
): Promise<Dataset> {
  if (source.kind === "builtin") return await builtin(source.name);
  if (source.kind === "idx") {
    const classes = model.classNames?.length;
    const options = { ...(classes !== undefined && { classes }), ...bytesOnly(limits) };
    return await idx(source.name, labelled ? labelsOf(source) : undefined, options);
  }
  const schema = schemaOf(model);
  if (schema === undefined) {
    const message = `${modelName} was not trained on a table, so it does not know how the columns of ${source.name} become its inputs`;
    throw new TrainletError("INVALID_ARGUMENT", `${message}; train it on a CSV file`);
  }
  return await csv(source.name, { schema, ...(labelled ? {} : { target: null }), ...givenLimits(limits) });
}

/** How a table becomes the model's inputs, checked: the file may come from anywhere. */
export function schemaOf({ schema }: Pick<Model, "schema">): Schema | undefined {
  return schema === undefined ? undefined : checkSchema(schema);
}

/** Numbers of the right shape from another problem would give an answer too, and a wrong one. */
function checkSame(
  own: readonly string[] | undefined,
  other: readonly string[] | undefined,
  name: string,
  what: string,
): void {
  if (!own || !other || (own.length === other.length && own.every((word, i) => word === other[i]))) return;
  const few = (words: readonly string[]) => words.slice(0, 5).map(show).join(", ") + (words.length > 5 ? ", …" : "");
  throw new TrainletError(
    "SHAPE_MISMATCH",
    `${name} has the ${what} ${few(other)}; the model was trained on ${few(own)}`,
  );
}
