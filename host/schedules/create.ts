import { show, TrainletError } from "../errors.ts";
import { knowAll } from "./known.ts";
import { forms } from "./list.ts";
import { type RateOfStep, type Schedule, type ScheduleContext, type ScheduleSpec, startSchedule } from "./schedule.ts";

// Plain JSON may name any schedule, so that importing this makes all of them known. The call is marked as pure and its
// result used below: a bundler leaves it out, and with it what no factory asks for, unless a page imports createSchedule.
const start = /* @__PURE__ */ knowingAll(startSchedule);

function knowingAll<T>(use: T): T {
  knowAll(forms);
  return use;
}

/** A schedule from its spec; a function is short for `manual({ rate })`. */
export function createSchedule(spec: ScheduleSpec | RateOfStep, context: ScheduleContext): Schedule {
  if (!(context?.baseLr >= 0) || !Number.isFinite(context.baseLr)) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `createSchedule: baseLr is ${show(context?.baseLr)}; it should be a rate in [0, inf)`,
    );
  }
  return start(spec, context);
}
