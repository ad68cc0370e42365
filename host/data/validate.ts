/** The argument checks that every public entry of `trainlet/data` shares. */
import { show, TrainletError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** Names in a message, cut after ten, so that a hostile file cannot make a message of megabytes. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, 10).map(show).join(", ");
  return names.length > 10 ? `${shown}, … (${names.length} in all)` : shown;
}

/** Throws unless `options` is an object whose keys are all in `known`. */
export function checkOptions(options: unknown, known: readonly string[], where: string): void {
  if (options === null || typeof options !== "object" || Array.isArray(options) || ArrayBuffer.isView(options)) {
    throw new TrainletError("INVALID_ARGUMENT", `${where}: options must be an object, got ${show(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const remedy =
      known.length === 0 ? "it takes none" : `did you mean ${show(nearest(key, known))}? Known: ${known.join(", ")}`;
    throw new TrainletError("UNKNOWN_OPTION", `${where}: unknown option ${show(key)}; ${remedy}`);
  }
}

export function checkWhole(value: unknown, name: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new TrainletError("INVALID_ARGUMENT", `${name} must be a whole number ${range}, got ${show(value)}`);
}

export function checkBoolean(value: unknown, name: string): void {
  if (typeof value === "boolean") return;
  throw new TrainletError("INVALID_ARGUMENT", `${name} must be true or false, got ${show(value)}`);
}

export function checkOneOf<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  if (typeof value === "string" && (allowed as readonly string[]).includes(value)) return value as T;
  throw new TrainletError("INVALID_ARGUMENT", `${name} must be one of ${list(allowed)}, got ${show(value)}`);
}

/** Throws unless `value` is an array of distinct strings, `length` of them when that is given. */
export function checkNames(value: unknown, name: string, length?: number): readonly string[] {
  if (!Array.isArray(value)) {
    throw new TrainletError("INVALID_ARGUMENT", `${name} must be an array of strings, got ${show(value)}`);
  }
  const seen = new Set<string>();
  for (const [index, entry] of value.entries()) {
    if (typeof entry !== "string") {
      throw new TrainletError("INVALID_ARGUMENT", `${name}[${index}] must be a string, got ${show(entry)}`);
    }
    if (seen.has(entry)) throw new TrainletError("INVALID_ARGUMENT", `${name} holds ${show(entry)} twice`);
    seen.add(entry);
  }
  if (length !== undefined && value.length !== length) {
    throw new TrainletError("SHAPE_MISMATCH", `${name} must hold ${length} names, got ${value.length}`);
  }
  return value;
}

/** A zeroed Float32Array, or OUT_OF_MEMORY instead of the engine's RangeError. */
export function allocate(rows: number, columns: number, what: string): Float32Array {
  try {
    return new Float32Array(rows * columns);
  } catch (cause) {
    const message = `${what}: no memory for ${rows} × ${columns} numbers`;
    throw new TrainletError("OUT_OF_MEMORY", message, { cause });
  }
}
