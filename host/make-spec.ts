// Specs are plain JSON: `{ type, ...options }`. Everything that is known of an option (type, range, default) comes from
// the core's classes through the generated tables; this file checks against them.
import { show, TrainletError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { optionsOf } from "./rows.ts";

/** One option of a layer, loss, rule or initialiser. */
export interface Option {
  readonly type: string;
  readonly offset?: number;
  readonly default?: number | boolean;
  /** "[0, 1)", with inf for no bound, or "{1, 2}" for these alone. */
  readonly range?: string;
  readonly values?: readonly string[];
  readonly positional?: boolean;
  /** A second name that the factory takes; in the spec the option has its own. */
  readonly alias?: string;
  /** Whether it is what a schedule of the momentum sets. */
  readonly momentum?: boolean;
  /** Whether null may stand for 0, or for the first of the values. */
  readonly nullable?: boolean;
}
export type Options = Readonly<Record<string, Option>>;

/** What the core says of one layer, loss, rule or initialiser. */
export interface Entry {
  readonly options: Options;
  /** What a layer keeps: names, places and kinds. */
  readonly tensors: readonly { readonly name: string; readonly offset: number; readonly type: string }[];
  readonly activation: boolean;
  /** Whether the rule measures the loss for itself, as often as it likes. */
  readonly drives: boolean;
  /** Whether the loss's gradient is 0 everywhere. */
  readonly flat?: boolean;
  /** Whether the rule needs no gradient. */
  readonly probes?: boolean;
}

/** Plain JSON that names a factory and the options it was given. */
export interface Spec {
  readonly type: string;
  readonly [option: string]: unknown;
}

/** What every layer with parameters takes. An alias and not an interface, so that what factories give is a `Spec`. */
export type LayerSettings = {
  /** A name for the summary and for errors. */
  name?: string;
  /** Whether the layer's parameters are updated. Default true. */
  trainable?: boolean;
  /** Factor on the learning rate of the layer. In [0, inf). Default 1. */
  lrScale?: number;
  /** Weight of Σ|w| over the layer's weights (not biases) in the loss. In [0, inf). Default 0. */
  l1?: number;
  /** Weight of Σw² over the layer's weights (not biases) in the loss. In [0, inf). Default 0. */
  l2?: number;
};

/** An activation by name or as a spec: `"relu"`, `leakyRelu({ slope: 0.1 })`. */
export type ActivationOption = string | { readonly type: string };
/** An initialiser by name or as a spec: `"heNormal"`, `normal({ std: 0.01 })`. */
export type InitializerOption = string | { readonly type: string };

/** The same as a row. */
const LAYER_SETTINGS = "name:string trainable:bool=1 lrScale=1[0,inf) l1=0[0,inf) l2=0[0,inf)";

/** What the spec of a layer, loss, rule or initialiser may have. */
export function settingsOf(entry: Entry): Options {
  return hasParameters(entry) ? { ...entry.options, ...optionsOf(LAYER_SETTINGS) } : entry.options;
}
export function hasParameters({ tensors }: Entry): boolean {
  return tensors.some(t => t.type === "Parameter");
}

/** Checks what a factory was given and makes the spec. */
export function makeSpec<S extends { type: string }>(
  type: string,
  table: Options,
  options: object,
  positional: object = {},
): S {
  checkObject(type, options);
  const spec: Record<string, unknown> = { type, ...positional };
  for (const [given, value] of Object.entries(options)) {
    const name = Object.keys(table).find(key => table[key]!.alias === given) ?? given;
    if (name === "type" && value !== type)
      throw unknownName(type, "option", name, Object.keys(table), "UNKNOWN_OPTION");
    if (value !== undefined) spec[name] = value;
  }
  checkSpec(type, spec, table);
  return spec as S;
}

/** Throws unless every option of the spec is known and in range. The options are a table, or a row (rows.ts). */
export function checkSpec(owner: string, spec: object, options: Options | string): void {
  checkObject(owner, spec);
  const table = typeof options === "string" ? optionsOf(options) : options;
  const given = spec as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(given)) {
    if (name === "type" || value === undefined) continue;
    const option = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!option) throw unknownName(owner, "option", name, Object.keys(table), "UNKNOWN_OPTION");
    if (value !== null || !option.nullable) checkOption(`${owner}: ${name}`, value, option);
  }
  if (given.nesterov === true && !(given.momentum ?? table.momentum?.default ?? 1)) {
    throw new TrainletError("INVALID_ARGUMENT", `${owner}: nesterov wants a momentum above 0`);
  }
  for (const [name, option] of Object.entries(table)) {
    if (option.positional && given[name] === undefined) {
      const kind = option.type === "Values" ? "a list, each a number" : "a number";
      const wants = option.range ? `; it is ${kind} in ${option.range}` : "";
      throw new TrainletError("INVALID_ARGUMENT", `${owner}: ${name} is missing${wants}`);
    }
  }
}

