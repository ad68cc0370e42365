// Writing a file of the origin private file system as a whole: under another name first, which is then moved.
import { TrainletError } from "../errors.ts";
import { LONG, temporary } from "../files/temporaries.ts";

/** What not every browser has, and what the types of none have. */
interface Handle {
  createWritable?(): Promise<FileSystemWritableFileStream>;
  /** Safari before 26 has only this, in workers. */
  createSyncAccessHandle?(): Promise<{
    write(bytes: Uint8Array, options: { at: number }): number;
    truncate(size: number): void;
    flush(): void;
    close(): void;
  }>;
  move?(parent: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/** Writes a file of the folder; the step that puts it in place is done by `alone`. */
export async function writeInto(
  parent: FileSystemDirectoryHandle,
  file: string,
  bytes: Uint8Array,
  alone: (step: () => Promise<void>) => Promise<void>,
): Promise<void> {
  if (!("move" in FileSystemFileHandle.prototype)) {
    // What createWritable takes stands in the file when it is closed, not before.
    return await alone(async () => await put(await parent.getFileHandle(file, { create: true }), bytes));
  }
  await removeAbandoned(parent);
  const name = `.trainlet-${crypto.randomUUID()}.tmp`;
  await holding(name, {}, async () => {
    const handle: Handle = await parent.getFileHandle(name, { create: true });
    try {
      await put(handle, bytes);
      await alone(async () => {
        await refuseFolder(parent, file);
        await handle.move!(parent, file);
      });
    } catch (error) {
      await parent.removeEntry(name).catch(() => {}); // the first failure is the one to report
      throw error;
    }
  });
}

/** Holds the lock of a temporary file, which ends with its page; `action` learns whether it has it. */
async function holding(name: string, options: LockOptions, action: (has: boolean) => Promise<void>): Promise<void> {
  const { locks } = navigator;
  if (locks) await locks.request(`trainlet:${name}`, options, lock => action(lock !== null));
  else await action(!options.ifAvailable);
}

/** Removes what pages that were closed in the middle have left. What cannot be removed stays. */
export async function removeAbandoned(folder: FileSystemDirectoryHandle, names?: readonly string[]): Promise<void> {
  try {
    let left = names;
    if (!left) {
      const all: string[] = [];
      for await (const name of folder.keys()) all.push(name);
      left = all;
    }
    for (const name of left) {
      if (!temporary.test(name)) continue;
      await holding(name, { ifAvailable: true }, async free => {
        const old = async () => (await (await folder.getFileHandle(name)).getFile()).lastModified < Date.now() - LONG;
        if (free || (await old())) await folder.removeEntry(name);
      });
    }
  } catch {
    // Another page may have been faster.
  }
}

async function put(handle: Handle, bytes: Uint8Array): Promise<void> {
  if (handle.createWritable) {
    const stream = await handle.createWritable();
    try {
      await stream.write(bytes as Uint8Array<ArrayBuffer>);
    } catch (error) {
      await stream.abort().catch(() => {});
      throw error;
    }
    await stream.close();
  } else if (handle.createSyncAccessHandle) {
    const access = await handle.createSyncAccessHandle();
    try {
      access.truncate(0);
      for (let at = 0; at < bytes.length; ) at += access.write(bytes.subarray(at), { at });
      access.flush();
    } finally {
      access.close();
    }
  } else {
    const remedy = "save in a worker, or use indexedDb()";
    throw new TrainletError("UNSUPPORTED", `opfs: this browser writes files in workers only; ${remedy}`);
  }
}

/** Browsers differ in what a move onto a folder does. */
async function refuseFolder(parent: FileSystemDirectoryHandle, file: string): Promise<void> {
  await parent.getFileHandle(file).catch((error: Error) => {
    if (error.name !== "NotFoundError") throw error;
  });
}
