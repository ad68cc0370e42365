import { above0, cosineBetween, count, fraction, lineBetween, schedule, share } from "./form.ts";

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
export const oneCycle = /* @__PURE__ */ schedule("oneCycle", () => ({
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
}));
