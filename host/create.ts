// How models come to be from layers.

import { fetchThreads } from "./core-by-url.ts";
import { Engine } from "./engine.ts";
import { TrainletError } from "./errors.ts";
import { checkObject, checkSpec, clonePlain, freeze, type Spec } from "./make-spec.ts";
import type { Memory } from "./memory.ts";
import { Model } from "./model.ts";
import { checkList, expand, resolve, type Step } from "./network-spec.ts";
import type { PlanRequest } from "./plan.ts";
import type { Training } from "./training.ts";

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
const modelOptions = "inputs:i32[1,inf) loss:any seed[0,4294967295] threads:any arithmetic:strict|fused";

/** A network of layers in a row, its parameters drawn from the seed. Throws on shapes and options that do not fit. */
export async function sequential(layers: readonly (Spec | { type: string })[], options: ModelOptions): Promise<Model> {
  const { engine, spec } = await make(layers, options);
  engine.plan.initialise();
  return new Model(engine, spec);
}

/** What a file adds to layers and options. */
export interface FromFile {
  /** How the model was trained, where the file says that. */
  training(network: Pick<PlanRequest, "steps" | "loss">): Training | undefined;
  admit: PlanRequest["admit"];
  guard: Memory["guard"];
}

/** What a model needs, from untrusted layers and options; its parameters have no values yet. */
export async function make(
  layers: unknown,
  options: ModelOptions,
  file?: FromFile,
): Promise<{ engine: Engine; spec: Model["spec"] }> {
  checkObject("sequential", options, "{ inputs, loss }");
  checkSpec("sequential", options, modelOptions);
  const { inputs, seed = 0, threads = "auto" } = options;
  if (inputs === undefined)
    throw new TrainletError("INVALID_ARGUMENT", "sequential: inputs is missing; give the number of features of a row");
  if (!Number.isInteger(seed))
    throw new TrainletError("INVALID_ARGUMENT", `sequential: seed is ${seed}; it should be a whole number`);
  const given = checkList(layers);
  // A copy: what becomes of the caller's objects later is no longer the model's affair.
  const list = Array.from(given, (layer, i) =>
    typeof layer === "object" ? clonePlain(layer, `layer ${i}`) : layer,
  ) as Spec[];
  const steps = expand(list);
  const loss = resolve("loss", clonePlain(options.loss, "loss"), "sequential: loss");
  const training = file?.training({ steps, loss });
  const core = { arithmetic: options.arithmetic ?? "strict", needed: threads !== "auto" } as const;
  const count = await threadsOf(threads, steps, inputs);
  const request = { steps, inputs, loss, seed, threads: count, training, admit: file?.admit };
  const engine = await Engine.create(request, core, file?.guard);
  const head = engine.memory.core.misfit(engine.plan.loss, engine.plan.layers.at(-1)!.object);
  if (head) throw (await import("./misfit.ts")).misfit(loss, steps.at(-1)!.spec.type, head);
  return { engine, spec: freeze({ layers: list, inputs, loss, seed }) };
}

/** How many threads the model gets. What is needed for more than one is fetched only where there might be. */
async function threadsOf(wish: number | "auto", steps: readonly Step[], inputs: number): Promise<number> {
  const small = wish === "auto" && (typeof SharedArrayBuffer === "undefined" || !worthThreads(steps, inputs));
  if (wish === 1 || small) return 1;
  const { threadsFor } = await fetchThreads();
  return threadsFor(wish);
}

/** Whether a network has about so many parameters that "auto" thinks of more than one thread. */
function worthThreads(steps: readonly Step[], inputs: number): boolean {
  let width = inputs;
  let size = 0;
  for (const { spec } of steps) {
    const units = spec.units as number | undefined;
    if (units === undefined) continue;
    size += units * width;
    width = units;
  }
  return size >= 50_000;
}
