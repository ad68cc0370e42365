import { show, TrainletError } from "../errors.ts";

/** The rate of step t, which counts from 0. */
export type RateOfStep = (t: number) => number;

/** A function of one's own, whose rates are checked as they come. */
export function checkedRate(rate: RateOfStep): RateOfStep {
  return t => {
    const lr: unknown = rate(t);
    if (typeof lr === "number" && Number.isFinite(lr) && lr >= 0) return lr;
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `manual: rate(${t}) gave ${show(lr)}; it should be a number in [0, inf)`,
    );
  };
}
