/**
 * A dataset: x (rows × features) and y, either class indices (rows) or targets (rows × targets), with their names.
 * Values are raw: `scale` is only a request, which the model meets inside its core with the rows that `fit` gets, so
 * that a scaler never sees the test part.
 */
import { show, TrainletError } from "../errors.ts";
import type { Schema } from "./schema.ts";
import { stratifiedCounts, testRows } from "./split.ts";
import { checkBoolean, checkOneOf, checkOptions, checkWhole } from "./validate.ts";

/** A uniformly random permutation of 0..n-1 that depends on `n` and `seed` alone. */
export type Permuter = (n: number, seed: number) => Uint32Array;

export type Scale = "none" | "standard" | "minmax";
export const scales: readonly Scale[] = ["none", "standard", "minmax"];

export interface DatasetFields {
  x: Float32Array;
  y: Int32Array | Float32Array;
  rows: number;
  features: number;
  targets: number;
  classes: number;
  classNames?: readonly string[] | undefined;
  featureNames?: readonly string[] | undefined;
  schema?: Schema | undefined;
  scale: Scale;
}

export interface SplitOptions {
  /** Rows of the test part: a fraction between 0 and 1 (rounded up to whole rows) or a whole number of rows. */
  test: number;
  /** Keep every class's share in both parts (classification only). Default false. */
  stratify?: boolean;
  /** The same seed and number of rows give the same parts. Default 0. */
  seed?: number;
  /** false: the last rows are the test part, in their order. Default true. */
  shuffle?: boolean;
}
const splitOptions: Record<keyof SplitOptions, true> = { test: true, stratify: true, seed: true, shuffle: true };

export class Dataset {
  /** rows × features, row-major */
  readonly x: Float32Array;
  /** Int32Array: class indices, one a row. Float32Array: rows × targets. Empty without labels. */
  readonly y: Int32Array | Float32Array;
  readonly rows: number;
  readonly features: number;
  /** Columns of `y`: 1 for class indices, 0 without labels. */
  readonly targets: number;
  /** Outputs that a network for this data needs: the classes, or for regression the target columns. */
  readonly classes: number;
  readonly classNames: readonly string[] | undefined;
  readonly featureNames: readonly string[] | undefined;
  /** How columns became numbers (plain JSON): saved with a model, so that a new file is encoded the same way. */
  readonly schema: Schema | undefined;
  /** The scaling that a model should fit on its training rows; the values here are not scaled. */
  readonly scale: Scale;
  readonly #permute: Permuter;

  /** For the factories of this package (`dataset`, `csv`, `idx`, …): the arrays are used as they are, not copied. */
  constructor(fields: DatasetFields, permute: Permuter) {
    const { x, y, rows, features, targets } = fields;
    if (!(rows >= 1 && features >= 1) || x.length !== rows * features) {
      const message = `Dataset: x holds ${x.length} numbers, which is not ${rows} rows × ${features} features`;
      throw new TrainletError("SHAPE_MISMATCH", message);
    }
    if (y.length !== rows * targets || (y instanceof Int32Array && targets > 1)) {
      const message = `Dataset: y holds ${y.length} numbers, which is not ${rows} rows × ${targets} targets`;
      throw new TrainletError("SHAPE_MISMATCH", message);
    }
    this.x = x;
    this.y = y;
    this.rows = rows;
    this.features = features;
    this.targets = targets;
    this.classes = fields.classes;
    this.classNames = fields.classNames;
    this.featureNames = fields.featureNames;
    this.schema = fields.schema;
    this.scale = fields.scale;
    this.#permute = permute;
    Object.freeze(this);
  }

  /** The same data, sharing the arrays, with another request for scaling. */
  scaled(kind: Scale): Dataset {
    return this.#with({ scale: checkOneOf(kind, "scaled: kind", scales) });
  }

