// Schedules that rise and fall, some with a momentum that goes the other way.
import { above0, atLeast0, cosineBetween, count, lineBetween, schedule, share } from "./form.ts";

const fraction = { type: "f64", range: "[0, 1)" } as const;

/** Half a cosine from lr0 to etaMin in t0 steps, then again from lr0 in t0·tMult, t0·tMult² … Loshchilov, Hutter 2016 */
export const cosineWarmRestarts = schedule("cosineWarmRestarts", {
  options: { t0: { ...count, default: 10 }, tMult: { ...count, default: 1 }, etaMin: { ...atLeast0, default: 0 } },
  per: "epoch",
  rate: ({ t0, tMult, etaMin }, { baseLr }) => {
    return t => {
      let length: number = t0;
      let at = t;
      if (tMult === 1) at %= length;
      else for (; at >= length; length *= tMult) at -= length;
      return cosineBetween(baseLr, etaMin, at / length);
    };
  },
});

/** How far step t is from the bottom of a cycle to its top, the cycles' heights taken in. */
function swing(s: { stepSizeUp: number; stepSizeDown?: number; mode: string; gamma: number }): (t: number) => number {
  const up = s.stepSizeUp;
  const down = s.stepSizeDown ?? up;
  return t => {
    const cycle = Math.floor(t / (up + down));
    const at = t - cycle * (up + down);
    const height = at <= up ? at / up : 1 - (at - up) / down;
    return height * (s.mode === "triangular2" ? 2 ** -cycle : s.mode === "expRange" ? s.gamma ** t : 1);
  };
}

/** From baseLr to maxLr and back by straight lines; the height halves each cycle (triangular2) or is times gammaᵗ (expRange). Smith 2015 */
export const cyclic = schedule("cyclic", {
  options: {
    /** Default: the optimizer's rate. */
    baseLr: atLeast0,
    maxLr: { ...atLeast0, default: 0.1 },
    stepSizeUp: { ...count, default: 2000 },
    /** Default: stepSizeUp. */
    stepSizeDown: count,
    mode: { type: "values", values: ["triangular", "triangular2", "expRange"], default: 0 },
    gamma: { ...atLeast0, default: 1 },
    /** Whether the momentum falls as the rate rises. Default: where the rule has one above 0. */
    cycleMomentum: { type: "bool" },
    baseMomentum: { ...fraction, default: 0.8 },
    maxMomentum: { ...fraction, default: 0.9 },
  },
  per: "batch",
  rate: (s, { baseLr }) => {
    const low = s.baseLr ?? baseLr;
    const height = swing(s);
    return t => low + (s.maxLr - low) * height(t);
  },
  momentum: s => {
    const height = swing(s);
    return t => s.maxMomentum - (s.maxMomentum - s.baseMomentum) * height(t);
  },
});

interface Phases {
  totalSteps: number;
  pctStart: number;
  annealStrategy: "cos" | "linear";
  threePhase: boolean;
}
/** Values of step t between `heights`, one more than there are phases. */
function phases({ totalSteps, pctStart, annealStrategy, threePhase }: Phases, heights: readonly number[]) {
  const between = annealStrategy === "linear" ? lineBetween : cosineBetween;
  const last = totalSteps - 1;
  const up = pctStart * totalSteps - 1;
  const ends = threePhase ? [up, 2 * pctStart * totalSteps - 2, last] : [up, last];
  return (t: number) => {
    const at = Math.min(t, last);
    const phase = Math.max(
      0,
      ends.findIndex(end => at <= end),
    );
    const start = phase ? ends[phase - 1]! : 0;
    const x = ends[phase]! > start ? (at - start) / (ends[phase]! - start) : 1;
    return between(heights[phase]!, heights[phase + 1]!, x);
  };
}

/** From maxLr/divFactor up to maxLr, then down to maxLr/(divFactor·finalDivFactor), in two phases or three. Smith 2018 */
export const oneCycle = schedule("oneCycle", {
  options: {
    maxLr: { ...above0, positional: true },
    /** Default: the run's length. */
    totalSteps: { ...count, fromRun: true },
    /** Share of the steps in which the rate rises. Default 0.3. */
    pctStart: { ...share, default: 0.3 },
    annealStrategy: { type: "values", values: ["cos", "linear"], default: 0 },
    divFactor: { ...above0, default: 25 },
    finalDivFactor: { ...above0, default: 1e4 },
    /** Whether it first falls to where it began, as fast as it rose. Default false. */
    threePhase: { type: "bool", default: false },
    /** Whether the momentum falls as the rate rises. Default: where the rule has one above 0. */
    cycleMomentum: { type: "bool" },
    baseMomentum: { ...fraction, default: 0.85 },
    maxMomentum: { ...fraction, default: 0.95 },
  },
  per: "batch",
  rate: s => {
    const first = s.maxLr / s.divFactor;
    const final = first / s.finalDivFactor;
    return phases(s, s.threePhase ? [first, s.maxLr, first, final] : [first, s.maxLr, final]);
  },
  momentum: s => {
    const { baseMomentum: low, maxMomentum: high } = s;
    return phases(s, s.threePhase ? [high, low, high, high] : [high, low, high]);
  },
});
