import { show, TrainletError } from "../errors.ts";
import { knowAll } from "./known.ts";
import { forms } from "./list.ts";
import { type RateOfStep, type Schedule, type ScheduleContext, type ScheduleSpec, startSchedule } from "./schedule.ts";

// Plain JSON may name any schedule. A bundler leaves this file out, and with it what no factory asks for, unless a page
// imports createSchedule.
knowAll(forms);

/** A schedule from its spec; a function is short for `manual({ rate })`. */
export function createSchedule(spec: ScheduleSpec | RateOfStep, context: ScheduleContext): Schedule {
  if (!(context?.baseLr >= 0) || !Number.isFinite(context.baseLr)) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `createSchedule: baseLr is ${show(context?.baseLr)}; it should be a rate in [0, inf)`,
    );
  }
  return startSchedule(spec, context);
}
