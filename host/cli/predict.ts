/** `trainlet predict`: a row a sample, with the class decided for and every output as the model gives it. */

import type { TableLimits } from "../data/limits.ts";
import { escaped, show, TrainletError } from "../errors.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { load } from "../load.ts";
import type { Model } from "../model.ts";
import { turn } from "../turn.ts";
import { findData } from "./data-source.ts";
import { count } from "./format.ts";
import { dataForModel, schemaOf } from "./model-data.ts";
import { isClassLoss } from "./network.ts";
import { checkOutputs } from "./out-files.ts";
import type { Context } from "./output.ts";

type Cell = string | number;

/** Rows that are predicted at a time, whole batches of 256 that come to some 131,072 numbers: between them signals are heard. */
const rowsOfPart = (outputs: number) => 256 * Math.max(1, Math.floor(512 / outputs));

/** More is not held in memory until it is written. */
const maxFile = 2 ** 31;

export async function predict(
  file: string,
  name: string,
  { out, ...limits }: TableLimits & { out?: string },
  { output, signal }: Context,
): Promise<void> {
  await checkOutputs([{ option: "--out", path: out }], [file, name]);
  const model = await load(file);
  const data = await dataForModel(model, file, await findData(name), false, limits);
  const classes = classesOf(model);
  const columns = columnsOf(model, classes);
  const part = rowsOfPart(model.outputs);
  const written: Buffer[] = [];
  let bytes = 0;
  const predictions: Cell[][] = [];
  for (let from = 0; from < data.rows; from += part) {
    await turn();
    signal.throwIfAborted();
    const x = data.x.subarray(from * data.features, (from + part) * data.features);
    const rows = tabulate(model, model.predict(x), classes);
    if (out !== undefined) {
      const piece = Buffer.from(await toCsv(columns, rows, from === 0));
      bytes += piece.length;
      if (bytes > maxFile) throw new TrainletError("OUT_OF_MEMORY", tooMuch(out, data.rows, model.outputs));
      written.push(piece);
    } else if (output.json) for (const row of rows) predictions.push(row);
    else output.raw(await toCsv(columns, rows, from === 0));
  }
  if (out !== undefined) {
    await writeFileAtomic(out, Buffer.concat(written));
    output.say(`${count(data.rows, "prediction")} written to ${escaped(out)}`);
  }
  output.result({
    model: file,
    data: name,
    rows: data.rows,
    ...(out === undefined ? { columns, predictions } : { out }),
  });
}

function tooMuch(out: string, rows: number, outputs: number): string {
  const what = `${count(rows, "row")} of ${count(outputs, "output")} take more than ${maxFile} bytes`;
  return `${what}, too much for --out ${show(out)}; send them to the standard output (without --out) or predict fewer rows`;
}

/** Classification: the class, then the outputs. Regression: the outputs. */
function tabulate(model: Model, values: Float32Array, classes: readonly string[] | undefined): Cell[][] {
  const { outputs } = model;
  return Array.from({ length: values.length / outputs }, (_, row) => {
    const given = values.subarray(row * outputs, (row + 1) * outputs);
    const cells: Cell[] = Array.from(given, shortest);
    if (classes) cells.unshift(classes[decide(model, given)]!);
    return cells;
  });
}

function columnsOf(model: Model, classes: readonly string[] | undefined): string[] {
  const { outputs } = model;
  if (classes) return ["prediction", ...(outputs === 1 ? ["output"] : classes.map(name => `output_${name}`))];
  const target = schemaOf(model)?.target;
  if (outputs === 1) return ["prediction"];
  return Array.from({ length: outputs }, (_, i) => `prediction_${target?.kind === "number" ? target.names[i] : i}`);
}

/** The names of the classes, where the model tells classes apart. */
function classesOf({ classNames, outputs, spec }: Model): readonly string[] | undefined {
  const needed = Math.max(outputs, 2);
  if (classNames?.length === needed) return classNames;
  return isClassLoss(spec.loss) ? Array.from({ length: needed }, (_, i) => String(i)) : undefined;
}

/** The largest of several outputs; a single one says yes above 0, or above 1/2 where it is a probability. */
function decide({ spec }: Model, outputs: Float32Array): number {
  if (outputs.length > 1) return outputs.reduce((best, value, i) => (value > outputs[best]! ? i : best), 0);
  const middle = isClassLoss(spec.loss) && spec.loss.fromLogits !== false ? 0 : 0.5;
  return outputs[0]! > middle ? 1 : 0;
}

/** The shortest decimal that is this 32-bit number: 0.1 and not 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** Names that a spreadsheet would run as a formula get an apostrophe; numbers, "-1" as a class too, stay as they are. */
const formula = /^(?![+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$)[=+\-@\t\r]/i; // no digit fits in two ways: linear time

async function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[], header: boolean): Promise<string> {
  const { default: Papa } = await import("papaparse");
  const options = { newline: "\n", escapeFormulae: formula, header };
  return `${Papa.unparse({ fields: [...columns], data: rows as Cell[][] }, options)}\n`;
}
