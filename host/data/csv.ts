/** `csv()`: a file of text → a Dataset, by a schema that is inferred from training data or given. */
import { show, TrainletError } from "../errors.ts";
import { coders } from "../text-coders.ts";
import { nameOf, readBytes, type Source } from "./bytes.ts";
import { isMissing } from "./cells.ts";
import { dataCore } from "./core-access.ts";
import { Dataset, type Scale, scales } from "./dataset.ts";
import { encode, type Positions } from "./encode.ts";
import { inferSchema, type Task } from "./infer.ts";
import { limitsOf, raise, type TableLimits, tableLimits, withinMemory } from "./limits.ts";
import { checkMissing, checkSchema, featureNames, type Missing, type Schema, width } from "./schema.ts";
import { columnAt, filterRows, parseTable, positionsOf, type Table } from "./table.ts";
import { checkNames, checkOneOf, checkOptions } from "./validate.ts";

export type CsvSource = Source | { text: string };

export interface CsvOptions extends TableLimits {
  /**
   * What to predict: a column's name, or its position from 0 (-1: the last). An array: several regression targets.
   * null: nothing, the rows are to be predicted. Required unless `schema` says it.
   */
  target?: string | number | readonly (string | number)[] | null;
  /**
   * Whether the first row holds names. Default "auto": yes when it holds the target's name; otherwise when none of its
   * cells is a number or a mark for a missing value, and either some column has a number further down, or (all text)
   * none of its cells comes again in its own column. Without a header, columns are named c0, c1, …
   */
  header?: boolean | "auto";
  /** One character. Default "auto": whichever of , ; tab | splits the first rows most evenly. */
  delimiter?: string;
  /**
   * Default "auto": regression for an array of targets; classification for a text target and for at most 20 different
   * whole numbers that come twice or more on average; regression for other numbers.
   */
  task?: Task;
  /**
   * What to do about an empty cell, ?, NA, N/A, NaN or null in a feature. "error" (default) names its line; "drop"
   * leaves the row out; "mean", "median" and "mostFrequent" put in a statistic of the column, which for text is always
   * the most frequent category; a number stands in columns of numbers (text takes its most frequent category). A
   * missing target is never filled: it is an error unless "drop". With `schema`: the schema's policy, except that
   * "drop" must be repeated to apply to rows that are to be predicted.
   */
  missing?: Missing;
  /** Columns to leave out, by name. */
  exclude?: readonly string[];
  /** Encode as this schema says (`dataset.schema`, saved with a model); columns are found by name, others ignored. */
  schema?: Schema;
  /** The scaling that the model should fit. Default "standard". */
  scale?: Scale;
}
const known: Record<keyof CsvOptions, true> = {
  target: true,
  header: true,
  delimiter: true,
  task: true,
  missing: true,
  exclude: true,
  schema: true,
  scale: true,
  maxBytes: true,
  maxRows: true,
  maxColumns: true,
  maxCells: true,
};

/**
 * Reads a CSV file, plain or gzipped, from a path, bytes in any form (`Source`) or `{ text }`. Columns of numbers become
 * a feature each, other columns one feature per category (categories sorted). Spaces around cells do not count.
 *
 * x: rows × features. y: class indices (rows) or targets (rows × targets); empty with `target: null`.
 *
 * @throws TrainletError: INVALID_FILE for a file that is no table or beyond a limit (`maxBytes`, …), NON_FINITE_DATA for missing and infinite values,
 * UNKNOWN_LABEL for a category or class that `schema` does not list, FILE_NOT_FOUND, FILE_ERROR, and UNKNOWN_OPTION or
 * INVALID_ARGUMENT for wrong options. Messages name the line and the column.
 */
export async function csv(source: CsvSource, options: CsvOptions = {}): Promise<Dataset> {
  checkOptions(options, Object.keys(known), "csv");
  const { delimiter = "auto", header = "auto", scale = "standard" } = options;
  checkDelimiter(delimiter);
  if (header !== "auto" && typeof header !== "boolean") {
    throw new TrainletError("INVALID_ARGUMENT", `csv: header must be true, false or "auto", got ${show(header)}`);
  }
  checkOneOf(scale, "csv: scale", scales);
  const limits = limitsOf(options, "csv");
  const given = options.schema === undefined ? undefined : checkSchema(options.schema);
  const plan = given ? givenPlan(given, options) : trainingPlan(options);
  const name = nameOf(source, "csv");
  return await withinMemory(name, async () => {
    const text = await readText(source, name, limits.maxBytes);
    const read = await parseTable(text, {
      source: name,
      delimiter,
      header: plan.header(header),
      expected: plan.expected,
      limits,
    });
    return await asDataset(plan.resolve(read), scale, limits);
  });
}

