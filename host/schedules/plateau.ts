import type { Options } from "../make-spec.ts";
import type { Filled } from "./list.ts";

export const plateauOptions: Options = {
  mode: { type: "values", values: ["min", "max"], default: 0 },
  factor: { type: "f64", default: 0.1, low: 0, lowOpen: true, high: 1, highOpen: true, range: "(0, 1)" },
  patience: { type: "i32", default: 10, low: 0, range: "[0, inf)" },
  threshold: { type: "f64", default: 1e-4, low: 0, range: "[0, inf)" },
  thresholdMode: { type: "values", values: ["rel", "abs"], default: 0 },
  cooldown: { type: "i32", default: 0, low: 0, range: "[0, inf)" },
  minLr: { type: "f64", default: 0, low: 0, range: "[0, inf)" },
};

/** Multiplies the rate by `factor` after more than `patience` epochs in which a metric has not improved. */
export class Plateau {
  #best: number;
  #bad = 0;
  #cooling = 0;
  readonly #s: Filled;

  constructor(
    s: Filled,
    public lr: number,
  ) {
    this.#s = s;
    this.#best = s.mode === "min" ? Infinity : -Infinity;
  }
  /** Takes the metric of an epoch. */
  see(metric: number): void {
    if (this.#better(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= this.#s.patience!) return;
    this.lr = Math.max(this.lr * this.#s.factor!, this.#s.minLr!);
    this.#cooling = this.#s.cooldown!;
    this.#bad = 0;
  }
  #better(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#s;
    const sign = mode === "min" ? -1 : 1;
    const margin = thresholdMode === "rel" ? this.#best * threshold! : threshold!;
    if (!Number.isFinite(this.#best)) return sign * metric > sign * this.#best;
    return sign * metric > sign * (this.#best + sign * margin);
  }
}
