// Schedules as users have them: specs, and objects that go forward step by step.
import { show, TrainletError } from "../errors.ts";
import { checkSpec, type Option, type Options, unknownName } from "../make-spec.ts";
import { type Filled, type Form, type FormName, forms } from "./list.ts";
import { Plateau, plateauOptions } from "./plateau.ts";

export interface ScheduleSpec {
  type: string;
  /** What a step is. */
  per?: "epoch" | "batch";
  [option: string]: unknown;
}
export interface ScheduleContext {
  /** The rate that the schedule starts from. */
  baseLr: number;
  /** Steps and epochs of the whole run, for schedules whose length is not given. */
  steps?: number;
  epochs?: number;
}

const common: Options = {
  per: { type: "values", values: ["epoch", "batch"] },
};
const sequenceOptions: Options = {
  schedules: { type: "list" },
  milestones: { type: "Values", low: 0, range: "[0, inf)" },
};

function optionsOf(type: string): Options {
  if (type === "reduceOnPlateau") return { ...plateauOptions, ...common };
  if (type === "sequence") return { ...sequenceOptions, ...common };
  return { ...forms[type as FormName].options, ...common };
}
const names = [...Object.keys(forms), "reduceOnPlateau", "sequence"];

/** A schedule that goes on: `lr` is the rate of the coming step. */
export class Schedule {
  readonly per: "epoch" | "batch";
  readonly #rate: (t: number) => number;
  readonly #plateau: Plateau | undefined;
  #t = 0;

  constructor(spec: ScheduleSpec, context: ScheduleContext) {
    const given = checkSchedule(spec);
    const form: Form | undefined = forms[spec.type as FormName];
    this.per = given.per ?? (spec.type === "sequence" ? "epoch" : (form?.per ?? "epoch"));
    const total = (this.per === "batch" ? context.steps : context.epochs) ?? 0;
    if (spec.type === "reduceOnPlateau") this.#plateau = new Plateau(fill(spec, plateauOptions), context.baseLr);
    if (spec.type === "oneCycle" && spec.totalSteps === undefined && !total) {
      throw new TrainletError("INVALID_ARGUMENT", "oneCycle: totalSteps is missing; outside fit nobody else knows it");
    }
    this.#rate = rateOf(spec, context.baseLr, total);
  }
  /** The rate for the coming step. */
  get lr(): number {
    return this.#plateau?.lr ?? this.#rate(this.#t);
  }
  /** Goes on by one step; `metric` is what reduceOnPlateau looks at. */
  step(metric?: number): void {
    this.#t++;
    if (!this.#plateau) return;
    if (typeof metric !== "number")
      throw new TrainletError("INVALID_ARGUMENT", `reduceOnPlateau: step(metric) got ${show(metric)}; give a number`);
    this.#plateau.see(metric);
  }
  endBatch(): void {
    if (this.per === "batch" && !this.#plateau) this.step();
  }
  endEpoch(metric: number): void {
    if (this.per === "epoch" || this.#plateau) this.step(metric);
  }
}

/** A schedule from its spec. */
export function createSchedule(spec: ScheduleSpec, context: ScheduleContext): Schedule {
  if (!(context?.baseLr >= 0) || !Number.isFinite(context.baseLr)) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `createSchedule: baseLr is ${show(context?.baseLr)}; it should be a rate in [0, inf)`,
    );
  }
  return new Schedule(spec, context);
}

function checkSchedule(spec: ScheduleSpec): ScheduleSpec {
  if (spec === null || typeof spec !== "object" || typeof spec.type !== "string") {
    throw new TrainletError("INVALID_ARGUMENT", `schedule is ${show(spec)}; give a spec, as in cosine({ tMax: 40 })`);
  }
  if (!names.includes(spec.type)) throw unknownName("schedule", "schedule", spec.type, names);
  const { schedules, ...plain } = spec;
  checkSpec(spec.type, spec.type === "sequence" ? plain : spec, optionsOf(spec.type));
  if (spec.type !== "sequence") return spec;
  const milestones = spec.milestones as number[] | undefined;
  if (!Array.isArray(schedules) || schedules.length !== (milestones?.length ?? 0) + 1) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `sequence: schedules is ${show(schedules)}; give one more than the ${milestones?.length ?? 0} milestones`,
    );
  }
  for (const inner of schedules) {
    checkSchedule(inner);
    if (inner.type === "reduceOnPlateau") {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        "sequence: reduceOnPlateau depends on what it sees and cannot be part of a sequence",
      );
    }
  }
  return spec;
}

/** The rate as a function of the step. */
function rateOf(spec: ScheduleSpec, baseLr: number, total: number): (t: number) => number {
  if (spec.type === "reduceOnPlateau") return () => baseLr;
  if (spec.type === "sequence") {
    const milestones = (spec.milestones as number[] | undefined) ?? [];
    const inner = (spec.schedules as ScheduleSpec[]).map((s, i) => {
      const start = milestones[i - 1] ?? 0;
      return rateOf(s, baseLr, (milestones[i] ?? total) - start);
    });
    return t => {
      const i = milestones.filter(m => m <= t).length;
      return inner[i]!(t - (milestones[i - 1] ?? 0));
    };
  }
  const form: Form = forms[spec.type as FormName];
  const filled = fill(spec, form.options);
  return t => form.rate(t, filled, { baseLr, total });
}

/** The spec with defaults where nothing was given. */
function fill(spec: ScheduleSpec, options: Options): Filled {
  const byDefault = (o: Option) => (o.type === "values" ? o.values![o.default as number] : o.default);
  return Object.fromEntries(Object.entries(options).map(([name, o]) => [name, spec[name] ?? byDefault(o)])) as Filled;
}
