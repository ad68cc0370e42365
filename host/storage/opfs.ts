// Models as files of the origin private file system: pages and workers of browsers.
import { show, TrainletError } from "../errors.ts";
import { temporary } from "../files/temporaries.ts";
import { inTurn, takesTurns } from "../files/turns.ts";
import { removeAbandoned, writeInto } from "./opfs-write.ts";
import { checkBytes, type ModelStorage, notFound, partsOf, storeError } from "./storage.ts";

/**
 * The files of a folder in the origin private file system, and of the folders in it, which are made when something is
 * written. A file is replaced as a whole, and not while it is being read.
 * @throws TrainletError from its methods: FILE_NOT_FOUND, FILE_ERROR, INVALID_ARGUMENT for a bad name, UNSUPPORTED
 * where there is no such file system.
 */
export function opfs(folder = "trainlet"): ModelStorage {
  const base = partsOf(folder, "opfs: folder");
  const turnOf = (name: string, call: string) => `opfs:${[...base, ...partsOf(name, call)].join("/")}`;

  /** Finds the folder of a name and does something there, alone or together with other readers. */
  async function within<T>(
    call: string,
    name: string,
    create: boolean,
    action: (parent: FileSystemDirectoryHandle, file: string, key: string) => Promise<T>,
  ): Promise<T> {
    const parts = [...base, ...partsOf(name, call)];
    const file = parts.pop()!;
    try {
      let parent = await root();
      for (const part of parts) parent = await parent.getDirectoryHandle(part, { create });
      return await action(parent, file, [...parts, file].join("/"));
    } catch (cause) {
      if (isMissing(cause) && !create) throw notFound(`file ${show(name)} in ${show(folder)}`, cause);
      throw storeError(`opfs: cannot ${call} ${show(name)}`, cause);
    }
  }

  return {
    async read(name) {
      return await within("read", name, false, (parent, file, key) =>
        locked(key, "shared", async () => {
          const content = await (await parent.getFileHandle(file)).getFile();
          return new Uint8Array(await content.arrayBuffer());
        }),
      );
    },
    write: takesTurns(async (name, bytes) => {
      const given = checkBytes(bytes, "write");
      await inTurn(globalThis, turnOf(name, "write"), async () => {
        const value = await given;
        await within("write", name, true, (parent, file, key) =>
          writeInto(parent, file, value, action => locked(key, "exclusive", action)),
        );
      });
    }),
    async remove(name) {
      const gone = inTurn(globalThis, turnOf(name, "remove"), () =>
        within("remove", name, false, (parent, file, key) =>
          locked(key, "exclusive", async () => {
            await parent.getFileHandle(file); // else a folder would be removed as well
            await parent.removeEntry(file);
          }),
        ),
      );
      await gone.catch((error: TrainletError) => {
        if (error.code !== "FILE_NOT_FOUND") throw error;
      });
    },
    async list() {
      try {
        let parent = await root();
        for (const part of base) parent = await parent.getDirectoryHandle(part);
        return (await namesIn(parent, "")).sort();
      } catch (cause) {
        if (isMissing(cause)) return [];
        throw storeError(`opfs: cannot list ${show(folder)}`, cause);
      }
    },
  };
}

async function root(): Promise<FileSystemDirectoryHandle> {
  const storage = globalThis.navigator?.storage;
  if (typeof storage?.getDirectory === "function") return await storage.getDirectory();
  const remedy = "use files() or indexedDb(), or a secure origin (https)";
  throw new TrainletError("UNSUPPORTED", `opfs: this runtime has no origin private file system; ${remedy}`);
}

async function namesIn(folder: FileSystemDirectoryHandle, prefix: string): Promise<string[]> {
  const names: string[] = [];
  const left: string[] = [];
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === "directory")
      names.push(...(await namesIn(handle as FileSystemDirectoryHandle, `${prefix}${name}/`)));
    else if (!temporary.test(name)) names.push(prefix + name);
    else left.push(name);
  }
  await removeAbandoned(folder, left);
  return names;
}

function isMissing(cause: unknown): boolean {
  return (cause as Error | null)?.name === "NotFoundError";
}

/** Browsers give a file that is replaced under its reader as an error: readers and writers of all pages take turns. */
async function locked<T>(key: string, mode: LockMode, action: () => Promise<T>): Promise<T> {
  const { locks } = navigator;
  return locks ? await locks.request(`trainlet:${key}`, { mode }, action) : await action();
}
