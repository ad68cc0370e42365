// How models come to be: from layers, or from the bytes of a file.
import { Engine } from "./engine.ts";
import { show, TrainletError } from "./errors.ts";
import { checkObject, checkSpec, clonePlain, type Options, type Spec } from "./make-spec.ts";
import { Model } from "./model.ts";
import { decodeModel } from "./model-file.ts";
import { checkLossFits, expand, resolve, type Step } from "./network-spec.ts";
import type { Tensor } from "./plan.ts";
import { canShare, MAX_THREADS, threadsFor } from "./threads.ts";

export interface ModelOptions {
  /** Features of a row. */
  inputs: number;
  /** What is minimised: `crossEntropy()`, `mse()`, … */
  loss: Spec | { type: string };
  /** What all random numbers follow from. Default 0. */
  seed?: number;
  /** Threads that share the work, the bits the same for any number; "auto" (the default) decides by the network's size. */
  threads?: number | "auto";
  /** "strict" (the default): the same bits in every engine. "fused": one rounding for multiply and add where it can. */
  arithmetic?: "strict" | "fused";
}
const modelOptions: Options = {
  inputs: { type: "i32", range: "[1, inf)" },
  loss: { type: "any" },
  seed: { type: "f64", range: "[0, 4294967295]" },
  threads: { type: "any" },
  arithmetic: { type: "values", values: ["strict", "fused"] },
};

/** A network of layers in a row, its parameters drawn from the seed. Throws on shapes and options that do not fit. */
export async function sequential(layers: readonly (Spec | { type: string })[], options: ModelOptions): Promise<Model> {
  return make(layers, options);
}

async function make(
  layers: unknown,
  options: ModelOptions,
  admit?: (tensors: readonly Tensor[]) => void,
): Promise<Model> {
  checkObject("sequential", options, "{ inputs, loss }");
  checkSpec("sequential", options, modelOptions);
  const { inputs, seed = 0, threads = "auto" } = options;
  if (inputs === undefined)
    throw new TrainletError("INVALID_ARGUMENT", "sequential: inputs is missing; give the number of features of a row");
  if (!Number.isInteger(seed))
    throw new TrainletError("INVALID_ARGUMENT", `sequential: seed is ${seed}; it should be a whole number`);
  checkThreads(threads);
  if (!Array.isArray(layers))
    throw new TrainletError("INVALID_ARGUMENT", `layers is ${show(layers)}; give a list with at least one layer`);
  // A copy: what becomes of the caller's objects later is no longer the model's affair.
  const list = Array.from(layers, (layer, i) =>
    typeof layer === "object" ? clonePlain(layer, `layer ${i}`) : layer,
  ) as Spec[];
  const steps = expand(list);
  const loss = resolve("loss", clonePlain(options.loss, "loss"), "sequential: loss");
  checkLossFits(steps, loss);
  const count = threadsFor(threads, roughSize(steps, inputs));
  const core = { arithmetic: options.arithmetic ?? "strict", needed: threads !== "auto" } as const;
  const engine = await Engine.create({ steps, inputs, loss, seed, threads: count, admit }, core);
  return new Model(engine, { layers: list, inputs, loss, seed });
}

function checkThreads(threads: unknown): void {
  if (threads === "auto") return;
  if (!Number.isInteger(threads) || (threads as number) < 1 || (threads as number) > MAX_THREADS) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `sequential: threads is ${show(threads)}; it should be "auto" or a whole number in [1, ${MAX_THREADS}]`,
    );
  }
  if (threads !== 1 && !canShare()) {
    const message = `sequential: threads is ${threads}, but this runtime cannot share memory between threads here (a page needs cross-origin isolation, and to train in a Worker); give 1 or "auto"`;
    throw new TrainletError("UNSUPPORTED", message);
  }
}
/** About how many parameters a network has. */
function roughSize(steps: readonly Step[], inputs: number): number {
  let width = inputs;
  let size = 0;
  for (const { spec } of steps) {
    const units = spec.units as number | undefined;
    if (units === undefined) continue;
    size += units * width;
    width = units;
  }
  return size;
}

/** Reads a model that `save` wrote; Node, Deno and Bun. */
export async function load(path: string): Promise<Model> {
  const { readFileChecked } = await import("./files/atomic.ts");
  return fromBytes(await readFileChecked(path), path);
}

/** The model in the bytes of a file. */
export async function fromBytes(bytes: Uint8Array, name = "bytes"): Promise<Model> {
  if (!(bytes instanceof Uint8Array)) {
    throw new TrainletError("INVALID_ARGUMENT", `fromBytes: bytes is ${show(bytes)}; give a Uint8Array`);
  }
  const file = decodeModel(bytes, name);
  const { inputs, loss, seed } = file;
  let model: Model;
  try {
    // Shapes are compared before anything of their size is allocated.
    model = await make(file.layers, { inputs, loss, seed }, tensors => checkTensors(tensors, file.tensors));
    model.adopt(file);
  } catch (cause) {
    if (!(cause instanceof TrainletError) || cause.code === "OUT_OF_MEMORY") throw cause;
    throw new TrainletError("INVALID_FILE", `${name}: ${cause.message.replace("loadParameters: ", "")}`, { cause });
  }
  return model;
}

/** Throws unless the file has exactly the network's tensors, each of its shape. */
function checkTensors(wanted: readonly Tensor[], found: ReadonlyMap<string, readonly number[]>): void {
  for (const { name, shape } of wanted) {
    const given = found.get(name);
    if (!given) throw new TrainletError("INVALID_FILE", `the tensor ${show(name)} is missing`);
    if (given.length !== shape.length || given.some((n, i) => n !== shape[i])) {
      throw new TrainletError(
        "INVALID_FILE",
        `the tensor ${show(name)} has shape [${given.join(", ")}]; the network has [${shape.join(", ")}]`,
      );
    }
  }
  const names = new Set(wanted.map(t => t.name));
  for (const name of found.keys()) {
    if (!names.has(name)) throw new TrainletError("INVALID_FILE", `the network has no tensor ${show(name)}`);
  }
}
