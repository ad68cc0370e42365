/** Class indices → rows with a single 1. */
import { show, TrainletError } from "../errors.ts";
import { allocate, checkWhole } from "./validate.ts";

/**
 * `labels` (rows) → rows × classes, row-major: 1 in the column of the row's class, else 0.
 * @throws INVALID_ARGUMENT for labels that are no class index below `classes`, OUT_OF_MEMORY
 */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  checkWhole(classes, "oneHot: classes", 1);
  if (!Array.isArray(labels) && !(ArrayBuffer.isView(labels) && !(labels instanceof DataView))) {
    throw new TrainletError("INVALID_ARGUMENT", `oneHot: labels must be an array of numbers, got ${show(labels)}`);
  }
  const out = allocate(labels.length, classes, "oneHot");
  for (let row = 0; row < labels.length; row++) {
    out[row * classes + checkWhole(labels[row], `oneHot: labels[${row}]`, 0, classes - 1)] = 1;
  }
  return out;
}
