/** The data to train on, as the options describe it, and its parts. */
import { type BuiltinName, builtin, type CsvOptions, csv, type Dataset, idx } from "../data/index.ts";
import { show, TrainletError } from "../errors.ts";
import { type DataSource, labelsOf } from "./data-source.ts";
import { bytesOnly, givenLimits } from "./limit-options.ts";
import type { TrainOptions } from "./settings.ts";
import { UsageError } from "./stop.ts";

export interface Parts {
  train: Dataset;
  /** What `fit` looks at after every epoch. */
  validation: Dataset | undefined;
  /** What nothing is learnt from. */
  test: Dataset | undefined;
}

/** Refuses options that the kind of data has no use for, before anything is read. */
export async function checkDataOptions(source: DataSource, options: TrainOptions): Promise<void> {
  if (source.kind === "csv") {
    if (options.target === undefined) {
      throw new UsageError(`--target is missing: name the column of ${source.name} to predict (-1: the last)`);
    }
    return;
  }
  const own = source.kind === "builtin" ? await builtinTarget(source.name) : undefined;
  const ofTables = ["target", "task", "missing", "exclude", "maxRows", "maxColumns", "maxCells"] as const;
  const given = (source.kind === "builtin" ? [...ofTables, "maxBytes" as const] : ofTables).find(
    name => options[name] !== undefined && !(name === "target" && own !== undefined && options.target!.join() === own),
  );
  const name = given ?? (options.header === undefined ? undefined : options.header ? "header" : "no-header");
  const flag = name?.replace(/[A-Z]/, letter => `-${letter.toLowerCase()}`);
  if (flag) throw new UsageError(`--${flag} is for CSV files; ${source.name} has its features and labels fixed`);
}

/** The column that a built-in table is about: naming it says nothing new, but nothing wrong either. */
async function builtinTarget(name: BuiltinName): Promise<string | undefined> {
  const target = (await builtin(name)).schema?.target;
  return target?.kind === "class" ? target.name : undefined;
}

export async function trainingData(source: DataSource, options: TrainOptions): Promise<Dataset> {
  const data = await read(source, options);
  if (data.y instanceof Int32Array && data.classes < 2) {
    throw new TrainletError("INVALID_ARGUMENT", `${source.name} has one class only; there is nothing to tell apart`);
  }
  return options.scale === undefined ? data : data.scaled(options.scale);
}

async function read(source: DataSource, options: TrainOptions): Promise<Dataset> {
  if (source.kind === "builtin") return await builtin(source.name);
  if (source.kind === "idx") return await idx(source.name, labelsOf(source), bytesOnly(options));
  const { missing, task, exclude } = options;
  const settings: CsvOptions = { missing, task, exclude, header: options.header, ...givenLimits(options) };
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const targets = options.target!.map(position);
  const target = targets.length === 1 ? targets[0]! : targets;
  const data = await csv(source.name, { ...given, target });
  // A header may hold "0", "1", …: then a name is meant, not a position.
  const named = options.target!.some(text => data.featureNames?.includes(text));
  return named
    ? await csv(source.name, { ...given, target: targets.length === 1 ? options.target![0]! : options.target! })
    : data;
}

function position(text: string): string | number {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

/** Test part first, so that it does not depend on what is validated on. */
export function divide(data: Dataset, options: TrainOptions, seed: number): Parts {
  const stratify = data.y instanceof Int32Array;
  const { rest, test } = testPart(data, options, seed, stratify);
  if (options.validation === undefined) return { train: rest, validation: undefined, test };
  const { train, test: validation } = rest.split({ test: options.validation, stratify, seed });
  return { train, validation, test };
}

function testPart(data: Dataset, options: TrainOptions, seed: number, stratify: boolean) {
  const { splitAt, test: share = 0.2 } = options;
  if (splitAt !== undefined) {
    if (splitAt < data.rows) return { rest: data.slice(0, splitAt), test: data.slice(splitAt) };
    const message = `--split-at ${splitAt} leaves no row to test on: there are ${show(data.rows)}`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  if (share === 0) return { rest: data, test: undefined };
  const { train, test } = data.split({ test: share, stratify, seed });
  return { rest: train, test };
}
