// Models from the bytes of a file.
import { make } from "./create.ts";
import { checkSchema } from "./data/schema.ts";
import type { Engine } from "./engine.ts";
import { show, TrainletError } from "./errors.ts";
import type { BytesInput } from "./files/bytes.ts";
import type { StoredTensor } from "./files/safetensors.ts";
import { checkSpec, freeze } from "./make-spec.ts";
import { Model } from "./model.ts";
import { decodeModel, type ModelFile } from "./model-file.ts";
import { Pace } from "./pace.ts";
import type { Plan } from "./plan.ts";
import { baseRate } from "./rates.ts";
import { Schedule } from "./schedules/base.ts";
import { fetchFor } from "./schedules/known.ts";
import { type ScheduleSpec, type ScheduleState, startSchedule } from "./schedules/schedule.ts";
import { fetchPlace } from "./storage/fetch-place.ts";
import type { ModelStorage } from "./storage/storage.ts";
import { hexOf, ownName, type StoredParts, storedTensors, sumOf, TRAINING } from "./stored.ts";
import { resolveTraining, trainingOptions } from "./training.ts";
import { checkSound, type Kept, resumeRecord, type TrainingRecord } from "./training-state.ts";

/** What a model may take by itself: so many bytes, or so many times what its file has. Dense layers take at most a few
 * times their weights; layers without weights, of which a file of nothing could have any number, have to fit here. */
const FLOOR = 64 * 2 ** 20;
const TIMES = 32;

export interface FromBytesOptions {
  /** What messages call the bytes. Default "bytes". */
  name?: string;
  /** The most bytes of memory that the model may take. Default: 64 MiB or 32 times the file, whichever is more. */
  maxBytes?: number;
}
export interface LoadOptions extends Omit<FromBytesOptions, "name"> {
  /** Where the name belongs: an adapter of `trainlet/storage`, or one's own. Default: the file system. */
  storage?: ModelStorage;
}

/** Reads a model that `save` wrote: a file (Node, Deno, Bun), or what is under a name of the storage.
 * @throws TrainletError FILE_NOT_FOUND, FILE_ERROR, INVALID_FILE, UNSUPPORTED where there is no file system or no such
 * storage, and as the storage says.
 */
export async function load(name: string, options: LoadOptions = {}): Promise<Model> {
  checkSpec("load", options, "storage:any maxBytes(0,inf)");
  const { storage, ...more } = options;
  const { readFrom } = await fetchPlace();
  return fromBytes(await readFrom(storage, name), { name, ...more });
}

/** The model in the bytes of a file, in whatever form they come: `fromBytes(fetch("model.safetensors"))`. In place of
 * options a name will do, for messages.
 * @throws TrainletError INVALID_FILE for bytes that are no model, more than 2 GiB, or a model of more than maxBytes,
 * FILE_ERROR for a stream that failed or a response that is not ok, INVALID_ARGUMENT for what is not bytes,
 * OUT_OF_MEMORY.
 */
export async function fromBytes(input: BytesInput, options: FromBytesOptions | string = {}): Promise<Model> {
  const given = typeof options === "string" ? { name: options } : options;
  checkSpec("fromBytes", given, "name:string maxBytes(0,inf)");
  const { name = "bytes", maxBytes } = given;
  // What reads the other forms is a file of its own, since many a page that loads models has their bytes.
  const bytes = input instanceof Uint8Array ? input : await (await import("./files/bytes.ts")).bytesOf(input, name);
  const file = decodeModel(bytes, name);
  const { inputs, loss, seed, training } = file;
  try {
    await fetchFor(training?.schedule?.spec);
    const { engine, spec } = await make(
      file.layers,
      { inputs, loss, seed },
      {
        training: network => {
          if (!training) return undefined;
          checkSpec("training", training.options, trainingOptions);
          return resolveTraining("training", training.options, network);
        },
        // Shapes are compared before anything of their size is allocated.
        admit: (memory, plan) => checkTensors(storedTensors(memory, plan, partsOf(file, plan)), file.tensors),
        guard: within(maxBytes ?? Math.max(FLOOR, TIMES * bytes.length)),
      },
    );
    const pace = fill(engine, file);
    const { scaler: _inPlace, ...about } = file.about;
    return new Model(engine, spec, { about: freeze(about), pace, fitted: training?.fitted });
  } catch (cause) {
    if (!(cause instanceof TrainletError) || cause.code === "OUT_OF_MEMORY") throw cause;
    throw new TrainletError("INVALID_FILE", `${name}: ${cause.message}`, { cause });
  }
}

/** Refuses memory beyond `most` bytes. */
function within(most: number): (end: number) => void {
  return end => {
    if (end <= most) return;
    const message = `the model takes more than ${most} bytes of memory, the most for such a file; if you trust it, load it with a larger maxBytes`;
    throw new TrainletError("INVALID_FILE", message);
  };
}

function partsOf({ about, training, tensors }: ModelFile, plan: Plan): StoredParts {
  // Earlier versions kept no statistics beside training's own weights.
  const own = [plan.parameters, plan.statistics].flatMap(list => {
    const named = list.map(t => ({ ...t, name: ownName(t.name) }));
    return tensors.has(named[0]?.name ?? "") ? named : [];
  });
  return { scaled: about.scaler !== undefined, training: training !== undefined, own };
}

