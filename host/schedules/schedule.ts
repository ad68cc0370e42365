// From a spec to a schedule that goes on step by step.
import { show, TrainletError } from "../errors.ts";
import { checkSpec, clonePlain } from "../make-spec.ts";
import type { Per, Schedule, ScheduleContext, ScheduleSpec } from "./base.ts";
import { ClosedForm } from "./closed-form.ts";
import { common, fill, type Maker } from "./form.ts";
import { formOf } from "./known.ts";
import { checkedRate, type RateOfStep } from "./own-rate.ts";

export type { Schedule, ScheduleContext, ScheduleSpec, ScheduleState } from "./base.ts";
export type { RateOfStep } from "./own-rate.ts";

/** A schedule of what is known; a function is short for `manual({ rate })`. `unit` is what everything in it has to count. */
export function startSchedule(spec: ScheduleSpec | RateOfStep, context: ScheduleContext, unit?: Per): Schedule {
  if (typeof spec === "function") {
    const per = unit ?? "epoch";
    const start = { spec: { type: "manual", rate: spec, per }, per, minLr: 0, context };
    return new ClosedForm(start, checkedRate(spec), undefined);
  }
  const own = clonePlain(spec, "schedule", true); // with functions: those of manual
  checkSchedule("schedule", own);
  return make(own, context, unit);
}

const maker: Maker = { make, perOf };

function make(spec: ScheduleSpec, context: ScheduleContext, unit?: Per): Schedule {
  const form = formOf("schedule", spec.type);
  const per = perOf(spec, unit);
  if (unit && per !== unit && !form.options.per) {
    const { call } = context;
    throw new TrainletError(
      "INVALID_ARGUMENT",
      call
        ? `${call}: schedule has per: ${show(per)}, but ${call} counts batches; leave per out to count the same`
        : `sequence: ${spec.type} has per: ${show(per)} inside a sequence with per: ${show(unit)}; leave it out to count the same`,
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
  const form = formOf("schedule", spec.type);
  return spec.per ?? unit ?? form.perOf?.(spec as never, maker) ?? form.per;
}

function checkSchedule(label: string, spec: ScheduleSpec): void {
  if (spec === null || typeof spec !== "object" || typeof spec.type !== "string") {
    throw new TrainletError("INVALID_ARGUMENT", `${label} is ${show(spec)}; give a spec, as in cosine({ tMax: 40 })`);
  }
  const form = formOf(label, spec.type);
  checkSpec(spec.type, spec, { ...common, ...form.options });
  form.check?.(spec as never);
  for (const [name, inner] of form.inside?.(spec as never) ?? []) checkSchedule(name, inner);
}