async function asDataset(
  { table, schema, positions }: Resolved,
  scale: Scale,
  { maxBytes }: Required<TableLimits>,
): Promise<Dataset> {
  const rows = table.rows.length;
  checkWidth(table.source, rows, width(schema), maxBytes);
  const { x, y, features, targets } = encode(table, schema, positions);
  const classNames = schema.target?.kind === "class" ? schema.target.classes : undefined;
  const classes = classNames?.length ?? (schema.target?.kind === "number" ? schema.target.names.length : 0);
  const { permutation } = await dataCore();
  return new Dataset(
    { x, y, rows, features, targets, classes, classNames, featureNames: featureNames(schema), schema, scale },
    permutation,
  );
}

/** A feature for every category of many columns can be a thousand times what was read. */
function checkWidth(source: string, rows: number, features: number, maxBytes: number): void {
  const bytes = rows * features * 4;
  if (bytes <= Math.max(maxBytes, tableLimits.maxBytes)) return;
  const message = `${source} would become ${rows} rows × ${features} features, which take ${bytes} bytes`;
  const remedy = "exclude columns of many categories, or";
  throw new TrainletError("INVALID_FILE", `${message}; ${remedy} ${raise("maxBytes")}`);
}

/** What is decided before the file is open, and what remains to be decided when its columns are known. */
interface Plan {
  expected: readonly string[];
  header(option: boolean | "auto"): boolean | "auto";
  resolve(table: Table): Resolved;
}

interface Resolved {
  table: Table;
  schema: Schema;
  positions: Positions;
}

function trainingPlan(options: CsvOptions): Plan {
  const { target, task = "auto", missing = "error", exclude = [] } = options;
  if (target === undefined) {
    const remedy = "name the column to predict, or null when there is none";
    throw new TrainletError("INVALID_ARGUMENT", `csv: target is missing; ${remedy}`);
  }
  const wanted = target === null ? [] : Array.isArray(target) ? [...(target as readonly unknown[])] : [target];
  for (const entry of wanted) {
    if (typeof entry === "string" || Number.isInteger(entry)) continue;
    const message = `csv: target must be a column's name or position, an array of them, or null, got ${show(entry)}`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  if (Array.isArray(target) && wanted.length === 0) {
    throw new TrainletError("INVALID_ARGUMENT", "csv: target is an empty array; use null for no target");
  }
  checkOneOf(task, "csv: task", ["classification", "regression", "auto"]);
  checkMissing(missing, "csv: missing");
  checkNames(exclude, "csv: exclude");
  const names = wanted.filter(entry => typeof entry === "string");
  return {
    expected: [...names, ...exclude],
    header: option => option,
    resolve(table) {
      const at = positionsOf(table);
      const targets = wanted.map(entry => targetAt(table, at, entry as string | number));
      const excluded = exclude.map(entry => columnAt(table, at, entry, "csv: exclude"));
      checkDistinct(targets, excluded, table);
      const left = new Set([...targets, ...excluded]);
      const columns = table.names.map((_, at) => at).filter(at => !left.has(at));
      if (columns.length === 0) {
        throw new TrainletError("INVALID_ARGUMENT", `csv: ${table.source} has no column left to learn from`);
      }
      const kept = missing === "drop" ? dropMissing(table, [...columns, ...targets]) : table;
      const targetList = Array.isArray(target);
      const schema = inferSchema(kept, { features: columns, targets, targetList, task, missing });
      return { table: kept, schema, positions: { columns, targets } };
    },
  };
}

function givenPlan(given: Schema, options: CsvOptions): Plan {
  const labelled = givenTarget(given, options.target) && given.target !== null;
  for (const option of ["task", "exclude"] as const) {
    if (options[option] === undefined) continue;
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `csv: ${option} has no effect beside schema, which settles it; drop it`,
    );
  }
  const missing = options.missing === undefined ? undefined : checkMissing(options.missing, "csv: missing");
  const schema = withMissing(given, missing);
  const features = given.columns.map(column => column.name);
  const names = given.target === null ? [] : given.target.kind === "class" ? [given.target.name] : given.target.names;
  return {
    expected: [],
    header: option => (option === "auto" ? given.header : option),
    resolve(table) {
      // Without a header there are only positions: a file with nothing but the features has them in the same order.
      const bare = !table.header && !given.header && !labelled && table.names.length === features.length;
      const at = positionsOf(table);
      const columns = features.map((name, i) => (bare ? i : schemaColumnAt(table, at, name, "")));
      const remedy = "; target: null reads a file without it";
      const targets = labelled ? names.map(name => schemaColumnAt(table, at, name, remedy)) : [];
      const drop = missing === "drop" || (missing === undefined && given.missing === "drop" && labelled);
      const kept = drop ? dropMissing(table, [...columns, ...targets]) : table;
      return { table: kept, schema, positions: { columns, targets } };
    },
  };
}

