// Every loss: one file and one line each.
export { binaryCrossEntropy } from "./binary-cross-entropy";
export { crossEntropy } from "./cross-entropy";
export { halfMse } from "./half-mse";
export { hinge } from "./hinge";
export { huber } from "./huber";
export { klDivergence } from "./kl-divergence";
export { logCosh } from "./log-cosh";
export { mae } from "./mae";
export { mse } from "./mse";
export { multiMargin } from "./multi-margin";
export { nll } from "./nll";
export { poissonNll } from "./poisson-nll";
export { smoothL1 } from "./smooth-l1";
export { squaredHinge } from "./squared-hinge";
export { zeroOne } from "./zero-one";
