import { builtin } from "../builtin.ts";
import { show, TrainletError } from "../errors.ts";
import { collect, modelLimits } from "./bytes.ts";
import { checkReadable } from "./readable.ts";
import { removeAbandoned, temporaryName } from "./temporaries.ts";
import { inTurn } from "./turns.ts";

interface Node {
  fs: typeof import("node:fs");
  paths: typeof import("node:path");
}

/** Node's modules, asked for at the first use so that a browser can import this file; it then has nothing to offer. */
function node(): Node {
  const fs = builtin<Node["fs"]>("node:fs");
  const paths = builtin<Node["paths"]>("node:path");
  if (fs && paths) return { fs, paths };
  throw new TrainletError("UNSUPPORTED", "this runtime has no file system: use bytes in memory instead");
}

function checkPath(path: string): void {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new TrainletError("INVALID_ARGUMENT", `path is ${show(path)}, it should be the name of a file`);
  }
}

/** The system's word for what went wrong ("ENOENT"), or "" when the error did not come from the system. */
export function systemCode(error: unknown): string {
  // Not by its class: in a sandbox, such as a test runner's, the system's errors come from another realm.
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "";
}

/** What to do about each of the failures that a user can meet. */
const REMEDIES: Record<string, string> = {
  ENOENT: "its folder does not exist: create it first",
  ENOTDIR: "a part of it is not a folder: check the path",
  EISDIR: "it is a folder: name a file in it",
  EACCES: "permission is denied, or it is read-only: change the permissions or use another place",
  EPERM: "the system does not permit it: change the permissions or use another place",
  EROFS: "the file system is read-only: use another place",
  ENOSPC: "the disk is full: free some space",
  EDQUOT: "the disk quota is used up: free some space",
  ELOOP: "its symbolic links lead in a circle: repair them",
  ENAMETOOLONG: "the name is too long: use a shorter one",
  EBUSY: "another program uses it: close that one and try again",
  ERR_FS_FILE_TOO_LARGE: "it is larger than can be read at once: use a smaller file",
};

export function fileError(action: string, path: string, cause: unknown): TrainletError {
  if (cause instanceof TrainletError) return cause;
  const reason = (cause as Error | null | undefined)?.message ?? String(cause);
  const remedy = REMEDIES[systemCode(cause)] ?? `${reason}: check the path and try again`;
  return new TrainletError("FILE_ERROR", `cannot ${action} ${JSON.stringify(path)}: ${remedy}`, { cause });
}

/** Runs a step whose failure with `code` is an answer and not an error. */
function unless<T>(code: string[], step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (code.includes(systemCode(error))) return undefined;
    throw error;
  }
}

/** Where a write to `path` would land: behind every symbolic link, also behind one whose target is yet to be made. */
function destination({ fs, paths }: Node, path: string): string {
  const existing = unless(["ENOENT"], () => fs.realpathSync.native(path));
  if (existing !== undefined) return existing;
  const link = unless(["ENOENT", "EINVAL"], () => fs.readlinkSync(path)); // EINVAL: there, but not a link
  if (link === undefined) return path;
  // Relative to the real folder of the link and not normalised, for ".." after a linked folder is not its namesake's.
  const next = paths.isAbsolute(link) ? link : fs.realpathSync.native(paths.dirname(path)) + paths.sep + link;
  return destination({ fs, paths }, next);
}

/** The one name of the file that a path leads to, whether or not it and its folders are there yet. */
export function realName(path: string): string {
  const system = node();
  const { fs, paths } = system;
  const real = (name: string): string => {
    try {
      return fs.realpathSync.native(name);
    } catch {
      const parent = paths.dirname(name);
      return parent === name ? name : paths.join(real(parent), paths.basename(name));
    }
  };
  let target = path;
  try {
    target = destination(system, path);
  } catch {
    // What is wrong with it is said when it is used.
  }
  return real(target);
}

/** Does something to a file after all that was begun before. Names that some file system takes for one count as one. */
export function inTurnOf<T>(path: string, action: () => Promise<T>): Promise<T> {
  return inTurn(globalThis, `file:${realName(path).normalize().toLowerCase()}`, action);
}

/** The permissions of the file to be replaced, or undefined when there is none; refuses what is not a plain file, and
 * what may not be written to: a rename would ask the folder alone. */
function permissions({ fs }: Node, path: string): number | undefined {
  const stats = unless(["ENOENT"], () => fs.statSync(path));
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
  // A rename would take a device or pipe away from everyone else.
  if (!stats.isFile()) throw new Error("it is not a regular file");
  // A mark that forbids everyone to write is meant for root too, whom the system would let.
  if (!(stats.mode & 0o222)) throw Object.assign(new Error("is read-only"), { code: "EACCES" });
  fs.accessSync(path, fs.constants.W_OK);
  return stats.mode & 0o777;
}

/**
 * Writes a file so that whoever reads `path`, also after a crash, finds the old content or the new one, never a part.
 * Writes to one file take place in the order of the calls. The file keeps its permissions, and a symbolic link stays:
 * what it points to is replaced. `bytes` should not change until the promise settles. Node only.
 *
 * @param prepare What is to be done right before, when the bytes are there.
 * @throws TrainletError `FILE_ERROR` when it cannot be written; the old file is then as it was.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array | string | Promise<Uint8Array>,
  prepare?: () => unknown,
): Promise<void> {
  checkPath(path);
  const system = node();
  await inTurnOf(path, async () => {
    const content = await bytes;
    try {
      await prepare?.();
      await replace(system, path, content);
    } catch (error) {
      throw fileError("write", path, error);
    }
  });
}

async function replace(system: Node, path: string, content: Uint8Array | string): Promise<void> {
  const { fs, paths } = system;
  const target = destination(system, path);
  const mode = permissions(system, target);
  const folder = paths.dirname(target);
  await removeAbandoned(folder);
  const temporary = paths.join(folder, temporaryName()); // a rename works within one file system
  const handle = await fs.promises.open(temporary, "wx", mode ?? 0o666);
  try {
    try {
      if (mode !== undefined) await handle.chmod(mode); // the mode at opening is subject to the umask
      await handle.writeFile(content);
      await handle.sync(); // else a crash could keep the rename and lose the content
    } finally {
      await handle.close();
    }
    await fs.promises.rename(temporary, target);
  } catch (error) {
    await fs.promises.rm(temporary, { force: true }).catch(() => {}); // the first failure is the one to report
    throw error;
  }
}

/**
 * Reads a whole file. Node only.
 *
 * @throws TrainletError `FILE_NOT_FOUND` when there is none, `FILE_ERROR` when it is no file or cannot be read.
 */
export async function readFileChecked(path: string): Promise<Uint8Array> {
  checkPath(path);
  const { fs } = node();
  try {
    // The standard input, say, does not tell its length: it is read in pieces, within a bound.
    const streamed = (await checkReadable(fs.promises, path)) ? undefined : streamOf(path);
    if (streamed) return await collect(streamed, JSON.stringify(path), modelLimits);
    const { buffer, byteOffset, byteLength } = await fs.promises.readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength); // plain: the methods of a Buffer differ
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw fileError("read", path, cause);
    throw new TrainletError("FILE_NOT_FOUND", `there is no file ${JSON.stringify(path)}: check the path`, { cause });
  }
}

function streamOf(path: string): AsyncIterable<Uint8Array> | undefined {
  return builtin<typeof import("node:fs")>("node:fs")?.createReadStream(path, { highWaterMark: 1 << 20 });
}
