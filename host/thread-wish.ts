// What a wish for threads may be.
import { show, TrainletError } from "./errors.ts";

/** The most threads that a model can have. */
export const MAX_THREADS = 64;

/** Throws unless the wish is "auto" or a number that could be; more than one only where memory `canShare`. */
export function checkThreads(wish: unknown, canShare: () => boolean, why: string): void {
  if (wish === "auto") return;
  if (!Number.isInteger(wish) || (wish as number) < 1 || (wish as number) > MAX_THREADS) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `sequential: threads is ${show(wish)}; it should be "auto" or a whole number in [1, ${MAX_THREADS}]`,
    );
  }
  if (wish !== 1 && !canShare()) {
    throw new TrainletError("UNSUPPORTED", `sequential: threads is ${wish}, but ${why}; give 1 or "auto"`);
  }
}

/** How many threads a network gets where there is only one. */
export function fewerThreads(wish: number | "auto"): number {
  checkThreads(wish, () => false, "there is one thread here");
  return 1;
}
