import { show, TrainletError } from "../errors.ts";
import { list, schedule } from "./form.ts";
import { checkedRate } from "./own-rate.ts";

/** Any rates: `rates`, a table whose last one stays, or `rate`, a function of t; a function is no JSON */
export const manual = /* @__PURE__ */ schedule("manual", () => ({
  options: {
    /** The rate of each step; the last one stays. */
    rates: list,
    /** The rate of step t, which counts from 0. */
    rate: { type: "any", of: "function" },
  },
  per: "epoch",
  check: ({ rates, rate }) => {
    const wrong = (text: string) => new TrainletError("INVALID_ARGUMENT", `manual: ${text}`);
    if (rate !== undefined && typeof rate !== "function") {
      throw wrong(`rate is ${show(rate)}; it should be a function, as in t => 0.1 / (1 + t)`);
    }
    if ((rate === undefined) === (rates === undefined)) {
      throw wrong(
        `${rate ? "rate and rates are both given" : "rate and rates are both missing"}; give rates, a list, or rate, a function`,
      );
    }
  },
  rate: ({ rates, rate }) => {
    if (rates) return t => rates[Math.min(t, rates.length - 1)]!;
    return checkedRate(rate!);
  },
}));
