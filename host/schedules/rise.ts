import { halfCosine } from "./powers.ts";

/** The share of the rate at step t of a warm-up of `steps`: `start` at t = 0, 1 at t = steps. Unless told, a warm-up starts
 * one equal part above 0, since a first step at rate 0 would be lost: (t + 1)/(steps + 1). */
export function rise(t: number, steps: number, start = 1 / (steps + 1), mode: string = "linear"): number {
  if (mode === "constant") return start;
  const x = t / steps;
  return start + (1 - start) * (mode === "cos" ? 1 - halfCosine(x) : x);
}
