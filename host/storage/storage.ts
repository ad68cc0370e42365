// Where models are kept: what a store has to do, and what the three here check and say alike.
import { show, TrainletError } from "../errors.ts";
import { temporary } from "../files/temporaries.ts";
import { tagOf } from "../tags.ts";

/**
 * Bytes under names. Whatever has these four methods will do for `save` and `load`: the ones here, or one's own adapter
 * for a key-value store or a bucket. `write` should leave the old bytes or the new ones, never a part.
 */
export interface ModelStorage {
  /** The bytes under a name; rejects with FILE_NOT_FOUND where there are none. */
  read(name: string): Promise<Uint8Array>;
  /** Puts bytes under a name, in the place of what was there. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Removes what is under a name, if anything is. */
  remove(name: string): Promise<void>;
  /** All names, sorted. */
  list(): Promise<string[]>;
}

/** What Windows keeps for its devices, whatever follows the first dot. */
const device = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\.|$)/i;
/** Characters that have another meaning in some file system, or none; halves of a pair have no bytes of their own. */
const unfit = /[<>:"|?*\\\p{Cc}\p{Cs}]/u;

/**
 * The parts of a name. What is no plain relative path in one store is refused in all, so that names can be moved: from
 * Linux to Windows, where "CON" is a device and a dot at the end is lost, or from a browser to a disk.
 */
export function partsOf(name: unknown, call: string): string[] {
  const parts = typeof name === "string" ? name.split("/") : [];
  const sound = (part: string) =>
    /[^. ]$/.test(part) && !unfit.test(part) && !device.test(part) && !temporary.test(part);
  if (parts.length > 0 && parts.every(sound)) return parts;
  const wanted =
    'a name such as "iris" or "runs/iris" that every file system can hold: no "..", no dot or space at an end, none of ' +
    '<>:"|?*\\ or control characters, no device of Windows such as "NUL"';
  throw new TrainletError("INVALID_ARGUMENT", `${call}: name is ${show(name)}; give ${wanted}`);
}

/** Bytes, or what will give them; throws, or rejects, where it is something else. */
export function checkBytes<B extends Uint8Array | Promise<Uint8Array>>(bytes: B, call: string): B {
  if (tagOf(bytes) === "Promise") {
    const checked = (bytes as Promise<Uint8Array>).then(given => checkBytes(given, call));
    checked.catch(() => {}); // said when it is waited for
    return checked as B;
  }
  if (tagOf(bytes) === "Uint8Array") return bytes;
  throw new TrainletError("INVALID_ARGUMENT", `${call}: bytes is ${show(bytes)}; give a Uint8Array`);
}

export function checkText(value: unknown, what: string): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  throw new TrainletError("INVALID_ARGUMENT", `${what} is ${show(value)}; give a string that is not empty`);
}

export function notFound(what: string, cause?: unknown): TrainletError {
  return new TrainletError("FILE_NOT_FOUND", `there is no ${what}: check the name, or see list()`, { cause });
}

/** What the failures of browsers' stores mean, by the name of the DOMException. */
const REMEDIES: Record<string, string> = {
  QuotaExceededError: "the storage that the browser grants is used up: remove what is not needed",
  NoModificationAllowedError: "another page or worker has it open: close that one and try again",
  TypeMismatchError: "it is a folder, or a file stands where its name has a folder: use another name",
};

/** An error of a browser's store as one of ours. */
export function storeError(what: string, cause: unknown): TrainletError {
  if (cause instanceof TrainletError) return cause;
  const { name = "", message = String(cause) } = (cause ?? {}) as Partial<Error>;
  if (name === "SecurityError") {
    const why = "this page may not keep data (a private window, or a frame without an origin); use toBytes()";
    return new TrainletError("UNSUPPORTED", `${what}: ${why}`, { cause });
  }
  return new TrainletError("FILE_ERROR", `${what}: ${REMEDIES[name] ?? (message || name)}`, { cause });
}
