// What saves and loads is a file of its own. One promise of it for all, so that saves come to it in the order of the calls.
import type * as place from "./place.ts";

let fetched: Promise<typeof place> | undefined;

export function fetchPlace(): Promise<typeof place> {
  fetched ??= import("./place.ts").catch(error => {
    fetched = undefined; // so that a later call may succeed
    throw error;
  });
  return fetched;
}
