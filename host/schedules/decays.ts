// Schedules that go from the optimizer's rate lr0 downwards, in closed form.
import { show, TrainletError } from "../errors.ts";
import { above0, atLeast0, cosineBetween, count, lineBetween, list, schedule } from "./form.ts";
import { power } from "./powers.ts";

const staircase = {
  /** Steps that one decay takes. Default 1. */
  decaySteps: { type: "i32", default: 1, range: "[1, inf)" },
  /** Whether the rate changes only every decaySteps steps. Default false. */
  staircase: { type: "bool", default: false },
} as const;
/** How many decays there have been by step t. */
function decays(t: number, s: { decaySteps: number; staircase: boolean }): number {
  return s.staircase ? Math.floor(t / s.decaySteps) : t / s.decaySteps;
}

/** lr0/(1 + decayRate·t/decaySteps), the fraction rounded down with `staircase` */
export const inverseTime = /* @__PURE__ */ schedule("inverseTime", () => ({
  options: { decayRate: { ...atLeast0, default: 0.1 }, ...staircase },
  per: "epoch",
  rate: (s, { baseLr }) => {
    return t => baseLr / (1 + s.decayRate * decays(t, s));
  },
}));

/** lr0·gamma^(t/decaySteps), the exponent rounded down with `staircase` */
export const exponential = /* @__PURE__ */ schedule("exponential", () => ({
  options: { gamma: { ...above0, default: 0.95 }, ...staircase },
  per: "epoch",
  rate: (s, { baseLr }) => {
    return t => baseLr * power(s.gamma, decays(t, s));
  },
}));

/** k/√t, lr0 at t = 0 */
export const inverseSqrt = /* @__PURE__ */ schedule("inverseSqrt", () => ({
  options: { k: { ...above0, default: 0.1 } },
  per: "epoch",
  rate: ({ k }, { baseLr }) => {
    return t => (t === 0 ? baseLr : k / Math.sqrt(t));
  },
}));

/** lr0·gamma^⌊t/stepSize⌋ */
export const stepDecay = /* @__PURE__ */ schedule("stepDecay", () => ({
  options: { stepSize: { ...count, default: 10 }, gamma: { ...atLeast0, default: 0.1 } },
  per: "epoch",
  rate: ({ stepSize, gamma }, { baseLr }) => {
    return t => baseLr * power(gamma, Math.floor(t / stepSize));
  },
}));

/** lr0·gamma^(milestones reached) */
export const multiStep = /* @__PURE__ */ schedule("multiStep", () => ({
  options: { milestones: { ...list, positional: true }, gamma: { ...atLeast0, default: 0.1 } },
  per: "epoch",
  rate: ({ milestones, gamma }, { baseLr }) => {
    return t => baseLr * power(gamma, milestones.filter(m => m <= t).length);
  },
}));

/** values[i] after boundaries[i - 1] and up to boundaries[i], that one included; lr0 plays no part */
export const piecewise = /* @__PURE__ */ schedule("piecewise", () => ({
  options: {
    /** The last step of each value but the last, rising. */
    boundaries: { ...list, positional: true },
    /** Rates, one more than boundaries. */
    values: { ...list, positional: true },
  },
  per: "epoch",
  check: ({ boundaries = [], values = [] }) => {
    const wrong = (text: string) => new TrainletError("INVALID_ARGUMENT", `piecewise: ${text}`);
    if (values.length !== boundaries.length + 1) {
      throw wrong(`values is ${show(values)}; give one more than boundaries, which is ${show(boundaries)}`);
    }
    const i = boundaries.findIndex((b, j) => b <= (boundaries[j - 1] ?? -1));
    if (i > 0) throw wrong(`boundaries[${i}] is ${boundaries[i]}; it should be above ${boundaries[i - 1]} before it`);
  },
  rate: ({ boundaries, values }) => {
    return t => values[boundaries.filter(b => b < t).length]!;
  },
}));

/** lr0·factor for totalIters steps, then lr0 */
export const constantFactor = /* @__PURE__ */ schedule("constantFactor", () => ({
  options: { factor: { ...atLeast0, default: 1 / 3 }, totalIters: { ...count, default: 5 } },
  per: "epoch",
  rate: ({ factor, totalIters }, { baseLr }) => {
    return t => (t < totalIters ? baseLr * factor : baseLr);
  },
}));

/** From lr0·startFactor to lr0·endFactor in totalIters steps, by equal differences */
export const linear = /* @__PURE__ */ schedule("linear", () => ({
  options: {
    startFactor: { ...atLeast0, default: 1 / 3 },
    endFactor: { ...atLeast0, default: 1 },
    totalIters: { ...count, default: 5 },
  },
  per: "epoch",
  rate: ({ startFactor, endFactor, totalIters }, { baseLr }) => {
    return t => baseLr * lineBetween(startFactor, endFactor, Math.min(t / totalIters, 1));
  },
}));

/** lr0·(1 - t/totalIters)^power, then 0 */
export const polynomial = /* @__PURE__ */ schedule("polynomial", () => ({
  options: {
    /** Default: the run's length. */
    totalIters: { ...count, fromRun: true },
    power: { ...atLeast0, default: 1 },
  },
  per: "epoch",
  rate: ({ totalIters, power: exponent }, { baseLr }) => {
    return t => baseLr * power(1 - Math.min(t / totalIters, 1), exponent);
  },
}));

/** etaMin + (lr0 - etaMin)(1 + cos(πt/tMax))/2. Loshchilov, Hutter 2016 */
export const cosine = /* @__PURE__ */ schedule("cosine", () => ({
  options: {
    /** Steps from lr0 to etaMin. Default: the run's length. */
    tMax: { ...count, fromRun: true },
    etaMin: { ...atLeast0, default: 0 },
  },
  per: "epoch",
  rate: ({ tMax, etaMin }, { baseLr }) => {
    return t => cosineBetween(baseLr, etaMin, t / tMax);
  },
}));

/** lr0·(1 - x)/(1/2 + (1 - x)/2) with x = t/totalIters, then 0. Chen, Wolfe, Kyrillidis 2021 */
export const rex = /* @__PURE__ */ schedule("rex", () => ({
  options: {
    /** Default: the run's length. */
    totalIters: { ...count, fromRun: true },
  },
  per: "batch",
  rate: ({ totalIters }, { baseLr }) => {
    return t => {
      const left = 1 - Math.min(t / totalIters, 1);
      return (baseLr * left) / (0.5 + left / 2);
    };
  },
}));
