// Every schedule: its options, whether it counts epochs or batches unless told, and the rate at step t in closed form, so
// that a resumed run needs no state. t counts from 0.
import type { Option, Options } from "../make-spec.ts";

export interface Context {
  /** The optimizer's own rate. */
  baseLr: number;
  /** Steps (or epochs, as the schedule counts) that the whole run has; 0 when nobody knows. */
  total: number;
}
/** A spec with its defaults filled in. */
export type Filled = Readonly<Record<string, number & string & boolean & readonly number[]>>;
export interface Form {
  options: Options;
  per: "epoch" | "batch";
  rate(t: number, s: Filled, context: Context): number;
}

const real = (value?: number, range = "[0, inf)", low = 0): Option => ({ type: "f64", default: value, low, range });
const count = (value?: number): Option => ({ type: "i32", default: value, low: 1, range: "[1, inf)" });
const one = (values: readonly string[]): Option => ({ type: "values", values, default: 0 });

/** Half a cosine from `from` to `to` as x goes from 0 to 1. */
function cosineBetween(from: number, to: number, x: number): number {
  return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * x));
}
function lineBetween(from: number, to: number, x: number): number {
  return from + (to - from) * x;
}

export const forms = {
  /** lr0 / (1 + decayRate·t) */
  inverseTime: {
    options: { decayRate: real(0.1) },
    per: "epoch",
    rate: (t, s, { baseLr }) => baseLr / (1 + s.decayRate! * t),
  },
  /** lr0·gammaᵗ */
  exponential: {
    options: { gamma: { ...real(0.95, "(0, inf)"), lowOpen: true } },
    per: "epoch",
    rate: (t, s, { baseLr }) => baseLr * s.gamma! ** t,
  },
  /** k/√t, lr0 at t = 0 */
  inverseSqrt: {
    options: { k: { ...real(0.1, "(0, inf)"), lowOpen: true } },
    per: "epoch",
    rate: (t, s, { baseLr }) => (t === 0 ? baseLr : s.k! / Math.sqrt(t)),
  },
  /** lr0·gamma^⌊t/stepSize⌋ */
  stepDecay: {
    options: { stepSize: count(10), gamma: real(0.1) },
    per: "epoch",
    rate: (t, s, { baseLr }) => baseLr * s.gamma! ** Math.floor(t / s.stepSize!),
  },
  /** lr0·gamma^(milestones reached) */
  multiStep: {
    options: { milestones: { type: "Values", low: 0, range: "[0, inf)" }, gamma: real(0.1) },
    per: "epoch",
    rate: (t, s, { baseLr }) => baseLr * s.gamma! ** (s.milestones ?? []).filter(m => m <= t).length,
  },
  /** lr0·factor for totalIters steps, then lr0 */
  constantFactor: {
    options: { factor: real(1 / 3), totalIters: count(5) },
    per: "epoch",
    rate: (t, s, { baseLr }) => (t < s.totalIters! ? baseLr * s.factor! : baseLr),
  },
  /** From lr0·startFactor to lr0·endFactor in totalIters steps */
  linear: {
    options: { startFactor: real(1 / 3), endFactor: real(1), totalIters: count(5) },
    per: "epoch",
    rate: (t, s, { baseLr }) => baseLr * lineBetween(s.startFactor!, s.endFactor!, Math.min(t / s.totalIters!, 1)),
  },
  /** lr0·(1 - t/totalIters)^power */
  polynomial: {
    options: { totalIters: count(), power: real(1) },
    per: "epoch",
    rate: (t, s, { baseLr, total }) => baseLr * (1 - Math.min(t / (s.totalIters ?? (total || 5)), 1)) ** s.power!,
  },
  /** etaMin + (lr0 - etaMin)(1 + cos(πt/tMax))/2. Loshchilov, Hutter 2016 */
  cosine: {
    options: { tMax: count(), etaMin: real(0) },
    per: "epoch",
    rate: (t, s, { baseLr, total }) => cosineBetween(baseLr, s.etaMin!, t / (s.tMax ?? (total || 50))),
  },
  /** Cosine from lr0 again after t0, then t0·tMult, then t0·tMult² … steps. Loshchilov, Hutter 2016 */
  cosineWarmRestarts: {
    options: { t0: count(10), tMult: count(1), etaMin: real(0) },
    per: "epoch",
    rate: (t, s, { baseLr }) => {
      let length: number = s.t0!;
      let at = t;
      if (s.tMult === 1) at %= length;
      else for (; at >= length; length *= s.tMult!) at -= length;
      return cosineBetween(baseLr, s.etaMin!, at / length);
    },
  },
  /** Up from baseLr to maxLr and down again; the height halves (triangular2) or shrinks by gammaᵗ (expRange). Smith 2015 */
  cyclic: {
    options: {
      baseLr: real(),
      maxLr: real(0.1),
      stepSizeUp: count(2000),
      stepSizeDown: count(),
      mode: one(["triangular", "triangular2", "expRange"]),
      gamma: real(1),
    },
    per: "batch",
    rate: (t, s, context) => {
      const low = s.baseLr ?? context.baseLr;
      const down = s.stepSizeDown ?? s.stepSizeUp!;
      const length = s.stepSizeUp! + down;
      const cycle = Math.floor(t / length);
      const at = t - cycle * length;
      const height = at <= s.stepSizeUp! ? at / s.stepSizeUp! : 1 - (at - s.stepSizeUp!) / down;
      const factor = s.mode === "triangular2" ? 2 ** -cycle : s.mode === "expRange" ? s.gamma! ** t : 1;
      return low + (s.maxLr! - low) * height * factor;
    },
  },
  /** From maxLr/divFactor up to maxLr, then down to maxLr/(divFactor·finalDivFactor), in two phases or three. Smith 2018 */
  oneCycle: {
    options: {
      maxLr: { ...real(undefined, "(0, inf)"), lowOpen: true, positional: true },
      totalSteps: count(),
      pctStart: { type: "f64", default: 0.3, low: 0, high: 1, range: "[0, 1]" },
      annealStrategy: one(["cos", "linear"]),
      divFactor: { ...real(25, "(0, inf)"), lowOpen: true },
      finalDivFactor: { ...real(1e4, "(0, inf)"), lowOpen: true },
      threePhase: { type: "bool", default: false },
    },
    per: "batch",
    rate: (t, s, { total }) => {
      const steps = s.totalSteps ?? total;
      const top = s.maxLr!;
      const first = top / s.divFactor!;
      const final = first / s.finalDivFactor!;
      const between = s.annealStrategy === "linear" ? lineBetween : cosineBetween;
      const up = s.pctStart! * steps - 1;
      const ends = s.threePhase ? [up, 2 * s.pctStart! * steps - 2, steps - 1] : [up, steps - 1];
      const heights = s.threePhase ? [first, top, first, final] : [first, top, final];
      const at = Math.min(t, steps - 1);
      const phase = Math.max(
        0,
        ends.findIndex(end => at <= end),
      );
      const start = phase ? ends[phase - 1]! : 0;
      const x = ends[phase]! > start ? (at - start) / (ends[phase]! - start) : 1;
      return between(heights[phase]!, heights[phase + 1]!, x);
    },
  },
} as const satisfies Record<string, Form>;

export type FormName = keyof typeof forms;
