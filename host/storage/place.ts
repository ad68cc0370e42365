// Where `save` puts a model and `load` finds it: the storage that was given, or the file system.
import { show, TrainletError } from "../errors.ts";
import { readFileChecked, writeFileAtomic } from "../files/atomic.ts";
import { doesTakeTurns, inTurn } from "../files/turns.ts";
import type { ModelStorage } from "./storage.ts";

/** Puts bytes under a name, in the order of the calls; bytes that are still to come keep their place.
 * @throws TrainletError what the storage throws; FILE_ERROR for its own kinds of errors. */
export async function writeTo(
  storage: ModelStorage | undefined,
  name: string,
  bytes: Uint8Array | Promise<Uint8Array>,
): Promise<void> {
  if (storage === undefined) return await writeFileAtomic(name, bytes);
  await call(storage, "write", name, () => {
    if (doesTakeTurns(storage.write)) return storage.write(name, bytes as Uint8Array);
    return inTurn(storage, name, async () => storage.write(name, await bytes));
  });
}

/** @throws TrainletError likewise; FILE_NOT_FOUND where the storage gives nothing, as many stores do not throw then. */
export async function readFrom(storage: ModelStorage | undefined, name: string): Promise<Uint8Array> {
  if (storage === undefined) return await readFileChecked(name);
  const bytes = await call(storage, "read", name, () => storage.read(name));
  if (bytes !== undefined && bytes !== null) return bytes;
  throw new TrainletError("FILE_NOT_FOUND", `the storage has nothing under ${show(name)}: check the name`);
}

async function call<T>(
  storage: unknown,
  method: keyof ModelStorage,
  name: unknown,
  action: () => T,
): Promise<Awaited<T>> {
  if (typeof (storage as ModelStorage | null)?.[method] !== "function") {
    const wanted = "an object with read, write, remove and list, such as those of trainlet/storage";
    const got = storage !== null && typeof storage === "object" ? `${show(storage)} without ${method}` : show(storage);
    throw new TrainletError("INVALID_ARGUMENT", `storage is ${got}; give ${wanted}`);
  }
  if (typeof name !== "string" || name === "") {
    throw new TrainletError("INVALID_ARGUMENT", `name is ${show(name)}; give a string that is not empty`);
  }
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof TrainletError) throw cause;
    throw new TrainletError("FILE_ERROR", `the storage cannot ${method} ${show(name)}: ${String(cause)}`, { cause });
  }
}
