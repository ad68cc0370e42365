/** `dataset()`: numbers that are in memory already → a Dataset. */
import { show, TrainletError } from "../errors.ts";
import { asNumber, kindOf } from "../kind-of.ts";
import { labelIndex, sortedLabels } from "./cells.ts";
import { dataCore } from "./core-access.ts";
import { Dataset, type Scale, scales } from "./dataset.ts";
import { allocate, checkNames, checkOneOf, checkOptions, checkWhole, list } from "./validate.ts";

type FloatArray = Float32Array | Float64Array;
type IntegerArray = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;
type Numbers = readonly number[] | FloatArray | IntegerArray;

export interface ArrayData {
  /** Row-major numbers (rows × features), or an array of rows. A Float32Array is used as it is, not copied. */
  x: Numbers | readonly Numbers[];
  /**
   * Integers (number[], bigint[] or an integer typed array) or booleans: class indices, one a row. Strings: classes, sorted
   * by name. A Float32Array, a Float64Array or an array of rows: regression targets (rows × targets). Absent: no labels.
   */
  y?:
    | Numbers
    | readonly Numbers[]
    | readonly string[]
    | readonly boolean[]
    | readonly bigint[]
    | BigInt64Array
    | BigUint64Array;
  /** Numbers a row of `x`, where `x` is flat. Default: x.length / rows, with a row for each entry of a flat `y`. */
  features?: number;
  /** How many classes there are. Default: as many as `classNames`, else the highest class index + 1. */
  classes?: number;
  /** In the order of the class indices; with strings in `y`, the classes that there may be. */
  classNames?: readonly string[];
  featureNames?: readonly string[];
  /** The scaling that the model should fit. Default "none". */
  scale?: Scale;
}
const known: Record<keyof ArrayData, true> = {
  x: true,
  y: true,
  features: true,
  classes: true,
  classNames: true,
  featureNames: true,
  scale: true,
};

/** Row-major numbers; the sizes are known only where the input was an array of rows. */
interface Matrix {
  values: Float32Array;
  rows?: number;
  columns?: number;
}

/**
 * A dataset of arrays; see `ArrayData` for their forms.
 * @throws TrainletError: SHAPE_MISMATCH for ragged rows and sizes that do not fit, NON_FINITE_DATA for NaN and
 * infinities (naming row and column), UNKNOWN_LABEL for a label that is not one of the classes, UNKNOWN_OPTION,
 * INVALID_ARGUMENT
 */
export async function dataset(data: ArrayData): Promise<Dataset> {
  checkOptions(data, Object.keys(known), "dataset");
  const { scale = "none" } = data;
  checkOneOf(scale, "dataset: scale", scales);
  const x = matrix(data.x, "x");
  const labels = labelsOf(data);
  const targets = labels === undefined && data.y !== undefined ? matrix(data.y as Numbers, "y") : undefined;
  const { rows, features } = sizes(x, labels?.y.length ?? targets?.rows, targets?.values.length, data.features);
  checkFinite(x.values, features, "x", data.x);
  if (data.featureNames !== undefined) checkNames(data.featureNames, "dataset: featureNames", features);

  const y = labels?.y ?? targets?.values ?? new Int32Array(0);
  const columns = labels ? 1 : y.length / rows;
  if (!Number.isInteger(columns) || (labels && y.length !== rows)) {
    throw new TrainletError("SHAPE_MISMATCH", `dataset: x has ${rows} rows, but y holds ${y.length} entries`);
  }
  if (targets) {
    checkFinite(targets.values, columns, "y", data.y);
    if (data.classes !== undefined || data.classNames !== undefined) {
      const message = "dataset: classes and classNames need class indices in y, got regression targets";
      throw new TrainletError("INVALID_ARGUMENT", message);
    }
  }
  const { permutation } = await dataCore();
  return new Dataset(
    {
      x: x.values,
      y,
      rows,
      features,
      targets: columns,
      classes: labels?.classes ?? (targets ? columns : (data.classes ?? data.classNames?.length ?? 0)),
      classNames: labels?.classNames ?? data.classNames,
      featureNames: data.featureNames,
      scale,
    },
    permutation,
  );
}

