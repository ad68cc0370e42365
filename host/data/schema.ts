/** How a table's columns become numbers. Plain JSON: a model saves it, and a new file is encoded by it. */
import { show, TrainletError } from "../errors.ts";
import { checkNames, checkOneOf } from "./validate.ts";

/**
 * What to do where a cell is missing: refuse, leave the row out, or put in the column's mean, median, most frequent
 * value, or a number of one's own.
 */
export type Missing = "error" | "drop" | "mean" | "median" | "mostFrequent" | number;
const missingWords = ["error", "drop", "mean", "median", "mostFrequent"] as const;

/** One feature. `fill` is what stands for a missing cell. */
export interface NumberColumn {
  readonly name: string;
  readonly kind: "number";
  readonly fill?: number;
}
/** One feature per category, 1 where the row has it, else 0. `fill` is the category that stands for a missing cell. */
export interface CategoryColumn {
  readonly name: string;
  readonly kind: "category";
  readonly categories: readonly string[];
  readonly fill?: string;
}
export type Column = NumberColumn | CategoryColumn;

export type Target =
  | { readonly kind: "class"; readonly name: string; readonly classes: readonly string[] }
  | { readonly kind: "number"; readonly names: readonly string[] };

export interface Schema {
  readonly version: 1;
  /** Whether the file had a header. Without one, columns are named c0, c1, … by position. */
  readonly header: boolean;
  readonly missing: Missing;
  /** The columns that became features, in order. */
  readonly columns: readonly Column[];
  readonly target: Target | null;
}

/** More than this is an identifier or free text, not a category: it would make a feature of nearly every row. */
export const maxCategories = 1000;

export function checkMissing(value: unknown, name: string): Missing {
  if (typeof value !== "number") return checkOneOf(value, name, missingWords);
  if (Number.isFinite(Math.fround(value))) return value;
  throw new TrainletError("INVALID_ARGUMENT", `${name} must be finite in 32 bits, got ${show(value)}`);
}

/** How many features the columns make. */
export function width(schema: Schema): number {
  return schema.columns.reduce((sum, column) => sum + (column.kind === "number" ? 1 : column.categories.length), 0);
}

/** A name per feature: the column's, or `column=category`. */
export function featureNames(schema: Schema): string[] {
  return schema.columns.flatMap(column =>
    column.kind === "number" ? [column.name] : column.categories.map(category => `${column.name}=${category}`),
  );
}

/** Throws unless `value` is a schema: it may come from a model file that nobody vouches for. */
export function checkSchema(value: unknown): Schema {
  const schema = record(value, "schema");
  if (schema.version !== 1) {
    const message = `schema.version must be 1, got ${show(schema.version)}: it is from another version of trainlet`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  if (typeof schema.header !== "boolean") throw wrong("schema.header", "true or false", schema.header);
  checkMissing(schema.missing, "schema.missing");
  if (!Array.isArray(schema.columns) || schema.columns.length === 0) {
    throw wrong("schema.columns", "an array of at least one column", schema.columns);
  }
  for (const [i, column] of schema.columns.entries()) checkColumn(record(column, `schema.columns[${i}]`), i);
  const names = (schema.columns as Column[]).map(column => column.name);
  if (schema.target !== null) names.push(...checkTarget(record(schema.target, "schema.target")));
  checkNames(names, "schema: the names of columns and targets");
  return value as Schema;
}

function checkColumn(column: Record<string, unknown>, index: number): void {
  const where = `schema.columns[${index}]`;
  if (typeof column.name !== "string") throw wrong(`${where}.name`, "a string", column.name);
  if (checkOneOf(column.kind, `${where}.kind`, ["number", "category"]) === "number") {
    const fits =
      column.fill === undefined || (typeof column.fill === "number" && Number.isFinite(Math.fround(column.fill)));
    if (!fits) throw wrong(`${where}.fill`, "a finite number", column.fill);
    return;
  }
  const categories = checkNames(column.categories, `${where}.categories`);
  if (categories.length < 1 || categories.length > maxCategories) {
    throw wrong(`${where}.categories`, `1 to ${maxCategories} strings`, categories);
  }
  if (column.fill !== undefined && !categories.includes(column.fill as string)) {
    throw wrong(`${where}.fill`, "one of the column's categories", column.fill);
  }
}

function checkTarget(target: Record<string, unknown>): readonly string[] {
  if (checkOneOf(target.kind, "schema.target.kind", ["class", "number"]) === "number") {
    const names = checkNames(target.names, "schema.target.names");
    if (names.length === 0) throw wrong("schema.target.names", "at least one name", names);
    return names;
  }
  if (typeof target.name !== "string") throw wrong("schema.target.name", "a string", target.name);
  const classes = checkNames(target.classes, "schema.target.classes");
  if (classes.length === 0) throw wrong("schema.target.classes", "at least one class", classes);
  return [target.name];
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(name, "an object", value);
}

function wrong(name: string, wanted: string, got: unknown): TrainletError {
  return new TrainletError("INVALID_ARGUMENT", `${name} must be ${wanted}, got ${show(got)}`);
}
