// Models to begin with: small networks of every kind, some of them trained, made once for each number.
import type { FitOptions } from "../../host/fit.ts";
import type { Model } from "../../host/model.ts";
import type { Library } from "./probe.ts";
import { Random } from "./random.ts";
import { type Recipe, revive } from "./recipe.ts";
import { type FileParts, unpack } from "./safetensors.ts";
import { layers, schedule, spec, training } from "./specs.ts";

/** How many there are. */
const POOL = 240;
const made = new Map<number, Promise<FileParts>>();

/** The file of one of the models, taken apart; the caller may change it. */
export async function someFile(random: Random, library: Library): Promise<FileParts> {
  const place = random.below(POOL);
  let parts = made.get(place);
  if (!parts) {
    parts = build(place, library);
    made.set(place, parts);
  }
  const copy = structuredClone(await parts);
  // With a checksum that does not fit, nothing else of a file would be looked at.
  if (random.chance(0.9)) delete copy.metadata.checksum;
  return copy;
}

async function build(place: number, library: Library): Promise<FileParts> {
  for (let attempt = 0; ; attempt++) {
    const random = new Random("model", place, attempt);
    try {
      return unpack(await buildOne(random, place, library));
    } catch (error) {
      if (attempt === 300) throw error; // drawn options often do not go together
    }
  }
}

async function buildOne(random: Random, place: number, { trainlet }: Library): Promise<Uint8Array> {
  const list = layers(random, random.between(1, 5));
  const loss = random.chance(0.4) ? { type: random.pick(["crossEntropy", "mse"]) } : spec(random, "loss");
  const model = await trainlet.sequential(list, { inputs: random.between(1, 9), loss, seed: place, threads: 1 });
  if (place % 5 === 0) await fitNamed(model, random, { optimizer: trainlet.sgd() }); // first, since it has a scale
  if (place % 4 > 0) {
    const options = training(random, list.length);
    const withSchedule = random.chance(0.3) ? { ...options, schedule: schedule(random) as never } : options;
    model.compile(withSchedule as never);
    for (let step = 0; step < 3; step++) takeStep(model);
  }
  return model.toBytes({ optimizer: place % 4 > 0 });
}

/** Names of classes and features, a scaler and a schema belong to files as well. */
async function fitNamed(model: Model, random: Random, options: FitOptions): Promise<void> {
  const features = model.inputs;
  const featureNames = Array.from({ length: features }, (_, i) => `f${i}`);
  const columns = featureNames.map(name => ({
    name,
    kind: "number" as const,
    ...(random.chance(0.3) && { fill: 0.5 }),
  }));
  const target = random.chance(0.5) ? { kind: "number" as const, names: ["y"] } : null;
  const schema = { version: 1, header: true, missing: "error", columns, target };
  const scale = random.pick(["standard", "minmax"] as const);
  for (const kind of [0, 1]) {
    try {
      await model.fit({ ...batch(model, 6, kind), rows: 6, features, scale, featureNames, schema }, options);
      return;
    } catch (error) {
      if (kind === 1) throw error;
    }
  }
}

/** Rows for a model, with targets that its loss takes: indices where it takes them, else shares. */
export function batch(model: Model, rows: number, kind: number): { x: Float32Array; y: Int32Array | Float32Array } {
  const x = Float32Array.from({ length: rows * model.inputs }, (_, i) => Math.sin(i * 1.7 + kind));
  if (kind % 2) return { x, y: Float32Array.from({ length: rows * model.outputs }, (_, i) => 0.5 + Math.cos(i) / 2.1) };
  return { x, y: Int32Array.from({ length: rows }, (_, i) => i % Math.max(model.outputs, 2)) };
}

function takeStep(model: Model): void {
  for (const kind of [0, 1]) {
    const { x, y } = batch(model, 5, kind);
    try {
      model.trainBatch(x, y);
      return;
    } catch (error) {
      if (kind === 1) throw error;
    }
  }
}

/** A recipe as a spec for calls that take one. */
export function asAny(recipe: Recipe): never {
  return revive(recipe) as never;
}
