/** What `trainlet train` can be told, once commander has parsed it. */
import type { Scale, Task } from "../data/index.ts";
import { layers, losses, optimizers } from "../generated/core.ts";
import type { Options, Spec } from "../make-spec.ts";
import { forms } from "../schedules/list.ts";
import { plateauOptions } from "../schedules/plateau.ts";

export interface TrainOptions {
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

// oneCycle rises to the learning rate that was asked for, unless it says more itself.
const { maxLr, ...oneCycle } = forms.oneCycle.options;
const per: Options = { per: { type: "values", values: ["epoch", "batch"] } };
const scheduleForms: Table = {
  ...forms,
  oneCycle: { options: { ...oneCycle, maxLr: { ...maxLr, positional: false } } },
  reduceOnPlateau: { options: plateauOptions },
};
export const scheduleTable: Table = Object.fromEntries(
  Object.entries(scheduleForms).map(([name, { options }]) => [name, { options: { ...options, ...per } }]),
);
