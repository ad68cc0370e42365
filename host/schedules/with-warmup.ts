// Schedules that begin with a warm-up of their own, in closed form.
import { TrainletError } from "../errors.ts";
import { above0, atLeast0, count, countFrom0, missing, schedule, share } from "./form.ts";
import { halfCosine } from "./powers.ts";
import { rise } from "./rise.ts";

/** factor·modelSize^-½·min(s^-½, s·warmupSteps^-1½) with s = t + 1; lr0 plays no part. Vaswani et al. 2017 */
export const noam = /* @__PURE__ */ schedule("noam", () => ({
  options: {
    modelSize: { ...count, default: 512 },
    warmupSteps: { ...count, default: 4000 },
    factor: { ...above0, default: 1 },
  },
  per: "batch",
  rate: ({ modelSize, warmupSteps, factor }) => {
    const slope = 1 / (warmupSteps * Math.sqrt(warmupSteps));
    return t => (factor / Math.sqrt(modelSize)) * Math.min(1 / Math.sqrt(t + 1), (t + 1) * slope);
  },
}));

/** What is left of the rate after the share u of the decay. */
const shapes = {
  "1-sqrt": (u: number) => 1 - Math.sqrt(u),
  linear: (u: number) => 1 - u,
  cos: halfCosine,
};

interface Lengths {
  warmupSteps: number | undefined;
  stableSteps: number | undefined;
  decaySteps: number | undefined;
}
/** The three lengths: what is not given follows from the run's length. */
function lengths({ warmupSteps, stableSteps, decaySteps }: Lengths, total: number): [number, number, number] {
  if (!total) {
    const given = { warmupSteps, stableSteps, decaySteps };
    const unknown = Object.entries(given).find(([, value]) => value === undefined);
    if (unknown) throw missing("warmupStableDecay", unknown[0]);
  }
  const warm = warmupSteps ?? Math.round(total / 100);
  const last = stableSteps === undefined ? Math.max(1, Math.round(total / 5)) : total - warm - stableSteps;
  const fall = decaySteps ?? last;
  const flat = stableSteps ?? total - warm - fall;
  if (fall >= 1 && flat >= 0) return [warm, flat, fall];
  const parts =
    stableSteps === undefined ? `warm-up ${warm} and decay ${fall}` : `warm-up ${warm}, constant ${flat} and a decay`;
  throw new TrainletError(
    "INVALID_ARGUMENT",
    `warmupStableDecay: the run has ${total} steps, too few for ${parts}; give smaller warmupSteps, stableSteps or decaySteps`,
  );
}

/** A rise to lr0, lr0, and a decay to etaMin along 1 - √u, 1 - u or half a cosine. Hu et al. 2024; Hägele et al. 2024 */
export const warmupStableDecay = /* @__PURE__ */ schedule("warmupStableDecay", () => ({
  options: {
    /** Default: a hundredth of the run. */
    warmupSteps: countFrom0,
    /** Default: what the others leave of the run. */
    stableSteps: countFrom0,
    /** Default: a fifth of the run, or what the others leave of it. */
    decaySteps: count,
    decay: { type: "values", values: ["1-sqrt", "linear", "cos"], default: 0 },
    etaMin: { ...atLeast0, default: 0 },
    /** Share of the rate at the first step. Default 1/(warmupSteps + 1). */
    start: share,
  },
  per: "batch",
  rate: (s, { baseLr, total }) => {
    const [warm, flat, fall] = lengths(s, total);
    const shape = shapes[s.decay];
    return t => {
      if (t < warm) return baseLr * rise(t, warm, s.start);
      const u = Math.min(Math.max(t - warm - flat, 0) / fall, 1);
      return s.etaMin + (baseLr - s.etaMin) * shape(u);
    };
  },
}));
