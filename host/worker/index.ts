// `trainlet/worker`: the names of `trainlet`, but models live in workers of their own, so that a page or a server stays free
// while they train. What needs a core at hand (rules on their own, surfaces) is in `trainlet` alone.
import type { ModelOptions } from "../create.ts";
import { show, TrainletError } from "../errors.ts";
import type { BytesInput } from "../files/bytes.ts";
import type { Data } from "../inputs.ts";
import type { FromBytesOptions, LoadOptions } from "../load.ts";
import type { RangeTest, RangeTestOptions } from "../lr-find.ts";
import { checkSpec, type Spec } from "../make-spec.ts";
import { fetchPlace } from "../storage/fetch-place.ts";
import { Line } from "./line.ts";
import { WorkerModel } from "./model.ts";

export {
  type BatchLog,
  type Callback,
  type CallbackObject,
  type EarlyStoppingOptions,
  earlyStopping,
  type ProgressLog,
} from "../callbacks.ts";
export type { ModelOptions } from "../create.ts";
export { type ErrorCode, TrainletError } from "../errors.ts";
export type { Bytes, BytesInput } from "../files/bytes.ts";
export type { FitStepsOptions, StepsLog } from "../fit-steps.ts";
export * from "../generated/factories.ts";
export type { EpochLog, History } from "../history.ts";
export type { Data, DatasetLike, Matrix, Targets, XY } from "../inputs.ts";
export type { FromBytesOptions, LoadOptions } from "../load.ts";
export type { RangeTest, RangeTestOptions, RangeTestStep } from "../lr-find.ts";
export type { LayerSettings, Spec } from "../make-spec.ts";
export type { ClassReport, Metrics } from "../metrics.ts";
export type { CompileOptions, Parameter } from "../model.ts";
export * from "../schedules/index.ts";
export type { ModelStorage } from "../storage/storage.ts";
export type { Group, TrainingOptions } from "../training.ts";
export { type WorkerFitOptions as FitOptions, WorkerModel as Model } from "./model.ts";

type Made = ConstructorParameters<typeof WorkerModel>[1];

/** As `sequential` of trainlet: a network of layers in a row, in a worker of its own. */
export async function sequential(
  layers: readonly (Spec | { type: string })[],
  options: ModelOptions,
): Promise<WorkerModel> {
  return start("sequential", { layers, options });
}

/** As `load` of trainlet: reads a model that `save` wrote, a file or what is under a name of the storage. */
export async function load(name: string, options: LoadOptions = {}): Promise<WorkerModel> {
  checkSpec("load", options, "storage:any maxBytes(0,inf)");
  const { storage, ...more } = options;
  const { readFrom } = await fetchPlace();
  return fromBytes(await readFrom(storage, name), { name, ...more });
}

/** As `fromBytes` of trainlet: the model in the bytes of a file, in whatever form they come. */
export async function fromBytes(input: BytesInput, options: FromBytesOptions | string = {}): Promise<WorkerModel> {
  const given = typeof options === "string" ? { name: options } : options;
  const { name = "bytes" } = given ?? {};
  const bytes = input instanceof Uint8Array ? input : await (await import("../files/bytes.ts")).bytesOf(input, name);
  return start("fromBytes", { bytes, options: given });
}

/** The learning-rate range test, on a copy of the model in its worker. */
export async function findLearningRate(model: WorkerModel, data: Data, options: RangeTestOptions): Promise<RangeTest> {
  if (model instanceof WorkerModel) return model.findLearningRate(data, options);
  const message = `findLearningRate: model is ${show(model)}; give one of trainlet/worker`;
  throw new TrainletError("INVALID_ARGUMENT", message);
}

async function start(call: string, args: Record<string, unknown>): Promise<WorkerModel> {
  const line = new Line();
  try {
    return new WorkerModel(line, await line.call<Made>(call, args));
  } catch (error) {
    line.end();
    throw error;
  }
}
