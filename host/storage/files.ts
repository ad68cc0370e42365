// Models as files of a folder: Node, Deno and Bun.
import { builtin } from "../builtin.ts";
import { TrainletError } from "../errors.ts";
import { fileError, readFileChecked, systemCode, writeFileAtomic } from "../files/atomic.ts";
import { checkBytes, checkText, type ModelStorage, partsOf, temporary } from "./storage.ts";

/**
 * The files of a folder and of the folders in it, which are made when something is written. A name stays within the
 * folder: "runs/iris" is a file of the folder "runs".
 * @throws TrainletError from its methods: FILE_NOT_FOUND, FILE_ERROR, INVALID_ARGUMENT for a bad name, UNSUPPORTED
 * where there is no file system.
 */
export function files(folder = "."): ModelStorage {
  checkText(folder, "files: folder");
  const pathOf = (name: string, call: string) => [folder, ...partsOf(name, call)].join("/");
  return {
    async read(name) {
      return await readFileChecked(pathOf(name, "read"));
    },
    async write(name, bytes) {
      const path = pathOf(name, "write");
      checkBytes(bytes, "write");
      const parent = path.slice(0, path.lastIndexOf("/"));
      try {
        await system().mkdir(parent, { recursive: true });
      } catch (cause) {
        throw fileError("write", path, cause);
      }
      await writeFileAtomic(path, bytes);
    },
    async remove(name) {
      const path = pathOf(name, "remove");
      try {
        await system().unlink(path);
      } catch (cause) {
        if (systemCode(cause) !== "ENOENT") throw fileError("remove", path, cause);
      }
    },
    async list() {
      return (await namesIn(folder, "")).sort();
    },
  };
}

function system(): typeof import("node:fs/promises") {
  const fs = builtin<typeof import("node:fs/promises")>("node:fs/promises");
  if (fs) return fs;
  throw new TrainletError("UNSUPPORTED", "files: this runtime has no file system: use indexedDb() or opfs()");
}

/** Names of the files below a folder, links to files included; a folder that is not there has none. */
async function namesIn(folder: string, prefix: string): Promise<string[]> {
  const fs = system();
  const isFile = (path: string) =>
    fs.stat(path).then(
      found => found.isFile(),
      () => false, // a link to nothing
    );
  const names: string[] = [];
  try {
    for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
      const name = prefix + entry.name;
      const path = `${folder}/${entry.name}`;
      // A link to a folder is not followed: it may lead out, or in a circle.
      if (entry.isDirectory()) names.push(...(await namesIn(path, `${name}/`)));
      else if (!temporary.test(entry.name) && (await isFile(path))) names.push(name);
    }
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw fileError("list", folder, cause);
  }
  return names;
}
