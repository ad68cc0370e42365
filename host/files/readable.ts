import { show, TrainletError } from "../errors.ts";

/** What is asked of a file system: `node:fs/promises` has it, whose types a user's project may not have. */
interface FileSystem {
  stat(path: string): Promise<Record<"isFile" | "isDirectory" | "isFIFO" | "isSocket", () => boolean>>;
}

/** What a shell hands to a program under a name: its standard input, and the pipes of `<(command)`. */
const handed = /^\/(dev\/(stdin|fd\/\d+)|proc\/(self|\d+)\/fd\/\d+)$/;

/**
 * Throws unless `path` leads to a file or to something that this process was handed: a device may never end, and a named
 * pipe waits for a writer who may never come. Whoever reads what is handed has to mind its length. Gives whether it is a file.
 * @throws the system's error where there is nothing
 */
export async function checkReadable(fs: FileSystem, path: string): Promise<boolean> {
  const found = await fs.stat(path);
  if (found.isFile()) return true;
  if (found.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
  if (handed.test(path)) return false;
  const kind = found.isFIFO() ? "named pipe" : found.isSocket() ? "socket" : "device";
  throw new TrainletError("FILE_ERROR", `${show(path)} is a ${kind} and no regular file: copy what it gives into one`);
}
