/** The files that a command will write, looked at before the work and not after it. */
import { access, constants, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { show, TrainletError } from "../errors.ts";
import { UsageError } from "./stop.ts";

/** Refuses a file that the command also reads or writes elsewhere, and one that could not be written. */
export async function checkOutputs(
  outputs: readonly { option: string; path: string | undefined }[],
  inputs: readonly (string | undefined)[],
): Promise<void> {
  const taken = new Map<string, string>();
  for (const input of inputs) if (input !== undefined) taken.set(await real(input), show(input));
  for (const { option, path: file } of outputs) {
    if (file === undefined) continue;
    if (file === "") throw new UsageError(`${option} is empty; give the name of a file`);
    const place = await real(file);
    const other = taken.get(place);
    if (other) throw new UsageError(`${option} ${show(file)} would overwrite ${other}; give another name`);
    taken.set(place, option);
    await checkPlace(option, file);
  }
}

async function checkPlace(option: string, file: string): Promise<void> {
  const fail = (what: string) => new TrainletError("FILE_ERROR", `${option} ${show(file)}: ${what}`);
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw fail("this is a folder; name a file in it");
  if (there && !there.isFile()) throw fail("this is not a regular file; use another name");
  const folder = path.dirname(file);
  const parent = await stat(folder).catch(() => undefined);
  if (!parent?.isDirectory()) throw fail("its folder does not exist; create it first");
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable) throw fail("its folder cannot be written to; use another one");
}

async function real(file: string): Promise<string> {
  return await realpath(file).catch(() => path.resolve(file));
}
