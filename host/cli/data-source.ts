/** DATA of the command line → where it is and what it holds: a CSV file, IDX files, or a built-in problem. */
import { open, stat } from "node:fs/promises";
import path from "node:path";
import { type BuiltinName, builtinNames } from "../data/index.ts";
import { show, TrainletError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { UsageError } from "./stop.ts";

export type DataSource =
  | { kind: "builtin"; name: BuiltinName }
  | { kind: "csv"; name: string }
  | { kind: "idx"; name: string; labels: string | undefined };

/** A name of a built-in is one, whatever lies in the folder (`./digits` is a file); anything else is a file. */
export async function findData(data: string, labels?: string): Promise<DataSource> {
  const source = await find(data, labels);
  if (labels === undefined || source.kind === "idx") return source;
  const what = source.kind === "csv" ? "a CSV file has its labels in a column" : `${data} has labels of its own`;
  throw new UsageError(`LABELS is ${show(labels)}, but ${what}; leave it out`);
}

async function find(data: string, labels: string | undefined): Promise<DataSource> {
  if ((builtinNames as readonly string[]).includes(data)) return { kind: "builtin", name: data as BuiltinName };
  const found = await stat(data).catch(() => undefined);
  if (!found) throw notFound(data);
  if (found.isDirectory()) throw new TrainletError("FILE_ERROR", `${show(data)} is a folder; name a file in it`);
  if (!(await isIdx(data, found.isFile()))) return { kind: "csv", name: data };
  return { kind: "idx", name: data, labels: labels ?? (await labelsBeside(data)) };
}

function notFound(data: string): TrainletError {
  const like = nearest(path.basename(data).split(".", 1)[0]!, builtinNames)!;
  const hint = path.extname(data) || data.includes("/") ? "check the path" : `did you mean ${show(like)}?`;
  const known = `built-in: ${builtinNames.join(", ")}`;
  return new TrainletError("FILE_NOT_FOUND", `there is no file or built-in data set ${show(data)}; ${hint} (${known})`);
}

/** By its name where that says it, else by how it starts: IDX with two zeros, which no text does. */
async function isIdx(file: string, regular: boolean): Promise<boolean> {
  const name = path.basename(file).toLowerCase();
  if (/\.(csv|tsv|txt)(\.gz)?$/.test(name)) return false;
  if (/idx\d/.test(name)) return true;
  if (!regular) return false; // a pipe can only be read once
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0 && buffer[1] === 0;
  } finally {
    await handle.close();
  }
}

/** MNIST's files come in pairs: t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz. */
async function labelsBeside(images: string): Promise<string | undefined> {
  const name = path.basename(images).replace(/images([-.])idx3/, "labels$1idx1");
  const beside = path.join(path.dirname(images), name);
  if (name === path.basename(images) || !(await stat(beside).catch(() => undefined))) return undefined;
  return beside;
}

/** The label file, which training and evaluation cannot do without. */
export function labelsOf(source: { name: string; labels: string | undefined }): string {
  if (source.labels !== undefined) return source.labels;
  const message = `${source.name}: no label file is named like it; give it as the second file`;
  throw new TrainletError("FILE_NOT_FOUND", message);
}