/** Whether labels are wanted beside a schema. */
function givenTarget(schema: Schema, target: unknown): boolean {
  if (target === null) return false;
  const { target: own } = schema;
  const names = own === null ? [] : own.kind === "class" ? [own.name] : own.names;
  const asked = target === undefined ? names : Array.isArray(target) ? target : [target];
  if (asked.length === names.length && names.every((name, i) => asked[i] === name)) return true;
  const wanted = own === null ? "null" : `null or ${names.map(show).join(", ")}`;
  throw new TrainletError("INVALID_ARGUMENT", `csv: target must be ${wanted}, as in the schema, got ${show(target)}`);
}

/** The schema with a missing-value policy other than its own, where that can be done without training data. */
function withMissing(schema: Schema, missing: Missing | undefined): Schema {
  if (missing === undefined || missing === schema.missing || missing === "drop") return schema;
  if (missing === "error") return { ...schema, columns: schema.columns.map(({ fill: _, ...column }) => column) };
  if (typeof missing === "number") {
    const filled = schema.columns.map(column => (column.kind === "number" ? { ...column, fill: missing } : column));
    return { ...schema, columns: filled };
  }
  const message = `csv: missing ${show(missing)} needs statistics of the training data, which the schema does not hold`;
  throw new TrainletError("INVALID_ARGUMENT", `${message}: it was made with missing ${show(schema.missing)}`);
}

function targetAt(table: Table, positions: ReadonlyMap<string, number>, target: string | number): number {
  if (typeof target === "string") return columnAt(table, positions, target, "csv: target");
  const at = target < 0 ? target + table.names.length : target;
  if (at >= 0 && at < table.names.length) return at;
  const message = `csv: target ${target} is not a column of ${table.source}: it has ${table.names.length}`;
  throw new TrainletError("INVALID_ARGUMENT", message);
}

function schemaColumnAt(table: Table, positions: ReadonlyMap<string, number>, name: string, remedy: string): number {
  const at = positions.get(name);
  if (at !== undefined) return at;
  const message = `${table.source} has no column ${show(name)}, which the schema needs${remedy}`;
  throw new TrainletError("INVALID_FILE", message);
}

function checkDistinct(targets: readonly number[], excluded: readonly number[], table: Table): void {
  const out = new Set(excluded);
  const seen = new Set<number>();
  for (const at of targets) {
    const twice = seen.has(at) ? "named twice" : out.has(at) ? "excluded too" : undefined;
    if (twice) throw new TrainletError("INVALID_ARGUMENT", `csv: target ${show(table.names[at])} is ${twice}`);
    seen.add(at);
  }
}

function dropMissing(table: Table, columns: readonly number[]): Table {
  const kept = filterRows(table, row => !columns.some(at => isMissing(row[at]!)));
  if (kept.rows.length > 0) return kept;
  const message = `${table.source}: every row misses a value, so missing: "drop" leaves none`;
  throw new TrainletError("INVALID_FILE", message);
}

function checkDelimiter(value: unknown): void {
  if (value === "auto") return;
  if (typeof value === "string" && value.length === 1 && !'"\r\n\ufeff'.includes(value)) return;
  const wanted = 'one character other than a quote or line end, or "auto"';
  throw new TrainletError("INVALID_ARGUMENT", `csv: delimiter must be ${wanted}, got ${show(value)}`);
}

async function readText(source: CsvSource, name: string, maxBytes: number): Promise<string> {
  if (source !== null && typeof source === "object" && "text" in source && typeof source.text === "string") {
    return source.text;
  }
  const bytes = await readBytes(source as Source, name, maxBytes);
  // UTF-16 is what spreadsheets call "Unicode text"; its mark cannot begin UTF-8.
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new (coders().TextDecoder)(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    // 2²⁹ characters is about the longest string that engines hold.
    const long = bytes.length > 2 ** 29 - 100;
    const why = long ? "is too long for one string; split it" : "is not UTF-8 text; save it as CSV in UTF-8";
    throw new TrainletError("INVALID_FILE", `${name} ${why}`, { cause });
  }
}
