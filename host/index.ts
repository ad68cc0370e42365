// Everything that `trainlet` exports. The factories of layers, activations, losses, rules and initialisers are generated
// from the core's lists.

export {
  type BatchLog,
  type Callback,
  type CallbackObject,
  type EarlyStoppingOptions,
  earlyStopping,
  type ProgressLog,
} from "./callbacks.ts";
export {
  type ComparedContender,
  type ComparedRun,
  type CompareOptions,
  type Comparison,
  type Contender,
  compareOptimizers,
} from "./compare.ts";
export { type ModelOptions, sequential } from "./create.ts";
export { type ErrorCode, TrainletError } from "./errors.ts";
export type { Bytes, BytesInput } from "./files/bytes.ts";
export type { FitOptions } from "./fit.ts";
export type { FitStepsOptions, StepsLog } from "./fit-steps.ts";
export * from "./generated/factories.ts";
export type { EpochLog, History } from "./history.ts";
export type { Data, DatasetLike, Matrix, Targets, XY } from "./inputs.ts";
export { type FromBytesOptions, fromBytes, type LoadOptions, load } from "./load.ts";
export { findLearningRate, type RangeTest, type RangeTestOptions, type RangeTestStep } from "./lr-find.ts";
export type { LayerSettings, Spec } from "./make-spec.ts";
export type { ClassReport, Metrics } from "./metrics.ts";
export type { CompileOptions, Model, Parameter, SaveOptions, SaveToOptions } from "./model.ts";
export { createOptimizer, type Optimizer } from "./optimizer.ts";
export * from "./schedules/index.ts";
export type { ModelStorage } from "./storage/storage.ts";
export { type SurfacePath, type SurfacePathOptions, surfacePath } from "./surface-path.ts";
export { type Point, type Surface, type SurfaceName, surfaces } from "./surfaces.ts";
export type { Group, TrainingOptions } from "./training.ts";
