// What users hand in (data sets, typed arrays, nested arrays) as the flat arrays that go into linear memory.
import { show, TrainletError } from "./errors.ts";
import { asNumber, kindOf } from "./kind-of.ts";

type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;
/** Rows of numbers: row-major and flat, or nested. */
export type Matrix = NumberArray | readonly number[] | readonly (readonly number[] | NumberArray)[];
/** Class indices (whole numbers of any kind, or booleans), or numbers for each output. */
export type Targets = Matrix | BigInt64Array | BigUint64Array | readonly bigint[] | readonly boolean[];

export interface XY {
  x: Matrix;
  y: Targets;
  /** Weight of each row, for whoever trains or evaluates on it. */
  sampleWeight?: ArrayLike<number>;
}
/** A data set of trainlet/data, or anything of its shape. */
export interface DatasetLike {
  x: Float32Array;
  y: Int32Array | Float32Array;
  rows: number;
  features: number;
  /** Scaling of the inputs, fitted before a model's first step and kept with it; a model that was trained without refuses it. */
  scale?: "none" | "standard" | "minmax";
  classNames?: readonly string[];
  featureNames?: readonly string[];
  schema?: unknown;
  sampleWeight?: ArrayLike<number>;
}
export type Data = DatasetLike | XY;

export interface FlatInputs {
  x: Float32Array;
  rows: number;
}
export interface FlatData extends FlatInputs {
  labels?: Int32Array;
  targets?: Float32Array;
  sampleWeight?: Float32Array;
}

export interface DataShape {
  inputs: number;
  outputs: number;
  /** Whether the loss takes class indices as such: whole numbers among floats are that, then. */
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
  const labels =
    (y as ArrayLike<unknown> | null)?.length === rows ? labelsOf(y as ArrayLike<unknown>, shape) : undefined;
  if (labels) return { labels };
  return { targets: checkRows(flatten(y, shape.outputs, name), rows, shape.outputs, name) };
}

/** Whole numbers, one a row, as class indices, whatever they come in, in rows of one too; for one output they mean the same
 * as numbers do.
 * Floats are targets, but where only class indices can be meant. */
function labelsOf(y: ArrayLike<unknown>, { indices, outputs }: DataShape): Int32Array | undefined {
  const kind = kindOf(y);
  if (kind === "Int32Array") return y as Int32Array;
  if (kind ? kind.startsWith("Float") && !(indices && outputs > 1) : !Array.isArray(y)) return undefined;
  const labels = new Int32Array(y.length);
  for (let i = 0; i < labels.length; i++) {
    const given = y[i] as ArrayLike<unknown> | null;
    const label = asNumber(given?.length === 1 ? given[0] : given);
    labels[i] = label as number;
    if (labels[i] !== label) return undefined;
  }
  return labels;
}

function checkRows(y: Float32Array, rows: number, columns: number, name: string): Float32Array {
  if (y.length === rows * columns) return y;
  const each = columns === 1 ? "one each" : `${columns} each, or one class index each in an Int32Array`;
  throw new TrainletError("SHAPE_MISMATCH", `${name} has ${y.length} numbers for ${rows} rows; it should have ${each}`);
}

function flatten(given: unknown, columns: number, name: string): Float32Array {
  const kind = kindOf(given);
  if (kind === "Float32Array") return given as Float32Array;
  // Neither a DataView nor big integers. What has been transferred to somebody else has no length, and cannot be read.
  if (kind && /t\d/.test(kind) && !kind.startsWith("Big"))
    return Float32Array.from((given as Float64Array).length ? (given as Float64Array) : []);
  if (!Array.isArray(given)) {
    throw new TrainletError("INVALID_ARGUMENT", `${name} is ${show(given)}; give a Float32Array or a list of rows`);
  }
  if (given.length === 0 || asNumber(given[0]) !== undefined)
    return Float32Array.from(given, (v, i) => number(v, name, i));
  const flat = new Float32Array(given.length * columns);
  for (const [i, row] of given.entries()) {
    if (row != null && typeof row !== "object") number(row, name, i);
    const length = (row as ArrayLike<number> | null)?.length;
    if (length !== columns) {
      throw new TrainletError(
        "SHAPE_MISMATCH",
        `${name}[${i}] has ${length ?? "no"} numbers; each row should have ${columns}`,
      );
    }
    for (let j = 0; j < columns; j++) flat[i * columns + j] = number((row as ArrayLike<number>)[j], `${name}[${i}]`, j);
  }
  return flat;
}

function number(given: unknown, name: string, i: number): number {
  const value = asNumber(given);
  if (value !== undefined) return value;
  throw new TrainletError("INVALID_ARGUMENT", `${name}[${i}] is ${show(given)}; it should be a number`);
}
