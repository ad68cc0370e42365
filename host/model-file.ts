// Models as safetensors files: tensors under PyTorch's names, and in the metadata the spec and what belongs to the weights.
import { TrainletError } from "./errors.ts";
import { decodeSafetensors } from "./files/safetensors.ts";
import { layOut, rankOf, type Tensor } from "./files/safetensors-layout.ts";
import type { Spec } from "./make-spec.ts";
import type { KeptTensor, TrainingRecord } from "./training-state.ts";

/** What belongs to trained weights beside the architecture. */
export interface About {
  classNames?: readonly string[];
  featureNames?: readonly string[];
  /** How a table's columns become inputs. */
  schema?: unknown;
  /** Epochs trained. */
  epochs?: number;
  /** Whether the weights have taken a step, which they may without an epoch. */
  trained?: boolean;
  /** Inputs are scaled as (x - offset)·factor. */
  scaler?: { offset: Float32Array; factor: Float32Array };
}
export interface NetworkSpec {
  readonly layers: readonly Spec[];
  readonly inputs: number;
  readonly loss: Spec;
  readonly seed: number;
}

/** What a file held. */
export interface ModelFile extends NetworkSpec {
  /** Names and shapes of the network's own tensors. */
  tensors: ReadonlyMap<string, readonly number[]>;
  values: Readonly<Record<string, Float32Array>>;
  about: About;
  training: TrainingRecord | undefined;
}

/** What the names of tensors that belong to training begin with. */
const TRAINING = "training.";

/** Version of what stands in the metadata. */
const FORMAT = "1";

export function encodeModel(
  spec: NetworkSpec,
  tensors: readonly { name: string; shape: readonly number[]; value: Float32Array }[],
  about: About,
  training?: TrainingRecord,
): Uint8Array<ArrayBuffer> {
  const { scaler, ...rest } = about;
  const list: Tensor[] = tensors.map(({ name, shape, value }) => ({ name, shape, data: value }));
  for (const [name, data] of Object.entries(scaler ?? {}))
    list.push({ name: `scaler.${name}`, shape: [data.length], data });
  const { tensors: kept = [], ...record } = training ?? {};
  for (const { name, shape, data } of kept) list.push({ name: TRAINING + name, shape, data });
  // The model's own names are ASCII and different, so they need none of the checks that names from outside need.
  list.sort((a, b) => rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1));
  return layOut(list, [
    ["about", JSON.stringify(rest)],
    ["format", "pt"],
    ["spec", JSON.stringify(spec)],
    ...(training ? ([["training", JSON.stringify(record)]] as const) : []),
    ["trainlet", FORMAT],
  ]);
}

export function decodeModel(bytes: Uint8Array, name: string): ModelFile {
  const fail = (what: string, cause?: unknown) => new TrainletError("INVALID_FILE", `${name}: ${what}`, { cause });
  let content: ReturnType<typeof decodeSafetensors>;
  try {
    content = decodeSafetensors(bytes);
  } catch (cause) {
    if (cause instanceof TrainletError && cause.code === "INVALID_FILE") throw fail(cause.message, cause);
    throw cause;
  }
  const { tensors, metadata } = content;
  if (metadata.trainlet === undefined || metadata.spec === undefined) {
    throw fail(
      "no spec in the metadata; this file was not written by trainlet. Build the network and use loadParameters instead",
    );
  }
  if (metadata.trainlet !== FORMAT)
    throw fail(`format ${metadata.trainlet.slice(0, 20)}; this version reads format ${FORMAT}`);
  let spec: NetworkSpec;
  let about: About;
  let record: Omit<TrainingRecord, "tensors"> | undefined;
  try {
    spec = JSON.parse(metadata.spec);
    about = JSON.parse(metadata.about ?? "{}");
    if (metadata.training !== undefined) record = JSON.parse(metadata.training);
  } catch (cause) {
    throw fail("the spec in the metadata is not JSON", cause);
  }
  if (
    spec === null ||
    typeof spec !== "object" ||
    !Array.isArray(spec.layers) ||
    about === null ||
    typeof about !== "object"
  ) {
    throw fail("the spec in the metadata has no list of layers");
  }
  if (!Number.isInteger(spec.inputs) || spec.inputs < 1) throw fail("the spec in the metadata has no number of inputs");
  if (record !== undefined && (record === null || typeof record !== "object" || typeof record.options !== "object")) {
    throw fail("the training in the metadata has no options");
  }
  const kept: KeptTensor[] = [];
  const numbers: Record<string, Float32Array> = Object.create(null);
  const shapes = new Map<string, readonly number[]>();
  for (const [key, tensor] of tensors) {
    if (record && key.startsWith(TRAINING)) {
      const data = tensor.data as KeptTensor["data"];
      if (!(data instanceof Float32Array || data instanceof Uint8Array))
        throw fail(`the tensor ${JSON.stringify(key)} is not of type F32 or U8`);
      kept.push({ name: key.slice(TRAINING.length), shape: tensor.shape, data });
      continue;
    }
    if (!key.startsWith("scaler.")) shapes.set(key, tensor.shape);
    if (!(tensor.data instanceof Float32Array)) throw fail(`the tensor ${JSON.stringify(key)} is not of type F32`);
    numbers[key] = tensor.data;
  }
  const training = record && { ...record, tensors: kept };
  return { ...spec, tensors: shapes, ...split(numbers, about, spec.inputs, fail), training };
}

/** The scaler apart from the model's own tensors. */
function split(tensors: Record<string, Float32Array>, about: About, inputs: number, fail: (what: string) => Error) {
  const { "scaler.offset": offset, "scaler.factor": factor, ...own } = tensors;
  const clean: About = {
    classNames: names(about.classNames),
    featureNames: names(about.featureNames),
    schema: about.schema,
    epochs: Number.isInteger(about.epochs) && about.epochs! >= 0 ? about.epochs : 0,
    ...(about.trained === true && { trained: true }),
  };
  if (!offset !== !factor) throw fail("scaler.offset and scaler.factor belong together, but one is missing");
  if (offset && factor) {
    if (offset.length !== inputs || factor.length !== inputs)
      throw fail(`the scaler has ${offset.length} features; the model takes ${inputs}`);
    if (![...offset, ...factor].every(Number.isFinite)) throw fail("the scaler has a number that is not finite");
    clean.scaler = { offset, factor };
  }
  return { values: own, about: clean };
}

function names(given: unknown): readonly string[] | undefined {
  return Array.isArray(given) && given.every(n => typeof n === "string") ? given : undefined;
}
