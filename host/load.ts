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
import { Schedule } from "./schedules/base.ts";
import { fetchFor } from "./schedules/known.ts";
import { type ScheduleSpec, type ScheduleState, startSchedule } from "./schedules/schedule.ts";
import { fetchPlace } from "./storage/fetch-place.ts";
import type { ModelStorage } from "./storage/storage.ts";
import { setTensors } from "./tensors.ts";
import { resolveTraining } from "./training.ts";
import { resumeRecord, type TrainingRecord } from "./training-state.ts";

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
  const { readFrom } = await fetchPlace();
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
    return new Model(engine, spec, { about: file.about, pace: adopt(engine, file), fitted: file.training?.fitted });
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
  resumeRecord(engine, training);
  const optimizer = resolved.rules[0]!.spec;
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
    return new OfUnknownLength(start(2 ** 30));
  }
}

/** Stands for a schedule whose length nobody knows any more: everything but training goes on. */
class OfUnknownLength extends Schedule {
  readonly #known: Schedule;
  constructor(known: Schedule) {
    super({ spec: known.spec, per: "batch", minLr: 0, context: { ...known.context, steps: undefined } });
    this.#known = known;
  }
  protected override rate(): number {
    const message = `the file that the model is from does not say how long the run of its schedule ${this.spec.type} is; give fit or fitSteps an optimizer and a schedule, or call compile`;
    throw new TrainletError("NOT_COMPILED", message);
  }
  override get state(): ScheduleState {
    return this.#known.state;
  }
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
