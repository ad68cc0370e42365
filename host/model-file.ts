// Models as safetensors files: tensors under PyTorch's names, and in the metadata the spec and what belongs to the weights.
import { show, TrainletError } from "./errors.ts";
import { openSafetensors, type StoredTensor } from "./files/safetensors.ts";
import { MAX_DEPTH, type Spec } from "./make-spec.ts";
import type { Memory } from "./memory.ts";
import { encodeKept, type Texts } from "./stored.ts";
import type { Kept, TrainingRecord } from "./training-state.ts";

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

/** What a file held, its tensors as they stand there. */
export interface ModelFile extends NetworkSpec {
  tensors: ReadonlyMap<string, StoredTensor>;
  /** All texts but the checksum, by key. */
  texts: Texts;
  checksum: string | undefined;
  about: About;
  training: TrainingRecord | undefined;
}

/** Version of what stands in the metadata. */
const FORMAT = "1";

/** The bytes of a file, whose tensors stand in linear memory. */
export function encodeModel(
  memory: Memory,
  spec: NetworkSpec,
  kept: Iterable<Kept>,
  about: Omit<About, "scaler">,
  training?: TrainingRecord,
): Uint8Array<ArrayBuffer> {
  const texts: Texts = [
    ["about", JSON.stringify(about)],
    ["format", "pt"],
    ["spec", JSON.stringify(spec)],
    ...(training ? ([["training", JSON.stringify(training)]] as const) : []),
    ["trainlet", FORMAT],
  ];
  return encodeKept(memory, kept, texts);
}

export function decodeModel(bytes: Uint8Array, name: string): ModelFile {
  const fail = (what: string, cause?: unknown) => new TrainletError("INVALID_FILE", `${name}: ${what}`, { cause });
  let content: ReturnType<typeof openSafetensors>;
  try {
    content = openSafetensors(bytes);
  } catch (cause) {
    if (cause instanceof TrainletError && cause.code === "INVALID_FILE") throw fail(cause.message, cause);
    throw cause;
  }
  const { metadata } = content;
  const { trainlet, checksum } = metadata;
  if (trainlet === undefined || metadata.spec === undefined) {
    throw fail(
      "no spec in the metadata; this file was not written by trainlet. Build the network and use loadParameters instead",
    );
  }
  if (trainlet !== FORMAT) throw fail(`format ${trainlet.slice(0, 20)}; this version reads format ${FORMAT}`);
  const spec = parse("spec", metadata.spec, fail);
  const training = metadata.training === undefined ? undefined : parse("training", metadata.training, fail);
  const about = parse("about", metadata.about ?? "{}", fail);
  if (!Array.isArray(spec.layers)) throw fail("the spec in the metadata has no list of layers");
  if (!Number.isInteger(spec.inputs) || (spec.inputs as number) < 1)
    throw fail("the spec in the metadata has no number of inputs");
  if (training && !isRecord(training.options)) throw fail("the training in the metadata has no options");
  for (const key of ["schedule", "fitted"]) {
    const value = training?.[key];
    if (value !== undefined && !isRecord(value)) throw fail(`the ${key} of training is ${show(value)}`);
  }
  const { layers, inputs, loss, seed, ...unknown } = spec as unknown as NetworkSpec;
  for (const key of Object.keys(unknown)) throw fail(`the spec in the metadata has an unknown option ${show(key)}`);
  const tensors = new Map(content.tensors.map(tensor => [tensor.name, tensor]));
  return {
    layers,
    inputs,
    loss,
    seed,
    tensors,
    texts: Object.entries(metadata).filter(([key]) => key !== "checksum"),
    checksum,
    about: { ...aboutOf(about, fail), ...scalerOf(tensors, inputs, fail) },
    training: training as TrainingRecord | undefined,
  };
}

type Fail = (what: string, cause?: unknown) => Error;
type Fields = Readonly<Record<string, unknown>>;

/** An object in the metadata. What is nested deeper than anything of ours would exhaust the stack of whoever walks it. */
function parse(key: string, text: string, fail: Fail): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail(`the ${key} in the metadata is not JSON`, cause);
  }
  if (!isRecord(value)) throw fail(`the ${key} in the metadata is ${show(value)}, it should be an object`);
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw fail(`the ${key} in the metadata is nested more than ${MAX_DEPTH} deep`);
    level = level.flatMap(item => (item !== null && typeof item === "object" ? Object.values(item) : []));
  }
  return value;
}
function isRecord(value: unknown): value is Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** What belongs to the weights, as data sets may have it. */
function aboutOf({ classNames, featureNames, schema, epochs = 0, trained }: Fields, fail: Fail): About {
  for (const [name, list] of Object.entries({ classNames, featureNames })) {
    const sound = list === undefined || (Array.isArray(list) && list.every(item => typeof item === "string"));
    if (!sound) throw fail(`${name} in the metadata is ${show(list)}, it should be a list of strings`);
  }
  if (schema !== undefined && !isRecord(schema))
    throw fail(`the schema in the metadata is ${show(schema)}, it should be an object`);
  if (!Number.isSafeInteger(epochs) || (epochs as number) < 0)
    throw fail(`epochs in the metadata is ${show(epochs)}, it should be a whole number from 0 on`);
  if (trained !== undefined && typeof trained !== "boolean")
    throw fail(`trained in the metadata is ${show(trained)}, it should be true or false`);
  return { classNames, featureNames, schema, epochs, trained } as About;
}

function scalerOf(tensors: ModelFile["tensors"], inputs: number, fail: Fail): Pick<About, "scaler"> {
  const [offset, factor] = ["scaler.offset", "scaler.factor"].map(name => {
    const tensor = tensors.get(name);
    if (!tensor) return undefined;
    const data = tensor.read();
    if (!(data instanceof Float32Array)) throw fail(`the tensor ${show(name)} is not of type F32`);
    if (data.length !== inputs) throw fail(`the scaler has ${data.length} features; the model takes ${inputs}`);
    return data;
  });
  if (!offset !== !factor) throw fail("scaler.offset and scaler.factor belong together, but one is missing");
  return offset && factor ? { scaler: { offset, factor } } : {};
}
