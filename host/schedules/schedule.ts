// From a spec to a schedule that goes on step by step.
import { show, TrainletError } from "../errors.ts";
import { checkSpec, unknownName } from "../make-spec.ts";
import type { Per, Schedule, ScheduleContext, ScheduleSpec } from "./base.ts";
import { ClosedForm } from "./closed-form.ts";
import { common, fill, type Maker } from "./form.ts";
import { forms } from "./list.ts";

export type { Schedule, ScheduleContext, ScheduleSpec, ScheduleState } from "./base.ts";

/** The rate of step t, which counts from 0. */
export type RateOfStep = (t: number) => number;

/** A schedule from its spec; a function is short for `manual({ rate })`. */
export function createSchedule(spec: ScheduleSpec | RateOfStep, context: ScheduleContext): Schedule {
  if (!(context?.baseLr >= 0) || !Number.isFinite(context.baseLr)) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `createSchedule: baseLr is ${show(context?.baseLr)}; it should be a rate in [0, inf)`,
    );
  }
  const whole = typeof spec === "function" ? { type: "manual", rate: spec } : spec;
  checkSchedule("schedule", whole);
  return make(whole, context);
}

const maker: Maker = { make, perOf };

function make(spec: ScheduleSpec, context: ScheduleContext, unit?: Per): Schedule {
  const form = forms[spec.type]!;
  const per = perOf(spec, unit);
  if (unit && per !== unit) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `sequence: ${spec.type} has per: ${show(per)} inside a sequence with per: ${show(unit)}; leave it out to count the same`,
    );
  }
  const run = { baseLr: context.baseLr, total: (per === "batch" ? context.steps : context.epochs) ?? 0 };
  const filled = fill(spec, form, run.total);
  const start = { spec, per, minLr: spec.minLr ?? common.minLr.default, context };
  if (form.start) return form.start(filled, start, maker, unit);
  return new ClosedForm(start, form.rate!(filled, run), form.momentum?.(filled, run));
}

/** What a schedule counts: what it says, what stands around it, or what is usual for it. */
function perOf(spec: ScheduleSpec, unit?: Per): Per {
  const form = forms[spec.type]!;
  return spec.per ?? unit ?? form.perOf?.(spec as never, maker) ?? form.per;
}

function checkSchedule(label: string, spec: ScheduleSpec): void {
  if (spec === null || typeof spec !== "object" || typeof spec.type !== "string") {
    throw new TrainletError("INVALID_ARGUMENT", `${label} is ${show(spec)}; give a spec, as in cosine({ tMax: 40 })`);
  }
  const form = Object.hasOwn(forms, spec.type) ? forms[spec.type]! : undefined;
  if (!form) throw unknownName(label, "schedule", spec.type, Object.keys(forms));
  // `common` comes last: `compile` counts batches with any schedule.
  checkSpec(spec.type, spec, { ...form.options, ...common });
  form.check?.(spec as never);
  for (const [name, inner] of form.inside?.(spec as never) ?? []) checkSchedule(name, inner);
}