  /** The rows with these numbers (counted from 0), in that order; a number may come twice. Copies. */
  take(indices: ArrayLike<number>): Dataset {
    const count: unknown = typeof indices === "object" && indices !== null ? indices.length : undefined;
    if (typeof count !== "number" || !Number.isInteger(count) || count < 1) {
      const message = `take: indices must be an array of at least one row number, got ${show(indices)}`;
      throw new TrainletError("INVALID_ARGUMENT", message);
    }
    const { features, targets, rows } = this;
    const x = new Float32Array(count * features);
    const y = this.y instanceof Int32Array ? new Int32Array(count * targets) : new Float32Array(count * targets);
    for (let i = 0; i < count; i++) {
      const row = indices[i]!;
      if (!(Number.isInteger(row) && row >= 0 && row < rows)) checkWhole(row, `take: indices[${i}]`, 0, rows - 1);
      for (let j = 0; j < features; j++) x[i * features + j] = this.x[row * features + j]!;
      for (let j = 0; j < targets; j++) y[i * targets + j] = this.y[row * targets + j]!;
    }
    return this.#with({ x, y, rows: count });
  }

  /**
   * Rows `from` to `to` (exclusive), sharing memory; negative numbers count from the end, as with arrays.
   * Unlike arrays, bounds outside the data or an empty range throw.
   */
  slice(from = 0, to = this.rows): Dataset {
    const { rows, features, targets } = this;
    const start = checkWhole(from, "slice: from", -rows, rows);
    const stop = checkWhole(to, "slice: to", -rows, rows);
    const a = start < 0 ? start + rows : start;
    const b = stop < 0 ? stop + rows : stop;
    if (a >= b) throw new TrainletError("INVALID_ARGUMENT", `slice: rows ${from} to ${to} of ${rows} are none`);
    const x = this.x.subarray(a * features, b * features);
    return this.#with({ x, y: this.y.subarray(a * targets, b * targets), rows: b - a });
  }

  /**
   * Two datasets without a row in common, both in shuffled order unless `shuffle` is false.
   * The same rows, options and seed give the same parts everywhere.
   */
  split(options: SplitOptions): { train: Dataset; test: Dataset } {
    checkOptions(options, Object.keys(splitOptions), "split");
    const { stratify = false, seed = 0, shuffle = true } = options;
    const count = testRows(this.rows, options.test);
    checkBoolean(stratify, "split: stratify");
    checkWhole(seed, "split: seed", 0);
    checkBoolean(shuffle, "split: shuffle");
    if (!shuffle) {
      if (stratify) {
        const message = "split: stratify picks rows of every class, so it needs shuffle: true, got shuffle: false";
        throw new TrainletError("INVALID_ARGUMENT", message);
      }
      return { train: this.slice(0, this.rows - count), test: this.slice(this.rows - count) };
    }
    const order = this.#permute(this.rows, seed);
    if (stratify) return this.#stratified(order, count);
    return { train: this.take(order.subarray(count)), test: this.take(order.subarray(0, count)) };
  }

  #stratified(order: Uint32Array, count: number): { train: Dataset; test: Dataset } {
    const { y } = this;
    if (!(y instanceof Int32Array) || y.length === 0) {
      const got = y.length === 0 ? "data without labels" : "regression targets";
      throw new TrainletError("INVALID_ARGUMENT", `split: stratify needs class indices, got ${got}`);
    }
    const perClass = new Map<number, number>();
    for (const label of y) perClass.set(label, (perClass.get(label) ?? 0) + 1);
    const labels = [...perClass.keys()].sort((a, b) => a - b);
    const shares = stratifiedCounts(
      labels.map(label => perClass.get(label)!),
      count,
    );
    const open = new Map(labels.map((label, c) => [label, shares[c]!]));
    const test = new Uint32Array(count);
    const train = new Uint32Array(this.rows - count);
    let tests = 0;
    let trains = 0;
    for (const row of order) {
      const left = open.get(y[row]!)!;
      if (left > 0) {
        open.set(y[row]!, left - 1);
        test[tests++] = row;
      } else train[trains++] = row;
    }
    return { train: this.take(train), test: this.take(test) };
  }

  #with(changes: Partial<DatasetFields>): Dataset {
    return new Dataset({ ...this, ...changes }, this.#permute);
  }
}
