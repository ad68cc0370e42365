import { show, TrainletError } from "../errors.ts";
import { type EpochLog, isRising } from "../history.ts";
import { type Metric, numberOf, Schedule, type ScheduleState, type Start, wholeOf } from "./base.ts";
import { type Filled, schedule } from "./form.ts";

const monitors = [
  "loss",
  "accuracy",
  "mae",
  "rmse",
  "r2",
  "valLoss",
  "valAccuracy",
  "valMae",
  "valRmse",
  "valR2",
] as const satisfies (keyof EpochLog)[];
const options = {
  /** What to watch. Default: `valLoss` where there is validation data, else `loss`. */
  monitor: { type: "values", values: monitors },
  /** Whether the metric should fall or rise. Default: accuracies and r2 rise, the rest falls. */
  mode: { type: "values", values: ["min", "max"] },
  factor: { type: "f64", default: 0.1, range: "(0, 1)" },
  /** Epochs without improvement that it bears. Default 10. */
  patience: { type: "i32", default: 10, range: "[0, inf)" },
  /** By how much a metric has to be better. Default 1e-4. */
  threshold: { type: "f64", default: 1e-4, range: "[0, inf)" },
  /** Whether the threshold is a share of the best metric's size or a difference. Default "rel". */
  thresholdMode: { type: "values", values: ["rel", "abs"], default: 0 },
  /** Epochs after a reduction in which none count. Default 0. */
  cooldown: { type: "i32", default: 0, range: "[0, inf)" },
  per: { type: "values", values: ["epoch"] },
} as const;
type Settings = Filled<typeof options>;

/** lr ← lr·factor after more than `patience` epochs in which the validation loss (without one, the loss) has not improved */
export const reduceOnPlateau = /* @__PURE__ */ schedule("reduceOnPlateau", () => ({
  options,
  per: "epoch",
  check: ({ monitor, mode }) => checkMode(monitor, mode),
  start: (s, start) => new Plateau(s, start),
}));

/** Throws where a mode says the opposite of what is better for a metric; by hand a metric may be anything. */
function checkMode(monitor: string | undefined, mode: string | undefined): void {
  if (!monitor || !mode || isRising(monitor) === (mode === "max")) return;
  const better = isRising(monitor) ? "more" : "less";
  throw new TrainletError(
    "INVALID_ARGUMENT",
    `reduceOnPlateau: mode is ${show(mode)}, but of ${monitor}, which it watches, ${better} is better; leave mode out or give another monitor, as in "valAccuracy"`,
  );
}

/** There is a metric only once an epoch, so this counts epochs whatever stands around it. */
class Plateau extends Schedule {
  readonly #s: Settings;
  readonly #floor: number;
  readonly #upward: boolean;
  #lr: number;
  #best: number | undefined;
  #bad = 0;
  #cooling = 0;

  constructor(s: Settings, start: Start) {
    super({ ...start, per: "epoch" });
    this.#s = s;
    this.#floor = start.minLr;
    this.#lr = start.context.baseLr;
    checkMode(s.monitor ?? start.context.monitor, s.mode);
    this.#upward = s.mode ? s.mode === "max" : isRising(s.monitor ?? "");
  }
  protected override rate(): number {
    return this.#lr;
  }
  override step(metric?: Metric): void {
    const value = metric !== null && typeof metric === "object" ? this.#find(metric) : metric;
    if (typeof value !== "number")
      throw new TrainletError("INVALID_ARGUMENT", `reduceOnPlateau: step(metric) got ${show(value)}; give a number`);
    this.t++;
    this.#see(value);
  }
  override endEpoch(metric?: Metric): void {
    if (metric !== undefined) this.step(metric);
    else this.t++;
  }
  /** What it watches, in the log of an epoch or a batch. */
  #find(log: Readonly<Record<string, unknown>> | object): unknown {
    const values = log as Readonly<Record<string, unknown>>;
    const name = this.#s.monitor ?? ("valLoss" in values ? "valLoss" : "loss");
    if (typeof values[name] === "number") return values[name];
    const known = Object.keys(log).join(", ");
    throw new TrainletError("INVALID_ARGUMENT", `reduceOnPlateau: monitor is ${show(name)}; here there is ${known}`);
  }
  #see(metric: number): void {
    if (this.#better(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= this.#s.patience) return;
    this.#lr = Math.max(this.#lr * this.#s.factor, this.#floor);
    this.#cooling = this.#s.cooldown;
    this.#bad = 0;
  }
  #better(metric: number): boolean {
    if (!Number.isFinite(metric)) return false;
    if (this.#best === undefined) return true;
    const { threshold, thresholdMode } = this.#s;
    const margin = thresholdMode === "rel" ? Math.abs(this.#best) * threshold : threshold;
    return this.#upward ? metric > this.#best + margin : metric < this.#best - margin;
  }
  override get state(): ScheduleState {
    return { t: this.t, lr: this.#lr, best: this.#best ?? null, bad: this.#bad, cooling: this.#cooling };
  }
  override prepare(state: ScheduleState, label: string): () => void {
    const move = super.prepare(state, label);
    const lr = numberOf(state, "lr", label, 0);
    const best = state.best === null ? undefined : numberOf(state, "best", label, -Infinity);
    const bad = wholeOf(state, "bad", label);
    const cooling = wholeOf(state, "cooling", label);
    return () => {
      move();
      this.#lr = lr;
      this.#best = best;
      this.#bad = bad;
      this.#cooling = cooling;
    };
  }
}
