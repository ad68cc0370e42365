// Files of training data: CSV by options and by schemas, IDX, either of them gzipped.

import { gzipped, inflatedSize } from "../compressed.ts";
import { mutateIdx, someIdx } from "../idx-files.ts";
import { mutate, mutateOften } from "../mutate.ts";
import { expect, type Library, type Probe } from "../probe.ts";
import type { Random } from "../random.ts";
import { type Recipe, revive } from "../recipe.ts";
import { encode, mutateText, table } from "../tables.ts";
import { type Input, sizeOf, type Target } from "../target.ts";
import { anyValue } from "../values.ts";

type Dataset = Awaited<ReturnType<Library["data"]["csv"]>>;
const MiB = 2 ** 20;

function someText(random: Random): string {
  let text = table(random);
  for (let left = random.pick([0, 0, 1, 1, 2, 3, 6]); left > 0; left--) text = mutateText(random, text).slice(0, 2e6);
  return text;
}
function csvOptions(random: Random): Recipe {
  const options: { [name: string]: Recipe } = {
    target: random.pick<Recipe>(["y", "y", "y", -1, 0, null, ["y"], "h0", "c0"]),
  };
  const maybe = (name: string, values: readonly Recipe[], p = 0.15) => {
    if (random.chance(p)) options[name] = random.pick(values);
  };
  maybe("header", ["auto", true, false]);
  maybe("delimiter", ["auto", ",", ";", "\t", " ", "|", "x"]);
  maybe("task", ["auto", "classification", "regression"]);
  maybe("missing", ["error", "drop", "mean", "median", "mostFrequent", 0, 1e38], 0.7);
  maybe("exclude", [["h0"], []]);
  maybe("scale", ["none", "standard", "minmax"]);
  maybe("maxBytes", [1, 100, 1e6], 0.03);
  return random.chance(0.15) ? mutate(random, options, anyValue) : options;
}

async function runCsv(input: Input, library: Library, probe: Probe): Promise<void> {
  const { csv } = library.data;
  const source = "text" in input ? { text: String(input.text) } : (input.bytes as Uint8Array);
  const data = await probe.call("csv", () => csv(source, revive(input.options as Recipe) as never));
  if (data) await exercise(data, source, library, probe);
}
/** What a data set has to hold, and that its own schema reads the same file to the same numbers. */
async function exercise(data: Dataset, source: unknown, library: Library, probe: Probe): Promise<void> {
  const { x, y, rows, features, targets, schema } = data;
  const { csv } = library.data;
  expect("csv", x.length === rows * features && y.length === rows * targets, "sizes that do not fit");
  expect("csv", x.every(Number.isFinite) && y.every(Number.isFinite), "numbers that are not finite");
  if (schema && source) {
    const copy = await saved(data, library, probe);
    const missing = schema.missing === "drop" ? "drop" : undefined;
    const again = await probe.call("csv by its schema", () => csv(source as never, { schema: copy as never, missing }));
    if (again) expect("csv by its schema", same(again.x, x) && same(again.y, y), "other numbers by its own schema");
  }
  await probe.call("split", () => data.split({ test: 0.3, stratify: y instanceof Int32Array, seed: 1 }));
  await probe.call("take", () => data.take([rows - 1, 0]));
}
/** The schema as it comes back from the file of a model that was trained on the data. */
async function saved(data: Dataset, { trainlet }: Library, probe: Probe): Promise<unknown> {
  if (data.features > 200 || data.targets !== 1) return data.schema;
  const { dense, mse, sgd } = trainlet;
  const model = await trainlet.sequential([dense(1)], { inputs: data.features, loss: mse(), threads: 1 });
  const y = new Float32Array(data.rows);
  const trained = await probe.accepts("fit", () => model.fit({ ...data, y }, { optimizer: sgd() }));
  const bytes = trained && (await probe.call("toBytes", () => model.toBytes()));
  return bytes ? (await probe.must("fromBytes", () => trainlet.fromBytes(bytes))).schema : data.schema;
}
function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.prototype.every.call(a, (v, i) => v === b[i]);
}
function textSize(input: Input): number {
  return input.bytes instanceof Uint8Array ? inflatedSize(input.bytes) : sizeOf(input.text ?? "");
}
/** A few megabytes a second, however slow the machine. */
function patience(input: Input): number {
  return 200 * (textSize(input) / MiB);
}
/** Text and its cells are many times the bytes; a data set too. */
function dataBound(input: Input): number {
  const size = textSize(input);
  return 128 * MiB + 100 * Math.min(size + sizeOf(input.options ?? ""), 20 * MiB);
}

