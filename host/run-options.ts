import { show, TrainletError } from "./errors.ts";
import type { FitOptions } from "./fit.ts";
import { isSignal } from "./signal.ts";

/** What `fit` and `fitSteps` both take. */
export function checkCommon(call: string, { batchSize, signal }: Pick<FitOptions, "batchSize" | "signal">): void {
  if (signal !== undefined && !isSignal(signal)) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `${call}: signal is ${show(signal)}; give an AbortSignal, as in controller.signal`,
    );
  }
  if (batchSize !== undefined && batchSize !== "full" && !(Number.isInteger(batchSize) && batchSize >= 1)) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `${call}: batchSize is ${show(batchSize)}; it should be a whole number from 1 on, or "full"`,
    );
  }
}
