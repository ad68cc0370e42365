// Everything that `trainlet` exports. The factories of layers, activations, losses, rules and initialisers are generated
// from the core's lists.
export { TrainletError, type ErrorCode } from "./errors.ts";
export { fromBytes, load, type Model, type ModelOptions, type CompileOptions, type Parameter, sequential } from "./model.ts";
export type { FitOptions } from "./fit.ts";
export type { EpochLog, History } from "./history.ts";
export type { ClassReport, Metrics } from "./metrics.ts";
export type { Data, DatasetLike, Matrix, Targets, XY } from "./inputs.ts";
export { type BatchLog, type Callback, type CallbackObject, earlyStopping, type EarlyStoppingOptions } from "./callbacks.ts";
export type { LayerSettings, Spec } from "./make-spec.ts";
export * from "./schedules/index.ts";
export * from "./generated/factories.ts";
export { createOptimizer, type Optimizer } from "./optimizer.ts";
