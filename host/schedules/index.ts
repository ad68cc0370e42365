// Factories of the schedules, typed; each gives the plain JSON that `fit` and `createSchedule` take.
import { checkObject, checkSpec } from "../make-spec.ts";
import { forms } from "./list.ts";
import { plateauOptions } from "./plateau.ts";
import type { ScheduleSpec } from "./schedule.ts";

export { createSchedule, Schedule, type ScheduleContext, type ScheduleSpec } from "./schedule.ts";

interface Common {
  /** Whether a step of the schedule is an epoch or a batch. */
  per?: "epoch" | "batch";
}
const per = { per: { type: "values", values: ["epoch", "batch"] } };

function factory<O extends object>(type: keyof typeof forms) {
  return (options: O & Common = {} as O): ScheduleSpec & O => {
    checkObject(type, options);
    const spec = { type, ...options };
    checkSpec(type, spec, { ...forms[type].options, ...per });
    return spec as ScheduleSpec & O;
  };
}

/** lr0/(1 + decayRate·t) */
export const inverseTime = factory<{ decayRate?: number }>("inverseTime");
/** lr0·gammaᵗ */
export const exponential = factory<{ gamma?: number }>("exponential");
/** k/√t, lr0 at t = 0 */
export const inverseSqrt = factory<{ k?: number }>("inverseSqrt");
/** lr0·gamma^⌊t/stepSize⌋ */
export const stepDecay = factory<{ stepSize?: number; gamma?: number }>("stepDecay");
/** lr0·gamma^(milestones reached) */
export const multiStep = factory<{ milestones: readonly number[]; gamma?: number }>("multiStep");
/** lr0·factor for totalIters steps, then lr0 */
export const constantFactor = factory<{ factor?: number; totalIters?: number }>("constantFactor");
/** From lr0·startFactor to lr0·endFactor in totalIters steps */
export const linear = factory<{ startFactor?: number; endFactor?: number; totalIters?: number }>("linear");
/** lr0·(1 - t/totalIters)^power */
export const polynomial = factory<{ totalIters?: number; power?: number }>("polynomial");
/** Half a cosine from lr0 to etaMin in tMax steps (by default the whole run) */
export const cosine = factory<{ tMax?: number; etaMin?: number }>("cosine");
/** Cosine from lr0 again after t0, then t0·tMult … steps */
export const cosineWarmRestarts = factory<{ t0?: number; tMult?: number; etaMin?: number }>("cosineWarmRestarts");
/** Up and down between baseLr and maxLr */
export const cyclic = factory<{
  baseLr?: number;
  maxLr?: number;
  stepSizeUp?: number;
  stepSizeDown?: number;
  mode?: "triangular" | "triangular2" | "expRange";
  gamma?: number;
}>("cyclic");
/** One rise to maxLr and one long fall */
export const oneCycle = factory<{
  maxLr: number;
  totalSteps?: number;
  pctStart?: number;
  annealStrategy?: "cos" | "linear";
  divFactor?: number;
  finalDivFactor?: number;
  threePhase?: boolean;
}>("oneCycle");

/** Multiplies the rate by `factor` when a metric has stopped improving */
export function reduceOnPlateau(
  options: {
    mode?: "min" | "max";
    factor?: number;
    patience?: number;
    threshold?: number;
    thresholdMode?: "rel" | "abs";
    cooldown?: number;
    minLr?: number;
  } = {},
): ScheduleSpec {
  checkObject("reduceOnPlateau", options);
  const spec = { type: "reduceOnPlateau", ...options };
  checkSpec("reduceOnPlateau", spec, plateauOptions);
  return spec;
}

/** One schedule after another, changing at the milestones */
export function sequence(
  options: { schedules: readonly ScheduleSpec[]; milestones: readonly number[] } & Common,
): ScheduleSpec {
  checkObject("sequence", options);
  return { type: "sequence", ...options };
}
