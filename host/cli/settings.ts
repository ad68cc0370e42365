/** What `trainlet train` can be told, once commander has parsed it. */
import type { Scale, Task } from "../data/index.ts";
import type { TableLimits } from "../data/limits.ts";
import { layers, losses, optimizers } from "../generated/core.ts";
import type { Options, Spec } from "../make-spec.ts";
import { common, type ScheduleOptions } from "../schedules/form.ts";
import { forms } from "../schedules/list.ts";

export interface TrainOptions extends TableLimits {
  target?: string[];
  task?: Task;
  missing?: "error" | "drop" | "mean" | "median" | "mostFrequent" | number;
  exclude?: string[];
  /** true: --header, false: --no-header. */
  header?: boolean;
  scale?: Scale;
  layers: number[];
  activation: Spec;
  dropout: number;
  optimizer: Spec;
  lr?: number;
  schedule?: Spec;
  loss?: Spec;
  epochs: number;
  batchSize: number | "full";
  clipNorm?: number;
  clipValue?: number;
  earlyStopping?: number;
  test?: number;
  splitAt?: number;
  validation?: number;
  threads?: number;
  arithmetic?: "strict" | "fused";
  seed?: number;
  seeds?: number[];
  out: string;
  report?: string;
  json?: boolean;
  quiet?: boolean;
}

type Table = Readonly<Record<string, { readonly options: Options }>>;

const isActivation = ([, entry]: [string, { activation: boolean }]): boolean => entry.activation;
export const activationTable: Table = {
  linear: { options: {} },
  ...Object.fromEntries(Object.entries(layers).filter(isActivation)),
};
export const optimizerTable: Table = optimizers;
export const lossTable: Table = losses;

/** What text can say of a schedule: a schedule inside another (`after`), but no function and no list of schedules. */
function sayable(name: string, options: ScheduleOptions): ScheduleOptions | undefined {
  const entries = Object.entries(options);
  if (entries.some(([, option]) => option.of === "schedules")) return undefined;
  // oneCycle rises to the learning rate that was asked for, unless it says more itself.
  const optional = name === "oneCycle" ? { positional: false } : {};
  const said = entries.filter(([, option]) => option.of !== "function");
  return { ...common, ...Object.fromEntries(said.map(([key, option]) => [key, { ...option, ...optional }])) };
}
export const scheduleTable: Table = Object.fromEntries(
  Object.entries(forms).flatMap(([name, form]) => {
    const options = sayable(name, form.options);
    return options ? [[name, { options }]] : [];
  }),
);
