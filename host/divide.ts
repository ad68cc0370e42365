// The share of a data set that is kept for validation.
import type { Engine } from "./engine.ts";
import { TrainletError } from "./errors.ts";
import type { FlatData } from "./inputs.ts";

/** Rows for training and, the last ones, for validation. */
export function divide({ plan }: Engine, all: FlatData, share: number): [FlatData, FlatData] {
  const { inputs } = plan.request;
  const kept = Math.round(all.rows * share);
  if (!(share > 0 && share < 1) || kept < 1 || kept >= all.rows) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `fit: validation is ${share}; it should be a share in (0, 1) that leaves rows on both sides, or data`,
    );
  }
  const cut = all.rows - kept;
  const part = (from: number, to: number): FlatData => ({
    rows: to - from,
    x: all.x.subarray(from * inputs, to * inputs),
    labels: all.labels?.subarray(from, to),
    targets: all.targets?.subarray(from * plan.outputs, to * plan.outputs),
    sampleWeight: all.sampleWeight?.subarray(from, to),
  });
  return [part(0, cut), part(cut, all.rows)];
}