export const csvText: Target = {
  name: "csv",
  async make(random): Promise<Input> {
    const text = someText(random);
    const options = csvOptions(random);
    return random.chance(0.5) ? { text, options } : { bytes: encode(random, text), options };
  },
  run: runCsv,
  bound: dataBound,
  patience,
};

/** Schemas come with model files that nobody vouches for. */
export const csvSchema: Target = {
  name: "csv-schema",
  async make(random, { data: { csv } }): Promise<Input> {
    for (let attempt = 0; ; attempt++) {
      const text = table(random);
      try {
        const missing = random.pick(["error", "drop", "mean", "mostFrequent"] as const);
        const { schema } = await csv({ text }, { target: random.pick(["y", null]), missing });
        const changed = mutateOften(random, schema as never, 3, random.chance(0.5) ? anyValue : undefined);
        return { text: random.chance(0.3) ? mutateText(random, text) : text, options: { schema: changed } };
      } catch (error) {
        if (attempt > 100) throw error;
      }
    }
  },
  run: runCsv,
  bound: dataBound,
  patience,
};

export const idxFile: Target = {
  name: "idx",
  async make(random): Promise<Input> {
    const [images, labels] = someIdx(random);
    const pack = (bytes: Uint8Array) => (random.chance(0.15) ? gzipped(random, bytes) : bytes);
    const options: Recipe = {};
    if (random.chance(0.3)) options.classes = random.pick([1, 2, 10, 256]);
    if (random.chance(0.1)) options.classNames = ["a", "b", "c"];
    const changed = random.chance(0.15) ? mutate(random, options, anyValue) : options;
    const input: Input = { images: pack(mutateIdx(random, images)), options: changed };
    if (random.chance(0.7)) input.labels = pack(random.chance(0.5) ? mutateIdx(random, labels) : labels);
    return input;
  },
  async run({ images, labels, options }, { data: { idx } }, probe) {
    const call = () => idx(images as Uint8Array, labels as Uint8Array | undefined, revive(options as Recipe) as never);
    const data = await probe.call("idx", call);
    if (!data) return;
    const { x, y, rows, features, targets, classes } = data;
    expect("idx", x.length === rows * features && y.length === rows * targets, "sizes that do not fit");
    expect("idx", x.every(Number.isFinite), "numbers that are not finite");
    expect(
      "idx",
      y.every(label => label >= 0 && label < classes),
      "labels outside the classes",
    );
    await probe.call("split", () => data.split({ test: 0.3, seed: 1, stratify: targets > 0 }));
  },
  bound: ({ images, labels }) =>
    64 * MiB + 20 * (inflatedSize(images as Uint8Array) + (labels ? inflatedSize(labels as Uint8Array) : 0)),
};

export const gzipFile: Target = {
  name: "gzip",
  async make(random): Promise<Input> {
    let bytes = gzipped(random, encode(random, someText(random).slice(0, 50_000)));
    for (let left = random.pick([0, 0, 1, 1, 2]); left > 0; left--) {
      const at = random.below(random.chance(0.5) ? Math.min(bytes.length, 20) : bytes.length);
      bytes = random.choose<Uint8Array>(
        [1, () => bytes.slice(0, at)],
        [1, () => Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(3), ...bytes.subarray(at)])],
        [3, () => bytes.map((b, i) => (i === at ? random.below(256) : b))],
      );
    }
    return { bytes, options: csvOptions(random) };
  },
  run: runCsv,
  bound: dataBound,
  patience,
};
