// Safetensors files from tensors in any order, checked against what the format can hold.
import { show, TrainletError } from "../errors.ts";
import { elements, isWellFormed, MAX_KEYS, MAX_RANK } from "./safetensors-elements.ts";
import { DTYPES, layOut, METADATA_KEY, rankOf, type Tensor } from "./safetensors-layout.ts";

/** The order of the UTF-8 forms, which `<` does not give: it compares UTF-16 units. Both strings are well formed. */
function byCodePoint(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

/** Refuses to write what would not be read again; one key of the header may be the metadata's. */
function checkCount(what: string, count: number): void {
  if (count < MAX_KEYS) return;
  throw new TrainletError("INVALID_ARGUMENT", `${what} has ${count} entries, it should have fewer than ${MAX_KEYS}`);
}

/** The metadata by key, so that equal content gives equal bytes. */
function sortedMetadata(metadata: Record<string, string>): [string, string][] {
  const entries = Object.entries(metadata);
  checkCount("metadata", entries.length);
  for (const [key, value] of entries) {
    if (typeof value !== "string") {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `metadata[${show(key)}] is ${show(value)}, it should be a string: the safetensors format holds text only`,
      );
    }
    if (!isWellFormed(key) || !isWellFormed(value)) {
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `metadata[${show(key)}] has half of a surrogate pair, it should be text that UTF-8 can hold`,
      );
    }
  }
  return entries.sort(([a], [b]) => byCodePoint(a, b));
}

/** Refuses a tensor that the format cannot hold; returns its rank. */
function checkTensor(tensor: Tensor, names: Set<string>): number {
  const { name, shape, data } = tensor;
  const refuse = (problem: string) => new TrainletError("INVALID_ARGUMENT", `tensor ${show(name)} ${problem}`);
  if (typeof name !== "string" || name === METADATA_KEY || !isWellFormed(name)) {
    throw refuse(`cannot have that name, it should be well-formed text other than "${METADATA_KEY}"`);
  }
  if (names.has(name)) throw refuse("occurs twice, every name should be different");
  names.add(name);
  const rank = rankOf(tensor);
  if (rank < 0) throw refuse(`has data ${show(data)}, it should be ${Object.keys(DTYPES).join(", ")}`);
  if (
    !Array.isArray(shape) ||
    shape.length > MAX_RANK ||
    !shape.every(dimension => Number.isSafeInteger(dimension) && dimension >= 0)
  ) {
    throw refuse(`has shape [${shape}], it should be at most ${MAX_RANK} non-negative integers`);
  }
  if (elements(shape) !== data.length) {
    throw new TrainletError(
      "SHAPE_MISMATCH",
      `tensor ${show(name)} has shape [${shape}] but ${data.length} elements, their number should be the shape's product`,
    );
  }
  return rank;
}

/**
 * Writes tensors and text metadata as a safetensors file. Equal content gives equal bytes whatever the order of the
 * arguments: tensors are laid out by descending alignment and then by name, metadata by key.
 */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  checkCount("tensors", tensors.length);
  const names = new Set<string>();
  const sorted = tensors.map(tensor => ({ tensor, rank: checkTensor(tensor, names) }));
  sorted.sort((a, b) => a.rank - b.rank || byCodePoint(a.tensor.name, b.tensor.name));
  return layOut(
    sorted.map(({ tensor }) => tensor),
    sortedMetadata(metadata),
  );
}