/** Rows from whoever knows them: x's own rows, `features`, y's rows, or a row for each entry of a flat y. */
function sizes(
  x: Matrix,
  labelRows: number | undefined,
  targetEntries: number | undefined,
  given: number | undefined,
): { rows: number; features: number } {
  if (given !== undefined) checkWhole(given, "dataset: features", 1);
  if (x.rows !== undefined && x.columns !== undefined) {
    if (given === undefined || given === x.columns) return { rows: x.rows, features: x.columns };
    throw new TrainletError("SHAPE_MISMATCH", `dataset: x has rows of ${x.columns} numbers, but features is ${given}`);
  }
  const rows = given === undefined ? (labelRows ?? targetEntries) : x.values.length / given;
  if (rows === undefined) {
    throw new TrainletError("INVALID_ARGUMENT", "dataset: a flat x without y needs features, the numbers a row");
  }
  const features = given ?? x.values.length / rows;
  if (Number.isInteger(rows) && Number.isInteger(features)) return { rows, features };
  const by = given === undefined ? `${rows} rows, as y has` : `rows of ${given} features`;
  throw new TrainletError("SHAPE_MISMATCH", `dataset: x holds ${x.values.length} numbers, which do not make ${by}`);
}

function matrix(value: unknown, name: "x" | "y"): Matrix {
  if (kindOf(value) === "Float32Array") return { values: notEmpty(value as Float32Array, name) };
  if (isNumbers(value)) return { values: Float32Array.from(notEmpty(value, name)) };
  if (!Array.isArray(value)) {
    const wanted = "an array of numbers, a typed array or an array of rows";
    throw new TrainletError("INVALID_ARGUMENT", `dataset: ${name} must be ${wanted}, got ${show(value)}`);
  }
  const first: unknown = notEmpty(value, name)[0];
  if (!isRow(first)) return { values: fill(allocate(1, value.length, `dataset: ${name}`), 0, value, name) };
  const columns = first.length;
  if (columns === 0) throw new TrainletError("INVALID_ARGUMENT", `dataset: the rows of ${name} are empty`);
  const values = allocate(value.length, columns, `dataset: ${name}`);
  for (const [row, entries] of (value as unknown[]).entries()) {
    if (!isRow(entries)) {
      throw new TrainletError("INVALID_ARGUMENT", `dataset: ${name}[${row}] must be an array, got ${show(entries)}`);
    }
    if (entries.length !== columns) {
      const message = `dataset: row ${row} of ${name} has ${entries.length} numbers, expected ${columns} as in row 0`;
      throw new TrainletError("SHAPE_MISMATCH", message);
    }
    fill(values, row * columns, entries, `${name}[${row}]`);
  }
  return { values, rows: value.length, columns };
}

function fill(out: Float32Array, at: number, entries: ArrayLike<unknown>, name: string): Float32Array {
  for (let i = 0; i < entries.length; i++) {
    const entry = asNumber(entries[i]);
    if (entry === undefined) {
      const message = `dataset: ${name}[${i}] must be a number, got ${show(entries[i])}`;
      throw new TrainletError("INVALID_ARGUMENT", message);
    }
    out[at + i] = entry;
  }
  return out;
}

function notEmpty<T extends ArrayLike<unknown>>(value: T, name: string): T {
  if (value.length > 0) return value;
  throw new TrainletError("INVALID_ARGUMENT", `dataset: ${name} is empty`);
}

