/** The files that a command will write, looked at before the work and not after it. */
import { access, constants, open, readlink, realpath, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { show, TrainletError } from "../errors.ts";
import { temporaryName } from "../files/temporaries.ts";
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
  if (/[/\\]$/.test(file) && (file.endsWith("/") || path.sep === "\\"))
    throw fail("this names a folder; name a file in it");
  const there = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw fail(error.code === "ENAMETOOLONG" ? "the name is too long; use a shorter one" : error.message);
  });
  if (there?.isDirectory()) throw fail("this is a folder; name a file in it");
  if (there && !there.isFile()) throw fail("this is not a regular file; use another name");
  const writable =
    there &&
    (await access(file, constants.W_OK).then(
      () => true,
      () => false,
    ));
  // Root may write to what is read-only, but nobody meant that.
  if (there && (!writable || (there.mode & 0o222) === 0))
    throw fail("this file is read-only; use another name or change that");
  const folder = path.dirname(await behindLinks(file));
  const parent = await stat(folder).catch(() => undefined);
  if (!parent?.isDirectory()) throw fail("its folder does not exist; create it first");
  await tryToWrite(folder).catch((error: NodeJS.ErrnoException) => {
    const what =
      error.code === "ENOSPC" || error.code === "EDQUOT" ? "the disk is full" : "its folder cannot be written to";
    throw fail(`${what}; use another one`);
  });
}

/** Permissions do not tell all: a file system may be read-only, or full. */
async function tryToWrite(folder: string): Promise<void> {
  const file = path.join(folder, temporaryName());
  const handle = await open(file, "wx");
  await handle.close();
  await unlink(file);
}

/** Where a symbolic link leads, also one to a file that is yet to be made. */
async function behindLinks(file: string, links = 0): Promise<string> {
  const next = await readlink(file).catch(() => undefined);
  return next === undefined || links > 40 ? file : await behindLinks(path.resolve(path.dirname(file), next), links + 1);
}

async function real(file: string): Promise<string> {
  return await realpath(file).catch(() => realParent(file));
}

/** Of a file that is not there yet: two names that lead to the same place are the same. */
async function realParent(file: string): Promise<string> {
  const whole = path.resolve(await behindLinks(file));
  const folder = await realpath(path.dirname(whole)).catch(() => path.dirname(whole));
  return path.join(folder, path.basename(whole));
}
