// Model files: the header and the JSON in it, what training keeps, and bytes at random.
import { exercise } from "../exercise.ts";
import { grown } from "../meter.ts";
import { someFile } from "../models.ts";
import { expect, type Library, type Probe } from "../probe.ts";
import type { Random } from "../random.ts";
import { type FileParts, mutateBytes, mutateParts, pack } from "../safetensors.ts";
import type { Input, Target } from "../target.ts";

const MiB = 2 ** 20;

async function run(input: Input, library: Library, probe: Probe): Promise<void> {
  const bytes = bytesOf(input);
  const model = await probe.call("fromBytes", () => library.trainlet.fromBytes(bytes), [
    "INVALID_FILE",
    "OUT_OF_MEMORY",
  ]);
  const due = Math.max(64 * MiB, 32 * bytes.length) + 16 * MiB;
  expect(
    "fromBytes",
    grown() <= due,
    `${(grown() / MiB).toFixed(0)} MiB of WebAssembly memory for ${bytes.length} bytes`,
  );
  if (model) await exercise(model, library, probe);
}
function bytesOf({ bytes, file }: Input): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : pack(file as unknown as FileParts);
}
/** Copies of the model are loaded and trained, in instances of their own, each of what a file may ask for. */
function bound(input: Input): number {
  return 384 * MiB + 128 * bytesOf(input).length;
}

/** Structure: one to a few changes of the parts named. */
function structured(name: string, json: readonly string[]): Target {
  const make = async (random: Random, library: Library): Promise<Input> => {
    const file = await someFile(random, library);
    const other = await someFile(random, library);
    for (let left = random.pick([1, 1, 1, 2, 2, 3, 5]); left > 0; left--) mutateParts(random, file, other, json);
    return { file: file as unknown as Input };
  };
  return { name, make, run, bound };
}

export const modelSpec = structured("model-spec", ["spec", "about"]);
export const modelTraining = structured("model-training", ["training", "training", "spec"]);
export const modelBytes: Target = {
  name: "model-bytes",
  async make(random, library): Promise<Input> {
    let bytes = pack(await someFile(random, library));
    for (let left = random.pick([1, 1, 1, 2, 4]); left > 0; left--) bytes = mutateBytes(random, bytes) as never;
    return { bytes };
  },
  run,
  bound,
};
