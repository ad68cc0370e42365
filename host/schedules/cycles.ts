// Schedules that rise and fall, some with a momentum that goes the other way.
import { atLeast0, cosineBetween, count, fraction, schedule } from "./form.ts";
import { power } from "./powers.ts";

/** Half a cosine from lr0 to etaMin in t0 steps, then again from lr0 in t0·tMult, t0·tMult² … Loshchilov, Hutter 2016 */
export const cosineWarmRestarts = /* @__PURE__ */ schedule("cosineWarmRestarts", () => ({
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
}));

/** How far step t is from the bottom of a cycle to its top, the cycles' heights taken in. */
function swing(s: { stepSizeUp: number; stepSizeDown?: number; mode: string; gamma: number }): (t: number) => number {
  const up = s.stepSizeUp;
  const down = s.stepSizeDown ?? up;
  return t => {
    const cycle = Math.floor(t / (up + down));
    const at = t - cycle * (up + down);
    const height = at <= up ? at / up : 1 - (at - up) / down;
    return height * (s.mode === "triangular2" ? power(0.5, cycle) : s.mode === "expRange" ? power(s.gamma, t) : 1);
  };
}

/** From baseLr to maxLr and back by straight lines; the height halves each cycle (triangular2) or is times gammaᵗ (expRange). Smith 2015 */
export const cyclic = /* @__PURE__ */ schedule("cyclic", () => ({
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
}));