/** Class indices with their names, or undefined where `y` is not a list of labels. */
function labelsOf(data: ArrayData): { y: Int32Array; classes: number; classNames?: readonly string[] } | undefined {
  const { y } = data;
  const { classes } = data;
  if (classes !== undefined) checkWhole(classes, "dataset: classes", 1);
  const names = data.classNames === undefined ? undefined : checkNames(data.classNames, "dataset: classNames", classes);
  const flat = Array.isArray(y) && !isRow(y[0]);
  if (!flat && !isBig(y) && !(isNumbers(y) && !isFloats(y))) return undefined;
  notEmpty(y as ArrayLike<unknown>, "y");
  if (typeof (y as readonly unknown[])[0] === "string") return namedLabels(y as readonly unknown[], names, classes);
  const indices = new Int32Array((y as Numbers).length);
  const limit = names?.length ?? classes ?? 2 ** 31 - 1;
  for (let row = 0; row < indices.length; row++) indices[row] = checkLabel((y as Numbers)[row], row, limit);
  const highest = indices.reduce((a, b) => Math.max(a, b), 0);
  return { y: indices, classes: names?.length ?? classes ?? highest + 1, ...(names && { classNames: names }) };
}

function checkLabel(given: unknown, row: number, limit: number): number {
  const label = asNumber(given);
  if (label !== undefined && Number.isInteger(label) && label >= 0 && label < limit) return label;
  const where = `dataset: y[${row}]`;
  if (label === undefined) {
    throw new TrainletError("INVALID_ARGUMENT", `${where} must be a number, as y[0] is, got ${show(given)}`);
  }
  if (!Number.isFinite(label)) throw new TrainletError("NON_FINITE_DATA", `${where} is ${label}, not a class index`);
  if (Number.isInteger(label) && label >= limit) {
    throw new TrainletError("UNKNOWN_LABEL", `${where} is ${label}; known: 0 to ${limit - 1}`);
  }
  const remedy = "pass regression targets as a Float32Array or as rows";
  throw new TrainletError("INVALID_ARGUMENT", `${where} is ${label}, but class indices are 0, 1, 2, …; ${remedy}`);
}

function namedLabels(
  y: readonly unknown[],
  names: readonly string[] | undefined,
  classes: number | undefined,
): { y: Int32Array; classes: number; classNames: readonly string[] } {
  for (const [row, label] of y.entries()) {
    if (typeof label === "string") continue;
    throw new TrainletError("INVALID_ARGUMENT", `dataset: y[${row}] must be a string, as y[0] is, got ${show(label)}`);
  }
  const classNames = names ?? sortedLabels(y as readonly string[]);
  if (classes !== undefined && classes !== classNames.length) {
    const message = `dataset: classes is ${classes}, but y has ${classNames.length} different labels; give classNames`;
    throw new TrainletError("SHAPE_MISMATCH", message);
  }
  const indexOf = labelIndex(classNames);
  const indices = Int32Array.from(y as readonly string[], (label, row) => {
    const index = indexOf(label);
    if (index !== undefined) return index;
    const message = `dataset: y[${row}] is ${show(label)}, which is no class; known: ${list(classNames)}`;
    throw new TrainletError("UNKNOWN_LABEL", message);
  });
  return { y: indices, classes: classNames.length, classNames };
}

function checkFinite(values: Float32Array, columns: number, name: "x" | "y", input: unknown): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const row = Math.floor(i / columns);
    const nested = (input as ArrayLike<unknown>)[row];
    // The number as it was given: 1e39 only becomes Infinity in 32 bits.
    const got = isRow(nested) ? nested[i % columns] : (input as Numbers)[i];
    const where = `dataset: ${name}, row ${row}, column ${i % columns}`;
    throw new TrainletError("NON_FINITE_DATA", `${where} must be a finite 32-bit number, got ${show(got)}`);
  }
}

function isFloats(value: unknown): value is FloatArray {
  return kindOf(value)?.startsWith("Float") === true;
}

/** A typed array of numbers, which big integers are not. */
function isNumbers(value: unknown): value is FloatArray | IntegerArray {
  const kind = kindOf(value);
  return kind !== undefined && kind !== "DataView" && !isBig(value);
}

function isBig(value: unknown): value is BigInt64Array | BigUint64Array {
  return kindOf(value)?.startsWith("Big") === true;
}

function isRow(value: unknown): value is readonly unknown[] | FloatArray | IntegerArray {
  return Array.isArray(value) || isNumbers(value);
}
