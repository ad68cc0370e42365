import { show, TrainletError } from "../errors.ts";
import { numberOf, Schedule, type ScheduleState, type Start, wholeOf } from "./base.ts";
import { type Filled, schedule } from "./form.ts";

const options = {
  /** Whether the metric should fall or rise. Default "min". */
  mode: { type: "values", values: ["min", "max"], default: 0 },
  factor: { type: "f64", default: 0.1, range: "(0, 1)" },
  /** Epochs without improvement that it bears. Default 10. */
  patience: { type: "i32", default: 10, range: "[0, inf)" },
  /** By how much a metric has to be better. Default 1e-4. */
  threshold: { type: "f64", default: 1e-4, range: "[0, inf)" },
  /** Whether the threshold is a share of the best metric or a difference. Default "rel". */
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
  start: (s, start) => new Plateau(s, start),
}));

/** There is a metric only once an epoch, so this counts epochs whatever stands around it. */
class Plateau extends Schedule {
  readonly #s: Settings;
  readonly #floor: number;
  #lr: number;
  #best: number | undefined;
  #bad = 0;
  #cooling = 0;

  constructor(s: Settings, start: Start) {
    super({ ...start, per: "epoch" });
    this.#s = s;
    this.#floor = start.minLr;
    this.#lr = start.context.baseLr;
  }
  protected override rate(): number {
    return this.#lr;
  }
  override step(metric?: number): void {
    if (typeof metric !== "number")
      throw new TrainletError("INVALID_ARGUMENT", `reduceOnPlateau: step(metric) got ${show(metric)}; give a number`);
    this.t++;
    this.#see(metric);
  }
  override endEpoch(metric?: number): void {
    if (metric !== undefined) this.step(metric);
    else this.t++;
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
    const { mode, threshold, thresholdMode } = this.#s;
    const sign = mode === "min" ? -1 : 1;
    const margin = thresholdMode === "rel" ? this.#best * threshold : threshold;
    return sign * metric > sign * (this.#best + sign * margin);
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
