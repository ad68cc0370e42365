// What a model needs for more than one thread: fetched when it is asked for, as few pages can have it.
import type { Step } from "./network-spec.ts";
import { checkThreads } from "./thread-wish.ts";
import { canShare, threadsFor as chosen } from "./threads.ts";

export { Crew } from "./threads.ts";

/** How many threads a network gets; throws where it cannot be as many as asked for. */
export function threadsFor(wish: number | "auto", steps: readonly Step[], inputs: number): number {
  const why =
    "this runtime cannot share memory between threads here (a page needs cross-origin isolation, and to train in a Worker)";
  checkThreads(wish, canShare, why);
  return chosen(wish, roughSize(steps, inputs));
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
