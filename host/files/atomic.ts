import { builtin } from "../builtin.ts";
import { show, TrainletError } from "../errors.ts";
import { collect, modelLimits } from "./bytes.ts";
import { checkReadable } from "./readable.ts";

let written = 0;

interface Node {
  fs: typeof import("node:fs/promises");
  paths: typeof import("node:path");
}

/** Node's modules, asked for at the first use so that a browser can import this file; it then has nothing to offer. */
function node(): Node {
  const fs = builtin<Node["fs"]>("node:fs/promises");
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
  EACCES: "permission is denied: change the permissions or use another place",
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
async function unless<T>(code: string[], step: Promise<T>): Promise<T | undefined> {
  try {
    return await step;
  } catch (error) {
    if (code.includes(systemCode(error))) return undefined;
    throw error;
  }
}

/** Where a write to `path` would land: behind every symbolic link, also behind one whose target is yet to be made. */
async function destination({ fs, paths }: Node, path: string): Promise<string> {
  const existing = await unless(["ENOENT"], fs.realpath(path));
  if (existing !== undefined) return existing;
  const link = await unless(["ENOENT", "EINVAL"], fs.readlink(path)); // EINVAL: there, but not a link
  if (link === undefined) return path;
  // Relative to the real folder of the link and not normalised, for ".." after a linked folder is not its namesake's.
  const next = paths.isAbsolute(link) ? link : (await fs.realpath(paths.dirname(path))) + paths.sep + link;
  return destination({ fs, paths }, next);
}

/** The permissions of the file to be replaced, or undefined when there is none; refuses what is not a plain file. */
async function permissions({ fs }: Node, path: string): Promise<number | undefined> {
  const stats = await unless(["ENOENT"], fs.stat(path));
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
  // A rename would take a device or pipe away from everyone else.
  if (!stats.isFile()) throw new Error("it is not a regular file");
  return stats.mode & 0o777;
}

/** A name that no other write uses, in this process or another. It does not grow with the target's, which may be long. */
function temporaryName(): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `.trainlet-${process.pid}-${written++}-${[...random].map(word => word.toString(36)).join("")}.tmp`;
}

/**
 * Writes a file so that whoever reads `path`, also after a crash, finds the old content or the new one, never a part.
 * The file keeps its permissions, and a symbolic link stays: what it points to is replaced. `bytes` should not change
 * until the promise settles. Node only.
 *
 * @throws TrainletError `FILE_ERROR` when it cannot be written; the old file is then as it was.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | string): Promise<void> {
  checkPath(path);
  const system = node();
  const { fs, paths } = system;
  try {
    const target = await destination(system, path);
    const mode = await permissions(system, target);
    const temporary = paths.join(paths.dirname(target), temporaryName()); // a rename works within one file system
    const handle = await fs.open(temporary, "wx", mode ?? 0o666);
    try {
      try {
        if (mode !== undefined) await handle.chmod(mode); // the mode at opening is subject to the umask
        await handle.writeFile(bytes);
        await handle.sync(); // else a crash could keep the rename and lose the content
      } finally {
        await handle.close();
      }
      await fs.rename(temporary, target);
    } catch (error) {
      await fs.rm(temporary, { force: true }).catch(() => {}); // the first failure is the one to report
      throw error;
    }
  } catch (error) {
    throw fileError("write", path, error);
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
    const streamed = (await checkReadable(fs, path)) ? undefined : streamOf(path);
    if (streamed) return await collect(streamed, JSON.stringify(path), modelLimits);
    const { buffer, byteOffset, byteLength } = await fs.readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength); // plain: the methods of a Buffer differ
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw fileError("read", path, cause);
    throw new TrainletError("FILE_NOT_FOUND", `there is no file ${JSON.stringify(path)}: check the path`, { cause });
  }
}

function streamOf(path: string): AsyncIterable<Uint8Array> | undefined {
  return builtin<typeof import("node:fs")>("node:fs")?.createReadStream(path, { highWaterMark: 1 << 20 });
}
