import type { Metrics } from "./metrics.ts";

/** What one epoch came to. Validation metrics carry a `val` before their name. */
export interface EpochLog {
  /** Counts from 1. */
  epoch: number;
  /** Steps that the model has taken in all. */
  iterations: number;
  /** Mean over the epoch's batches while they were trained on, penalties included. */
  loss: number;
  accuracy?: number;
  mae?: number;
  rmse?: number;
  r2?: number;
  valLoss?: number;
  valAccuracy?: number;
  valMae?: number;
  valRmse?: number;
  valR2?: number;
  /** With `skipNonFinite`: updates left out in the epoch because a loss or a gradient was not finite. Such a loss does not count. */
  skipped?: number;
  /** Learning rate of the epoch's last step. */
  lr: number;
  /** Time for training, validation not included. */
  seconds: number;
  samplesPerSecond: number;
}

/** What a call of `fit` came to. */
export interface History {
  epochs: EpochLog[];
  /** Steps taken in this call. */
  iterations: number;
  /** With `skipNonFinite`: updates left out in this call. */
  skipped?: number;
  seconds: number;
  /** Whether a callback ended the training before the last epoch. */
  stoppedEarly: boolean;
}

/** `{ loss, accuracy }` → `{ valLoss, valAccuracy }` */
export function asValidation(metrics: Metrics): Partial<EpochLog> {
  const entries = Object.entries(metrics).map(([key, value]) => [`val${key[0]!.toUpperCase()}${key.slice(1)}`, value]);
  return Object.fromEntries(entries);
}

/** Whether more of it is better. */
export function isRising(metric: string): boolean {
  return /accuracy|r2/i.test(metric);
}
