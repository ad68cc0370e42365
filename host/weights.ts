import { TrainletError } from "./errors.ts";
import { asNumber } from "./kind-of.ts";

/** Weights of rows, checked. */
export function sampleWeights(given: ArrayLike<number> | undefined, rows: number): Float32Array | undefined {
  if (given === undefined) return undefined;
  if (given?.length !== rows) {
    const message = `sampleWeight has ${given?.length ?? "no"} numbers for ${rows} rows; it should have one each`;
    throw new TrainletError("SHAPE_MISMATCH", message);
  }
  return checkWeights(Float32Array.from(given, asNumber as (v: number) => number), "sampleWeight");
}

/** Throws unless all are finite and not negative. */
export function checkWeights(weights: Float32Array, name: string): Float32Array {
  const bad = weights.findIndex(w => !(w >= 0 && Number.isFinite(w)));
  if (bad < 0) return weights;
  throw new TrainletError(
    "INVALID_ARGUMENT",
    `${name}[${bad}] is ${weights[bad]}; weights should be finite and not negative`,
  );
}
