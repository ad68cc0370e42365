// Why a network's outputs do not suit its loss, and what would; fetched when they do not.
import { TrainletError } from "./errors.ts";
import type { Spec } from "./make-spec.ts";
import { kinds } from "./network-spec.ts";

export interface Head {
  outputs: number;
  /** Whether the loss decides for the largest output. */
  byLargest: boolean;
  /** What the loss wants: the core's `Head`. */
  wanted: number;
}

/** The error for a loss on the outputs of the layer `last`. */
export function misfit(loss: Spec, last: string, { outputs, byLargest, wanted }: Head): TrainletError {
  const { type } = loss;
  if (byLargest && outputs < 2) {
    const message = `loss is ${type}, which takes the largest output for the class, but the network has ${outputs} output; give the last layer one for each class (2 for yes or no), or use binaryCrossEntropy`;
    return new TrainletError("INVALID_ARGUMENT", message);
  }
  const [takes, remedy] = [
    [],
    byLargest
      ? ["applies softmax itself", `leave the ${last} out (predictions are logits) or use nll after logSoftmax`]
      : [
          "takes the sign of an output for its decision",
          `leave the ${last} out (predictions are logits)${otherwise(loss, last)}`,
        ],
    ["takes probabilities", "put a sigmoid last, or leave fromLogits: false out"],
    ["takes log-probabilities", "put logSoftmax last, or use crossEntropy, which takes logits"],
  ][wanted]!;
  return new TrainletError("INVALID_ARGUMENT", `loss is ${type}, which ${takes}, after a ${last} layer; ${remedy}`);
}

function otherwise({ type }: Spec, last: string): string {
  const takes = kinds.loss[type]!.options.fromLogits && (last === "sigmoid" || last === "softmax");
  return takes ? " or pass { fromLogits: false }" : "";
}
