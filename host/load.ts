// Models from the bytes of a file.
import { make } from "./create.ts";
import type { Engine } from "./engine.ts";
import { show, TrainletError } from "./errors.ts";
import type { BytesInput } from "./files/bytes.ts";
import { checkSpec } from "./make-spec.ts";
import { Model } from "./model.ts";
import { decodeModel, type ModelFile } from "./model-file.ts";
import { Pace } from "./pace.ts";
import type { Tensor } from "./plan.ts";
import { baseRate } from "./rates.ts";
import { fetchFor } from "./schedules/known.ts";
import { type ScheduleSpec, startSchedule } from "./schedules/schedule.ts";
import type { ModelStorage } from "./storage/storage.ts";
import { setTensors } from "./tensors.ts";
import { resolveTraining } from "./training.ts";
import { resumeRecord } from "./training-state.ts";

export interface LoadOptions {
  /** Where the name belongs: an adapter of `trainlet/storage`, or one's own. Default: the file system. */
  storage?: ModelStorage;
}

/** Reads a model that `save` wrote: a file (Node, Deno, Bun), or what is under a name of the storage.
 * @throws TrainletError FILE_NOT_FOUND, FILE_ERROR, INVALID_FILE, UNSUPPORTED where there is no file system or no such
 * storage, and as the storage says.
 */
export async function load(name: string, options: LoadOptions = {}): Promise<Model> {
  checkSpec("load", options, "storage:any");
  const { readFrom } = await import("./storage/place.ts");
  return fromBytes(await readFrom(options.storage, name), name);
}

/** The model in the bytes of a file, in whatever form they come: `fromBytes(fetch("model.safetensors"))`. Messages call
 * them by `name`.
 * @throws TrainletError INVALID_FILE for bytes that are no model or more than 2 GiB, FILE_ERROR for a stream that
 * failed or a response that is not ok, INVALID_ARGUMENT for what is not bytes, OUT_OF_MEMORY.
 */
export async function fromBytes(input: BytesInput, name = "bytes"): Promise<Model> {
  // What reads the other forms is a file of its own, since many a page that loads models has their bytes.
  const bytes = input instanceof Uint8Array ? input : await (await import("./files/bytes.ts")).bytesOf(input, name);
  const file = decodeModel(bytes, name);
  const { inputs, loss, seed } = file;
  try {
    await fetchFor(file.training?.schedule?.spec);
    // Shapes are compared before anything of their size is allocated.
    const { engine, spec } = await make(file.layers, { inputs, loss, seed }, tensors =>
      checkTensors(tensors, file.tensors),
    );
    return new Model(engine, spec, { about: file.about, pace: adopt(engine, file) });
  } catch (cause) {
    if (!(cause instanceof TrainletError) || cause.code === "OUT_OF_MEMORY") throw cause;
    throw new TrainletError("INVALID_FILE", `${name}: ${cause.message.replace("loadParameters: ", "")}`, { cause });
  }
}

/** Takes over what a file held; gives how training goes on, where the file says that. */
function adopt(engine: Engine, { values, about, training }: ModelFile): Pace | undefined {
  setTensors(engine, values);
  if (about.scaler) engine.setScaler(about.scaler);
  if (!training) return undefined;
  const resolved = resolveTraining("training", training.options, engine.plan.request);
  engine.prepare(1, resolved);
  resumeRecord(engine.memory, engine.plan, training);
  const optimizer = resolved.rules[0]!.spec;
  const { schedule } = training;
  const next = schedule && startSchedule(schedule.spec as ScheduleSpec, { baseLr: baseRate(optimizer) });
  next?.restore(schedule!.state);
  return new Pace(optimizer, next);
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
