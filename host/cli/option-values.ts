/** What stands behind an option → its value. A wrong one is refused with the option's name, which commander adds. */
import { InvalidArgumentError } from "commander";
import { TrainletError } from "../errors.ts";
import { checkSpec, type Option, type Options, type Spec, unknownName } from "../make-spec.ts";

function number(text: string): number {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}
function wants(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`It should be ${what}.`);
}

/** A whole number from `low` to `high`. */
export function whole(low: number, high = 2 ** 31 - 1): (text: string) => number {
  return text => {
    const value = number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw wants(`a whole number from ${low} ${high === 2 ** 31 - 1 ? "on" : `to ${high}`}`);
  };
}
/** A number above 0. */
export function positive(text: string): number {
  const value = number(text);
  if (value > 0 && Number.isFinite(Math.fround(value))) return value;
  throw wants("a number above 0");
}
/** A number from 0 up to, but not including, 1. */
export function rate(text: string): number {
  const value = number(text);
  if (value >= 0 && value < 1) return value;
  throw wants("a number from 0 up to, but not including, 1");
}
/** A share of the rows, or how many; 0 is for none where `none` says so. */
export function part(none: boolean): (text: string) => number {
  return text => {
    const value = number(text);
    if ((value > 0 && value < 1) || (Number.isInteger(value) && value >= (none ? 0 : 1))) return value;
    throw wants(`a share between 0 and 1 or a whole number of rows${none ? "; 0 for no test part" : ""}`);
  };
}
/** `N` or `full`. */
export function batch(text: string): number | "full" {
  const value = number(text);
  if (text === "full" || (Number.isInteger(value) && value >= 1 && value < 2 ** 31))
    return text === "full" ? text : value;
  throw wants('a whole number from 1 on, or "full"');
}
/** `64,32`, or `none`. */
export function layers(text: string): number[] {
  if (text === "none") return [];
  const values = text.split(",").map(item => number(item.trim()));
  if (values.every(value => Number.isInteger(value) && value >= 1 && value < 2 ** 31)) return values;
  throw wants('the units of each hidden layer, as in 64,32, or "none"');
}
const one = whole(0, 2 ** 32 - 1);
/** A number that all random numbers follow from. */
export const seed = one;
/** `1,2,3` */
export function seeds(text: string): number[] {
  const values = text.split(",").map(item => one(item.trim()));
  if (new Set(values).size === values.length) return values;
  throw wants("a list of different whole numbers");
}
export function oneOf<T extends string>(words: readonly T[]): (text: string) => T {
  return text => {
    if (words.includes(text as T)) return text as T;
    throw wants(`one of ${words.join(", ")}`);
  };
}
/** A policy for missing values: a word or a number to put in. */
export function missing(text: string): "error" | "drop" | "mean" | "median" | "mostFrequent" | number {
  const words = ["error", "drop", "mean", "median", "mostFrequent"] as const;
  const value = number(text);
  if (Number.isFinite(value)) return value;
  if ((words as readonly string[]).includes(text)) return text as (typeof words)[number];
  throw wants(`one of ${words.join(", ")}, or a number`);
}
/** For options that may come more than once. */
export function collect(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

type Table = Readonly<Record<string, { readonly options: Options }>>;

/** `NAME` or `NAME:option=value,…`, as in `sgd:momentum=0.9,nesterov=true`; several numbers are joined by `/`. */
export function spec(noun: string, table: Table): (text: string) => Spec {
  return text => {
    try {
      return specOf(text, noun, table);
    } catch (error) {
      if (!(error instanceof TrainletError)) throw error;
      throw new InvalidArgumentError(error.message.replace(`${noun}: u`, "U"));
    }
  };
}

function specOf(text: string, noun: string, table: Table): Spec {
  const [, name, rest] = /^([^:]*):?(.*)$/s.exec(text)!;
  if (!Object.hasOwn(table, name!)) throw unknownName(noun, noun, name, Object.keys(table));
  const { options } = table[name!]!;
  const made: Record<string, unknown> = { type: name };
  const pairs = rest ? rest.split(",") : [];
  for (let i = 0; i < pairs.length; i++) {
    const [key, value] = pairs[i]!.split(/=(.*)/s) as [string, string | undefined];
    const option: (Option & { of?: string }) | undefined = Object.hasOwn(options, key) ? options[key] : undefined;
    if (option?.of === "schedule") {
      // A schedule inside another takes all that follows: warmup:steps=5,after=cosine:tMax=20,etaMin=1e-4
      made[key] = specOf([value ?? "", ...pairs.slice(i + 1)].join(","), noun, table);
      break;
    }
    made[key] = optionValue(value, option);
  }
  checkSpec(name!, made, options);
  return made as Spec;
}

function optionValue(text: string | undefined, option: Option | undefined): unknown {
  if (text === undefined) return "";
  switch (option?.type) {
    case "f64":
    case "f32":
    case "i32":
      return Number.isNaN(number(text)) ? text : number(text);
    case "bool":
      return text === "true" ? true : text === "false" ? false : text;
    case "Values":
      return text.split("/").map(item => (Number.isNaN(number(item)) ? item : number(item)));
    default:
      return text;
  }
}
