// What users hand in (data sets, typed arrays, nested arrays) as the flat arrays that go into linear memory.
import { show, TrainletError } from "./errors.ts";

/** Rows of numbers: row-major and flat, or nested. */
export type Matrix = Float32Array | Float64Array | readonly number[] | readonly (readonly number[] | Float32Array)[];
/** Class indices, or numbers for each output. */
export type Targets = Int32Array | Matrix;

export interface XY {
  x: Matrix;
  y: Targets;
}
/** A data set of trainlet/data, or anything of its shape. */
export interface DatasetLike {
  x: Float32Array;
  y: Int32Array | Float32Array;
  rows: number;
  features: number;
  scale?: "none" | "standard" | "minmax";
  classNames?: readonly string[];
  featureNames?: readonly string[];
  schema?: unknown;
}
export type Data = DatasetLike | XY;

export interface FlatInputs {
  x: Float32Array;
  rows: number;
}
export interface FlatData extends FlatInputs {
  labels?: Int32Array;
  targets?: Float32Array;
}

export interface DataShape {
  inputs: number;
  outputs: number;
  /** Whether the loss takes class indices; whole numbers in a plain list are targets otherwise, for one output. */
  indices: boolean;
}

/** Inputs of `inputs` features a row. */
export function flattenInputs(given: unknown, inputs: number, name = "x"): FlatInputs {
  const x = flatten(given, inputs, name);
  if (x.length === 0)
    throw new TrainletError("SHAPE_MISMATCH", `${name} is empty; give at least one row of ${inputs} numbers`);
  if (x.length % inputs !== 0) {
    const message = `${name} has ${x.length} numbers, which are no whole rows of ${inputs} inputs`;
    throw new TrainletError("SHAPE_MISMATCH", message);
  }
  return { x, rows: x.length / inputs };
}

/** Inputs with their targets. */
export function flattenData(data: unknown, shape: DataShape, name = "data"): FlatData {
  if (data === null || typeof data !== "object" || !("x" in data) || !("y" in data)) {
    throw new TrainletError("INVALID_ARGUMENT", `${name} is ${show(data)}; give a data set or { x, y }`);
  }
  const given = data as XY & Partial<DatasetLike>;
  checkFeatures(given, shape.inputs, name);
  const { x, rows } = flattenInputs(given.x, shape.inputs, `${name}.x`);
  return { x, rows, ...flattenTargets(given.y, rows, shape, `${name}.y`) };
}

/** A data set says how many features a row has; a flat array of another width might fit by chance. */
export function checkFeatures(data: { features?: number }, inputs: number, name: string): void {
  if (data.features === undefined || data.features === inputs) return;
  const message = `${name} has ${data.features} features a row; the model takes ${inputs} inputs`;
  throw new TrainletError("SHAPE_MISMATCH", message);
}

function flattenTargets(
  y: Targets,
  rows: number,
  shape: DataShape,
  name: string,
): Pick<FlatData, "labels" | "targets"> {
  if (y instanceof Int32Array) return { labels: checkRows(y, rows, 1, name) as Int32Array };
  const list = Array.isArray(y) && typeof y[0] === "number" ? (y as number[]) : undefined;
  const whole = list?.length === rows && list.every(v => Number.isInteger(v) && Math.abs(v) < 2 ** 31);
  if (whole && (shape.indices || shape.outputs > 1)) return { labels: Int32Array.from(list!) };
  return { targets: checkRows(flatten(y, shape.outputs, name), rows, shape.outputs, name) as Float32Array };
}

function checkRows(y: Int32Array | Float32Array, rows: number, columns: number, name: string) {
  if (y.length === rows * columns) return y;
  const each = columns === 1 ? "one each" : `${columns} each`;
  throw new TrainletError("SHAPE_MISMATCH", `${name} has ${y.length} numbers for ${rows} rows; it should have ${each}`);
}

function flatten(given: unknown, columns: number, name: string): Float32Array {
  if (given instanceof Float32Array) return given;
  const numeric = ArrayBuffer.isView(given) && !(given instanceof DataView);
  if (numeric && typeof (given as unknown as ArrayLike<unknown>)[0] !== "bigint") {
    return Float32Array.from(given as unknown as ArrayLike<number>);
  }
  if (!Array.isArray(given)) {
    throw new TrainletError("INVALID_ARGUMENT", `${name} is ${show(given)}; give a Float32Array or a list of rows`);
  }
  if (given.length === 0 || typeof given[0] === "number") return Float32Array.from(given, (v, i) => number(v, name, i));
  const flat = new Float32Array(given.length * columns);
  given.forEach((row, i) => {
    if (row != null && typeof row !== "object") number(row, name, i);
    const length = (row as ArrayLike<number> | null)?.length;
    if (length !== columns) {
      throw new TrainletError(
        "SHAPE_MISMATCH",
        `${name}[${i}] has ${length ?? "no"} numbers; each row should have ${columns}`,
      );
    }
    for (let j = 0; j < columns; j++) flat[i * columns + j] = number((row as ArrayLike<number>)[j], `${name}[${i}]`, j);
  });
  return flat;
}

function number(value: unknown, name: string, i: number): number {
  if (typeof value === "number") return value;
  throw new TrainletError("INVALID_ARGUMENT", `${name}[${i}] is ${show(value)}; it should be a number`);
}
