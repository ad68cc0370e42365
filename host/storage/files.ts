// Models as files of a folder: Node, Deno and Bun.
import { builtin } from "../builtin.ts";
import { TrainletError } from "../errors.ts";
import { fileError, inTurnOf, readFileChecked, realName, systemCode, writeFileAtomic } from "../files/atomic.ts";
import { removeAbandoned, temporary } from "../files/temporaries.ts";
import { takesTurns } from "../files/turns.ts";
import { checkBytes, checkText, type ModelStorage, partsOf } from "./storage.ts";

/**
 * The files of a folder and of the folders in it, which are made when something is written. A name stays within the
 * folder: "runs/iris" is a file of the folder "runs", and a symbolic link that leads out is refused. Where the file
 * system takes "Iris" and "iris" for one name, or "é" in both of its spellings, so does the storage.
 * @throws TrainletError from its methods: FILE_NOT_FOUND, FILE_ERROR, INVALID_ARGUMENT for a bad name, UNSUPPORTED
 * where there is no file system.
 */
export function files(folder = "."): ModelStorage {
  checkText(folder, "files: folder");
  const pathOf = (name: string, call: string) => [folder, ...partsOf(name, call)].join("/");
  return {
    async read(name) {
      const path = pathOf(name, "read");
      system();
      if (leadsOut(folder, path)) throw fileError("read", path, out());
      return await readFileChecked(path);
    },
    write: takesTurns(async (name, bytes) => {
      const path = pathOf(name, "write");
      await writeFileAtomic(path, checkBytes(bytes, "write"), async () => {
        if (leadsOut(folder, path)) throw out();
        await system().mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      });
    }),
    async remove(name) {
      const path = pathOf(name, "remove");
      const fs = system();
      await inTurnOf(path, async () => {
        try {
          // A link itself may go, wherever it leads.
          if (leadsOut(folder, path.slice(0, path.lastIndexOf("/")))) throw out();
          await fs.unlink(path);
        } catch (cause) {
          if (systemCode(cause) !== "ENOENT") throw fileError("remove", path, cause);
        }
      });
    },
    async list() {
      return (await namesIn(folder, "", folder)).sort();
    },
  };
}

function out(): Error {
  return new Error("a symbolic link leads out of the folder");
}

function system(): typeof import("node:fs/promises") {
  const fs = builtin<typeof import("node:fs/promises")>("node:fs/promises");
  if (fs) return fs;
  throw new TrainletError("UNSUPPORTED", "files: this runtime has no file system: use indexedDb() or opfs()");
}

/** Whether what a path leads to is not within the folder. */
function leadsOut(folder: string, path: string): boolean {
  const paths = builtin<typeof import("node:path")>("node:path")!;
  const way = paths.relative(realName(folder), realName(path));
  return way === ".." || way.startsWith(`..${paths.sep}`) || paths.isAbsolute(way);
}

/** Names of the files below a folder, links to files of it included; a folder that is not there has none. */
async function namesIn(folder: string, prefix: string, top: string): Promise<string[]> {
  const fs = system();
  const isFile = (path: string) =>
    fs.stat(path).then(
      found => found.isFile() && !leadsOut(top, path),
      () => false, // a link to nothing
    );
  const names: string[] = [];
  try {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    const left = entries.map(({ name }) => name).filter(name => temporary.test(name));
    await removeAbandoned(folder, left);
    for (const entry of entries) {
      const name = prefix + entry.name;
      const path = `${folder}/${entry.name}`;
      // A link to a folder is not followed: it may lead out, or in a circle.
      if (entry.isDirectory()) names.push(...(await namesIn(path, `${name}/`, top)));
      else if (!temporary.test(entry.name) && (entry.isFile() || (await isFile(path)))) names.push(name);
    }
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw fileError("list", folder, cause);
  }
  return names;
}
