// What a model needs for more than one thread: fetched when it is asked for, as few pages can have it.
import { show, TrainletError } from "./errors.ts";
import type { Step } from "./network-spec.ts";
import { canShare, threadsFor as chosen, MAX_THREADS } from "./threads.ts";

export { Crew } from "./threads.ts";

/** How many threads a network gets; throws where it cannot be as many as asked for. */
export function threadsFor(wish: number | "auto", steps: readonly Step[], inputs: number): number {
  if (wish === "auto") return chosen(wish, roughSize(steps, inputs));
  if (!Number.isInteger(wish) || wish < 1 || wish > MAX_THREADS) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `sequential: threads is ${show(wish)}; it should be "auto" or a whole number in [1, ${MAX_THREADS}]`,
    );
  }
  if (!canShare()) {
    const message = `sequential: threads is ${wish}, but this runtime cannot share memory between threads here (a page needs cross-origin isolation, and to train in a Worker); give 1 or "auto"`;
    throw new TrainletError("UNSUPPORTED", message);
  }
  return wish;
}

/** About how many parameters a network has. */
function roughSize(steps: readonly Step[], inputs: number): number {
  let width = inputs;
  let size = 0;
  for (const { spec } of steps) {
    const units = spec.units as number | undefined;
    if (units === undefined) continue;
    size += units * width;
    width = units;
  }
  return size;
}
