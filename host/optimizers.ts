// `trainlet/optimizers`: the update rules, and each on its own for whoever brings the gradients.
export { TrainletError } from "./errors.ts";
export * from "./generated/optimizers.ts";
export { createOptimizer, type Optimizer } from "./optimizer.ts";