/** Puts the tensors of a file in their places, straight from its bytes, and the counts; gives how training goes on. */
function fill(engine: Engine, file: ModelFile): Pace | undefined {
  const { memory, plan } = engine;
  const kept = new Map<string, Kept>();
  const parts = partsOf(file, plan);
  for (const k of storedTensors(memory, plan, parts)) kept.set(k.name, k);
  const stored = [...file.tensors.values()];
  let sum = sumOf(memory, file.texts, stored);
  let broken: string | undefined;
  for (const tensor of stored) {
    const { at, length, raw } = kept.get(tensor.name)!;
    const bytes = put(engine, tensor, at);
    sum = memory.core.checksum(sum, at, bytes);
    if (!raw && memory.core.firstNonFinite(at, length) >= 0) broken ??= tensor.name;
  }
  // Weights that training goes on from have the same places as the model's own.
  if (parts.own?.length) {
    for (const { name, at } of plan.tensors) put(engine, file.tensors.get(name)!, at);
    const weights = engine.snapshot();
    for (const { name, at } of parts.own) put(engine, file.tensors.get(name)!, at);
    engine.evalWeights.parkAt(weights);
  }
  const hex = hexOf(sum);
  let problem = broken && `the tensor ${show(broken)} has a number that is not finite`;
  let pace: Pace | undefined;
  try {
    if (file.training) resumeRecord(memory, plan, file.training);
    checkSound(memory, plan.rules);
    pace = paceOf(engine, file);
    // Data sets of one's own may say anything of their columns; those of trainlet/data have a version.
    if (file.about.schema && "version" in (file.about.schema as object)) checkSchema(file.about.schema);
  } catch (error) {
    problem ??= (error as Error).message;
  }
  if (file.checksum !== undefined && file.checksum !== hex) {
    const damage = `the file is damaged, or another program has changed it: its checksum is ${show(file.checksum)}, its content has "${hex}". Without "checksum" in the metadata it is read as it stands`;
    throw new TrainletError("INVALID_FILE", problem ? `${problem}; ${damage}` : damage);
  }
  if (problem) throw new TrainletError("INVALID_FILE", problem);
  if (file.about.scaler) engine.useScaler();
  return pace;
}
/** Copies a tensor to its place; gives its bytes there. */
function put({ memory }: Engine, { dtype, bytes, read }: StoredTensor, at: number): number {
  const plain = dtype === "F32" || dtype === "U8";
  const source = plain ? bytes : new Uint8Array(read().buffer);
  memory.u8(at, source.length).set(source);
  return source.length;
}

/** How training goes on, where the file says that. */
function paceOf({ plan }: Engine, { training }: ModelFile): Pace | undefined {
  if (!training) return undefined;
  const optimizer = plan.request.training!.rules[0]!.spec;
  return new Pace(optimizer, training.schedule && scheduleOf(training.schedule, baseRate(optimizer)));
}

/** The schedule of a file, where it stood. */
function scheduleOf({ spec, state, steps }: NonNullable<TrainingRecord["schedule"]>, baseLr: number): Schedule {
  if (steps !== undefined && !(Number.isSafeInteger(steps) && steps > 0)) {
    throw new TrainletError("INVALID_FILE", `the schedule's run has ${show(steps)} steps`);
  }
  let given = spec as ScheduleSpec;
  // Earlier versions wrote down that this one counts batches, which it never did.
  if (given?.type === "reduceOnPlateau") given = { ...given, per: undefined };
  const start = (length: number | undefined) => {
    const schedule = startSchedule(given, { baseLr, steps: length, monitor: "loss", call: "fitSteps" }, "batch");
    schedule.restore(state);
    return schedule;
  };
  try {
    return start(steps);
  } catch (error) {
    if (steps !== undefined) throw error;
    // They do not hold the length of a run either. What fails for another reason fails here again.
    return ofUnknownLength(start(2 ** 30));
  }
}

/** Stands for a schedule whose length nobody knows any more: everything but training goes on. In a function, as a bundler
 * keeps a class that extends another, and with it this file, in pages that load nothing. */
function ofUnknownLength(known: Schedule): Schedule {
  class OfUnknownLength extends Schedule {
    protected override rate(): number {
      const message = `the file that the model is from does not say how long the run of its schedule ${this.spec.type} is; give fit or fitSteps an optimizer and a schedule, or call compile`;
      throw new TrainletError("NOT_COMPILED", message);
    }
    override get state(): ScheduleState {
      return known.state;
    }
  }
  return new OfUnknownLength({
    spec: known.spec,
    per: "batch",
    minLr: 0,
    context: { ...known.context, steps: undefined },
  });
}

/** Throws unless the file has exactly the wanted tensors, each of its type and shape. */
function checkTensors(wanted: Iterable<Kept>, found: ModelFile["tensors"]): void {
  const isState = (name: string) => name.startsWith(TRAINING);
  const called = (name: string) => show(isState(name) ? name.slice(TRAINING.length) : name);
  const fail = (problem: string) => new TrainletError("INVALID_FILE", problem);
  const names = new Set<string>();
  for (const { name, shape, length, raw } of wanted) {
    names.add(name);
    const given = found.get(name);
    const what = `the ${isState(name) ? "state" : "tensor"} ${called(name)}`;
    if (!given) throw fail(`${what} is missing`);
    if (!(raw ? ["U8"] : ["F32", "F16", "BF16", "F64"]).includes(given.dtype))
      throw fail(`${what} is not of type ${raw ? "U8" : "F32"}`);
    if (given.shape.length === shape.length && given.shape.every((n, i) => n === shape[i])) continue;
    const [own, wants] = [given.shape, shape].map(s => `[${s.join(", ")}]`);
    if (!isState(name)) throw fail(`${what} has shape ${own}; the network has ${wants}`);
    const count = given.shape.reduce((a, b) => a * b, 1);
    throw fail(`${what} has ${count} elements in shape ${own}; the rule keeps ${length} in shape ${wants}`);
  }
  for (const name of found.keys()) {
    if (!names.has(name))
      throw fail(`the ${isState(name) ? "rule keeps no state" : "network has no tensor"} ${called(name)}`);
  }
}
