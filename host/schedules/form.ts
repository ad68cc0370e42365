// How a schedule is written down: a table of options and the rate as a function of the step, which together give its
// factory. Types, checks, the JSON, the command line and the reference follow from the table.
import { TrainletError } from "../errors.ts";
import { makeSpec, type Option } from "../make-spec.ts";
import type { Per, Schedule, ScheduleSpec, Start } from "./base.ts";
import { know } from "./known.ts";
import { halfCosine } from "./powers.ts";

export interface ScheduleOption extends Option {
  /** Left out, it is the length of the run. */
  readonly fromRun?: boolean;
  /** What `type: "any"` stands for; `check` looks at the value. */
  readonly of?: "schedule" | "schedules" | "function";
}
export type ScheduleOptions = Readonly<Record<string, ScheduleOption>>;

type ValueOf<O extends ScheduleOption> = O extends { of: "schedule" }
  ? ScheduleSpec
  : O extends { of: "schedules" }
    ? readonly ScheduleSpec[]
    : O extends { of: "function" }
      ? (t: number) => number
      : O extends { values: readonly (infer V)[] }
        ? V
        : O extends { type: "bool" }
          ? boolean
          : O extends { type: "Values" }
            ? readonly number[]
            : number;
type MustGive<O> = O extends { positional: true } ? true : false;
type Known<O> = O extends { default: unknown } | { positional: true } | { fromRun: true } ? true : false;
type Flat<T> = T extends infer O ? { -readonly [K in keyof O]: O[K] } : never;

interface Common {
  /** Whether a step of the schedule is an epoch or a batch. */
  per?: Per;
  /** No rate is lower than this. Default 0. */
  minLr?: number;
}
/** What a factory takes. */
type Given<T extends ScheduleOptions> = Flat<
  { [K in keyof T as MustGive<T[K]> extends true ? K : never]: ValueOf<T[K]> } & {
    [K in keyof T as MustGive<T[K]> extends true ? never : K]?: ValueOf<T[K]>;
  } & Omit<Common, keyof T>
>;
/** A spec with its defaults filled in. */
export type Filled<T extends ScheduleOptions> = {
  readonly [K in keyof T]: Known<T[K]> extends true ? ValueOf<T[K]> : ValueOf<T[K]> | undefined;
};

export interface Run {
  /** The optimizer's own rate. */
  baseLr: number;
  /** Steps that the whole run has, as the schedule counts; 0 when nobody knows. */
  total: number;
}
/** Makes the schedules inside another; all of a sequence counts one `unit`. */
export interface Maker {
  perOf(spec: ScheduleSpec): Per;
  make(spec: ScheduleSpec, context: Start["context"], unit?: Per): Schedule;
}
/** One schedule: its options, what it counts unless told, and how it goes. t counts from 0. */
export interface Form<T extends ScheduleOptions = ScheduleOptions> {
  readonly options: T;
  readonly per: Per;
  /** Throws where options do not go with each other. */
  check?(spec: Partial<Filled<T>>): void;
  /** The rate in closed form, so that a resumed run needs no state but t. */
  rate?(s: Filled<T>, run: Run): (t: number) => number;
  /** The momentum that goes with it. */
  momentum?(s: Filled<T>, run: Run): (t: number) => number;
  /** The specs inside, with what an error calls them. */
  inside?(spec: Partial<Filled<T>>): readonly (readonly [label: string, spec: ScheduleSpec])[];
  /** What it counts, where another schedule decides that. */
  perOf?(spec: Partial<Filled<T>>, maker: Maker): Per;
  /** For what has no closed form, or has schedules inside. `unit` is what everything inside has to count. */
  start?(s: Filled<T>, start: Start, maker: Maker, unit: Per | undefined): Schedule;
}
/** A factory, and what it was made from. */
export interface Factory<G extends object> {
  (...options: object extends G ? [options?: G] : [options: G]): ScheduleSpec & G;
  /** How the schedule is written down. */
  form(): Form;
}

/** Options that every schedule has. */
export const common = {
  per: { type: "values", values: ["epoch", "batch"] },
  minLr: { type: "f64", default: 0, range: "[0, inf)" },
} as const satisfies ScheduleOptions;

/** The factory of a schedule; it gives the plain JSON that `fit` and `createSchedule` take. What it is made from stands in
 * a function: a bundler can drop a call with that, marked as pure, where nobody uses the factory. */
export function schedule<const T extends ScheduleOptions>(type: string, written: () => Form<T>): Factory<Given<T>> {
  const form = written as unknown as () => Form;
  const make = (options: object = {}) => {
    const { options: own, check } = know(type, form());
    // The schedule's own table comes last: what counts epochs only refuses `per: "batch"` here.
    const spec = makeSpec<ScheduleSpec>(type, { ...common, ...own }, options);
    check?.(spec as never);
    return spec;
  };
  return Object.assign(make, { form }) as unknown as Factory<Given<T>>;
}

/** The spec with defaults where nothing was given, and the run's length where that stands for an option. */
export function fill(spec: ScheduleSpec, form: Form, total: number): Filled<ScheduleOptions> {
  const value = ([name, o]: [string, ScheduleOption]) => {
    if (spec[name] !== undefined) return [name, spec[name]];
    if (o.fromRun && !total) throw missing(spec.type, name);
    return [name, o.fromRun ? total : o.type === "values" ? o.values![o.default as number] : o.default];
  };
  return Object.fromEntries(Object.entries(form.options).map(value));
}
/** For a length that is not given. */
export function missing(type: string, name: string): TrainletError {
  return new TrainletError("INVALID_ARGUMENT", `${type}: ${name} is missing; outside fit nobody else knows it`);
}

/** Kinds of options. */
export const atLeast0 = { type: "f64", range: "[0, inf)" } as const;
export const above0 = { type: "f64", range: "(0, inf)" } as const;
export const fraction = { type: "f64", range: "[0, 1)" } as const;
export const share = { type: "f64", range: "[0, 1]" } as const;
export const count = { type: "i32", range: "[1, inf)" } as const;
export const countFrom0 = { type: "i32", range: "[0, inf)" } as const;
export const list = { type: "Values", range: "[0, inf)" } as const;

/** Half a cosine from `from` to `to` as x goes from 0 to 1. */
export function cosineBetween(from: number, to: number, x: number): number {
  return to + (from - to) * halfCosine(x);
}
export function lineBetween(from: number, to: number, x: number): number {
  return from + (to - from) * x;
}
