// What a model needs for more than one thread: fetched when it is asked for, as few pages can have it.
import { checkThreads } from "./thread-wish.ts";
import { canShare, threadsFor as chosen } from "./threads.ts";

export { Crew } from "./threads.ts";

/** How many threads a network gets that is worth several; throws where it cannot be as many as asked for. */
export function threadsFor(wish: number | "auto"): number {
  const why =
    "this runtime cannot share memory between threads here (a page needs cross-origin isolation, and to train in a Worker)";
  checkThreads(wish, canShare, why);
  return chosen(wish);
}
