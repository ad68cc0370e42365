// Why a network's outputs do not suit its loss, and what would; fetched when they do not.
import { TrainletError } from "./errors.ts";
import type { Spec } from "./make-spec.ts";

/** The error for a loss on the outputs of the layer `last`, where it wants `head`, the core's `Head`. */
export function misfit({ type }: Spec, last: string, head: number): TrainletError {
  const without = `leave the ${last} out (predictions are logits)`;
  const squashed = last === "sigmoid" || last === "softmax";
  const why = [
    "",
    type === "crossEntropy"
      ? `applies softmax itself, after a ${last} layer; ${without} or use nll after logSoftmax`
      : `decides by the sign of an output, after a ${last} layer; ${without}${squashed && type === "binaryCrossEntropy" ? " or pass { fromLogits: false }" : ""}`,
    `takes probabilities, after a ${last} layer; put a sigmoid last, or leave fromLogits: false out`,
    `takes log-probabilities, after a ${last} layer; put logSoftmax last, or use crossEntropy, which takes logits`,
    "takes the largest output for the class, but the network has 1 output; give the last layer one for each class (2 for yes or no), or use binaryCrossEntropy",
    `gets the same number for every row: ${last} of 1 output; leave the ${last} out, use sigmoid, or give an output for each class`,
  ][head];
  return new TrainletError("INVALID_ARGUMENT", `loss is ${type}, which ${why}`);
}