/** Throws unless the options are an object. */
export function checkObject(owner: string, options: unknown, example = "{ … }"): void {
  if (options !== null && typeof options === "object" && !Array.isArray(options)) return;
  throw new TrainletError(
    "INVALID_ARGUMENT",
    `${owner}: options are ${show(options)}; give an object, as in ${example}`,
  );
}

/** How deep plain JSON may be nested, far beyond what a spec needs. */
export const MAX_DEPTH = 100;

/** A deep copy of plain JSON, typed arrays as lists; functions stay only where `functions` says so. Throws on anything
 * else that JSON does not have. */
export function clonePlain<T>(value: T, label: string, functions = false, depth = 0): T {
  if (value === undefined || value === null || ["number", "string", "boolean"].includes(typeof value)) return value;
  if (functions && typeof value === "function") return value;
  if (typeof value !== "object" || depth > MAX_DEPTH) {
    const what = typeof value === "object" ? "nested too deep" : show(value);
    throw new TrainletError("INVALID_ARGUMENT", `${label.slice(0, 200)} is ${what}; specs are plain JSON`);
  }
  const copy = (item: unknown, key: string | number) => clonePlain(item, `${label}.${key}`, functions, depth + 1);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(
      (value as unknown as ArrayLike<number>).length ? (value as unknown as ArrayLike<number>) : [],
      Number,
    ) as T;
  if (Array.isArray(value)) return Array.from(value, copy) as T;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, key)])) as T;
}

/** The same plain JSON, which nobody can change any more. */
export function freeze<T>(value: T): T {
  if (value !== null && typeof value === "object") Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

function checkOption(label: string, value: unknown, option: Option): void {
  const wants = (what: string) =>
    new TrainletError("INVALID_ARGUMENT", `${label} is ${show(value)}; it should be ${what}`);
  switch (option.type) {
    case "f64":
    case "f32":
      checkNumber(value, option.range, wants);
      return;
    case "i32":
      if (!Number.isInteger(value) || value !== ((value as number) | 0))
        throw wants(`a whole number in ${option.range ?? "[-2147483648, 2147483647]"}`);
      checkNumber(value, option.range, wants, "a whole number");
      return;
    case "bool":
      if (typeof value !== "boolean") throw wants("true or false");
      return;
    case "string":
      if (typeof value !== "string") throw wants("a string");
      return;
    case "values":
      if (!option.values!.includes(value as string)) throw wants(`one of ${option.values!.map(show).join(", ")}`);
      return;
    case "Values":
      if (!(Array.isArray(value) || ArrayBuffer.isView(value)) || (value as number[]).length === 0) {
        throw wants("a list of numbers");
      }
      for (const item of value as number[]) {
        const held = typeof item === "number" ? Math.fround(item) : item; // such lists are float32 in the core
        checkNumber(held, option.range, what => wants(`a list, each ${what}; it has ${show(item)}`));
      }
      return;
    case "any": // checked by whoever takes it
    case "list":
      return;
    default: // Activation or Initializer, by name or spec; the plan resolves it
      if (typeof value !== "string" && typeof (value as Spec | null)?.type !== "string") {
        throw wants(`a name or a spec, as in ${label.endsWith("activation") ? '"relu"' : '"heNormal"'}`);
      }
  }
}

function checkNumber(
  value: unknown,
  range: string | undefined,
  wants: (what: string) => Error,
  noun = "a number",
): void {
  if (typeof value === "number" && Number.isFinite(value) && (!range || within(range, value))) return;
  throw wants(range ? `${noun} in ${range}` : noun);
}
function within(range: string, value: number): boolean {
  const list = range.slice(1, -1).split(", ").map(Number);
  if (range[0] === "{") return list.includes(value);
  const [low, high] = list as [number, number]; // NaN for a side without a bound: nothing is beyond it
  if (value < low || value > high) return false;
  return !(range[0] === "(" && value === low) && !(range.endsWith(")") && value === high);
}

/** An error for a name that is not in a list, with the nearest one that is. */
export function unknownName(
  owner: string,
  noun: string,
  name: unknown,
  known: readonly string[],
  code: "UNKNOWN_OPTION" | "INVALID_ARGUMENT" = "INVALID_ARGUMENT",
): TrainletError {
  const near = typeof name === "string" ? nearest(name, known, 2) : undefined;
  const hint = near ? `; did you mean ${show(near)}?` : `; known: ${known.join(", ") || "none"}`;
  return new TrainletError(code, `${owner}: unknown ${noun} ${show(name)}${hint}`);
}
