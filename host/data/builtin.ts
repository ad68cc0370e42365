/** The datasets that need no file: two embedded ones, and five problems that the core generates. */
import { show, TrainletError } from "../errors.ts";
import { dataCore, type Generator } from "./core-access.ts";
import { Dataset, type Scale } from "./dataset.ts";
import { packedDigits } from "./digits-data.ts";
import { packedIris } from "./iris-data.ts";
import { checkOneOf, checkOptions, checkWhole } from "./validate.ts";

export interface GeneratedOptions {
  /** How many points. Default 1000. */
  rows?: number;
  /** Standard deviation of what is added to each coordinate; for blobs, of each cloud. */
  noise?: number;
  /** The same seed gives the same points. Default 0. */
  seed?: number;
}
export interface SpiralsOptions extends GeneratedOptions {
  /** Number of arms. Default 3. */
  classes?: number;
}
export interface BlobsOptions extends SpiralsOptions {
  /** Number of coordinates. Default 2. */
  features?: number;
}

/** The options that a problem has, the values where none is given, and the scaling that suits what it gives. */
interface Problem {
  options: readonly (keyof BlobsOptions)[];
  classes: number;
  noise: number;
  scale: Scale;
}
const problems: Readonly<Record<Generator, Problem>> = {
  moons: { options: ["rows", "noise", "seed"], classes: 2, noise: 0.1, scale: "none" },
  circles: { options: ["rows", "noise", "seed"], classes: 2, noise: 0.05, scale: "none" },
  spirals: { options: ["rows", "classes", "noise", "seed"], classes: 3, noise: 0.05, scale: "none" },
  blobs: { options: ["rows", "classes", "features", "noise", "seed"], classes: 3, noise: 1, scale: "standard" },
  xor: { options: ["rows", "noise", "seed"], classes: 2, noise: 0.1, scale: "none" },
};

/**
 * 1797 handwritten digits, 8 × 8 pixels: x 1797 × 64, grey values divided by 16 (0..1); y the digit. In the order of the
 * UCI test set.
 */
export async function digits(options: Record<string, never> = {}): Promise<Dataset> {
  checkOptions(options, [], "digits");
  const { x, y } = unpackDigits(packedDigits);
  const classNames = Array.from({ length: 10 }, (_, digit) => String(digit));
  const { permutation } = await dataCore();
  const sizes = { rows: 1797, features: 64, targets: 1, classes: 10 };
  return new Dataset({ x, y, ...sizes, classNames, scale: "none" }, permutation);
}

function unpackDigits(packed: string): { x: Float32Array; y: Int32Array } {
  const x = new Float32Array(1797 * 64);
  const y = new Int32Array(1797);
  let at = 0;
  let row = 0;
  for (let i = 0; i < packed.length; i++) {
    const code = packed.charCodeAt(i);
    if (code >= 97) x[at++] = (code - 97) / 16;
    else if (code >= 65) at += code - 63;
    else y[row++] = code - 48;
  }
  if (at !== x.length || row !== y.length) throw new TrainletError("INVALID_FILE", "digits: the package is damaged");
  return { x, y };
}

/**
 * Fisher's irises: x 150 × 4 (centimetres), y the species. The same dataset, schema included, as `csv()` makes of the
 * file, so a model of it predicts from such files too.
 */
export async function iris(options: Record<string, never> = {}): Promise<Dataset> {
  checkOptions(options, [], "iris");
  const x = Float32Array.from({ length: 600 }, (_, i) => Number(packedIris.slice(2 * i, 2 * i + 2)) / 10);
  const y = Int32Array.from({ length: 150 }, (_, row) => Math.floor(row / 50));
  const classNames = ["setosa", "versicolor", "virginica"];
  const featureNames = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
  const { permutation } = await dataCore();
  return new Dataset(
    {
      x,
      y,
      rows: 150,
      features: 4,
      targets: 1,
      classes: 3,
      classNames,
      featureNames,
      schema: {
        version: 1,
        header: true,
        missing: "error",
        columns: featureNames.map(name => ({ name, kind: "number" })),
        target: { kind: "class", name: "species", classes: classNames },
      },
      scale: "standard",
    },
    permutation,
  );
}

/** Two interleaving half circles: x rows × 2, y 0 or 1. Default noise 0.1. */
export async function moons(options: GeneratedOptions = {}): Promise<Dataset> {
  return await generated("moons", options);
}

/** A circle within another: x rows × 2, y 0 or 1. Default noise 0.05. */
export async function circles(options: GeneratedOptions = {}): Promise<Dataset> {
  return await generated("circles", options);
}

/** Interleaving spiral arms: x rows × 2, y the arm. Default noise 0.05. */
export async function spirals(options: SpiralsOptions = {}): Promise<Dataset> {
  return await generated("spirals", options);
}

/** Normally distributed clouds: x rows × features, y the cloud. Default noise 1. */
export async function blobs(options: BlobsOptions = {}): Promise<Dataset> {
  return await generated("blobs", options);
}

/** Points of the four quadrants, opposite ones in the same class: x rows × 2, y 0 or 1. Default noise 0.1. */
export async function xor(options: GeneratedOptions = {}): Promise<Dataset> {
  return await generated("xor", options);
}

async function generated(kind: Generator, options: BlobsOptions): Promise<Dataset> {
  const problem = problems[kind];
  checkOptions(options, problem.options, kind);
  const { rows = 1000, classes = problem.classes, features = 2, noise = problem.noise, seed = 0 } = options;
  checkWhole(classes, `${kind}: classes`, 2, 2 ** 31 - 1);
  checkWhole(rows, `${kind}: rows`, classes, 2 ** 31 - 1);
  checkWhole(features, `${kind}: features`, 1, 2 ** 31 - 1);
  checkWhole(seed, `${kind}: seed`, 0);
  if (typeof noise !== "number" || !(noise >= 0) || !Number.isFinite(Math.fround(noise))) {
    const message = `${kind}: noise must be a finite number of at least 0, got ${show(noise)}`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  const core = await dataCore();
  const { x, y } = core.generate(kind, { rows, classes, noise, seed, features });
  return new Dataset({ x, y, rows, features, targets: 1, classes, scale: problem.scale }, core.permutation);
}

const builtins = { digits, iris, moons, circles, spirals, blobs, xor };
export type BuiltinName = keyof typeof builtins;

/** The names that `builtin` and the command line know. */
export const builtinNames: readonly BuiltinName[] = ["digits", "iris", "moons", "circles", "spirals", "blobs", "xor"];

/** A built-in dataset by its name, for callers that have it as text; `options` are those of the named function. */
export async function builtin(name: BuiltinName, options: BlobsOptions = {}): Promise<Dataset> {
  // The function itself refuses the options that it does not have.
  return await builtins[checkOneOf(name, "builtin: name", builtinNames)](options as Record<string, never>);
}
