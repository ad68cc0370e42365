import { show, TrainletError } from "./errors.ts";

/** Weights of rows, checked. */
export function sampleWeights(given: ArrayLike<number> | undefined, rows: number): Float32Array | undefined {
  if (given === undefined) return undefined;
  if (given?.length !== rows) {
    const message = `sampleWeight has ${given?.length ?? "no"} numbers for ${rows} rows; it should have one each`;
    throw new TrainletError("SHAPE_MISMATCH", message);
  }
  return checked(Float32Array.from(given), "sampleWeight");
}

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
    if (given.length === classes) return checked(Float32Array.from(given as ArrayLike<number>), "classWeight");
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
    weights[index] = value as number;
  }
  return checked(weights, "classWeight");
}

function checked(weights: Float32Array, name: string): Float32Array {
  const bad = weights.findIndex(w => !(w >= 0 && Number.isFinite(w)));
  if (bad < 0) return weights;
  throw new TrainletError(
    "INVALID_ARGUMENT",
    `${name}[${bad}] is ${weights[bad]}; weights should be finite and not negative`,
  );
}
