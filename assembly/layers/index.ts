// Every layer that is not an elementwise activation: one file and one line each.
export { batchNorm } from "./batch-norm";
export { dense } from "./dense";
export { dropout } from "./dropout";
export { layerNorm } from "./layer-norm";
export { logSoftmax } from "./log-softmax";
export { prelu } from "./prelu";
export { softmax } from "./softmax";
