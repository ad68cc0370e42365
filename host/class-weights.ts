// Weights of classes; fetched when a fit has them.
import { show, TrainletError } from "./errors.ts";
import { asNumber } from "./kind-of.ts";
import { checkWeights } from "./weights.ts";

/** Weights of classes, by index or by name; a class that is not named has weight 1. */
export function classWeights(
  given: ArrayLike<number> | Readonly<Record<string, number>> | undefined,
  classes: number,
  names: readonly string[] | undefined,
): Float32Array | undefined {
  if (given === undefined) return undefined;
  if (!classes)
    throw new TrainletError("INVALID_ARGUMENT", "classWeight needs class indices as targets; this data has numbers");
  if (given === null || typeof given !== "object") {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `classWeight is ${show(given)}; give a list, or an object by class name or index`,
    );
  }
  if (Array.isArray(given) || ArrayBuffer.isView(given)) {
    if (given.length === classes)
      return checkWeights(Float32Array.from(given as ArrayLike<unknown>, weightOf), "classWeight");
    throw new TrainletError(
      "SHAPE_MISMATCH",
      `classWeight has ${given.length} numbers for ${classes} classes; it should have one each`,
    );
  }
  const weights = new Float32Array(classes).fill(1);
  for (const [key, value] of Object.entries(given)) {
    const named = names?.indexOf(key) ?? -1;
    const index = named >= 0 ? named : /^\d+$/.test(key) ? Number(key) : -1;
    if (!Number.isInteger(index) || index < 0 || index >= classes) {
      const known = names ? names.join(", ") : `0 to ${classes - 1}`;
      throw new TrainletError("UNKNOWN_LABEL", `classWeight: there is no class ${show(key)}; known: ${known}`);
    }
    weights[index] = weightOf(value);
  }
  return checkWeights(weights, "classWeight");
}

/** NaN, which is refused, for what is no number. */
function weightOf(value: unknown): number {
  return asNumber(value) ?? Number.NaN;
}
