import { show, TrainletError } from "../errors.ts";
import {
  allocate,
  DTYPES,
  LENGTH_BYTES,
  layOut,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  rankOf,
  type Tensor,
  type TensorData,
} from "./safetensors-layout.ts";

export type { Tensor, TensorData } from "./safetensors-layout.ts";

/** What a file holds: tensors in the order of their bytes, and free-form text about them. */
export interface SafetensorsContent {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

const MAX_RANK = 64; // what PyTorch and NumPy stop at; without a cap a shape could be as long as the header
const MAX_KEYS = 100_000; // tensors, or metadata: a header at its cap could name millions, each costing far more memory

// ---------------------------------------------------------------------------------------------------------- elements

/**
 * Copies into memory of its own, which is always aligned: a tensor starts wherever the header ends, and the input may
 * itself be a window at any offset. Elements are little-endian in the file as they are in WebAssembly memory, so the
 * bytes stay as they are.
 */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** Converts 2-byte elements to 32-bit floats, where `widen` maps the 16 bits to the 32 bits of the same number. */
function fromHalves(bytes: Uint8Array, widen: (half: number) => number): Float32Array {
  const bits = new Uint32Array(bytes.length / 2);
  for (let i = 0; i < bits.length; i++) bits[i] = widen(bytes[2 * i]! | (bytes[2 * i + 1]! << 8));
  return new Float32Array(bits.buffer);
}

/** IEEE binary16 (5 exponent bits with bias 15, 10 fraction bits) as the bits of the same binary32 number. */
function widenF16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  let fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13); // infinity, or NaN with its payload
  if (exponent !== 0) return sign | ((exponent + 127 - 15) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: fraction · 2⁻²⁴, a normal number in binary32 once its leading one has moved to the implicit place.
  const shift = Math.clz32(fraction) - 21;
  fraction = (fraction << shift) & 0x3ff;
  return sign | ((1 - shift + 127 - 15) << 23) | (fraction << 13);
}

/** bfloat16 is the upper half of a binary32. */
function widenBF16(half: number): number {
  return half << 16;
}

/** Rounds 64-bit floats to 32 bits, through a view because the bytes need not be aligned. */
function fromDoubles(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats = new Float32Array(bytes.length / 8);
  for (let i = 0; i < floats.length; i++) floats[i] = view.getFloat64(8 * i, true);
  return floats;
}

/** How to read each known dtype; a Map, so that a dtype such as "constructor" is unknown like any other. */
const READABLE = new Map<string, { size: number; read: (bytes: Uint8Array) => TensorData }>([
  ["F32", { size: 4, read: bytes => new Float32Array(aligned(bytes)) }],
  ["I32", { size: 4, read: bytes => new Int32Array(aligned(bytes)) }],
  ["I64", { size: 8, read: bytes => new BigInt64Array(aligned(bytes)) }],
  ["U8", { size: 1, read: bytes => new Uint8Array(aligned(bytes)) }],
  ["F16", { size: 2, read: bytes => fromHalves(bytes, widenF16) }],
  ["BF16", { size: 2, read: bytes => fromHalves(bytes, widenBF16) }],
  ["F64", { size: 8, read: fromDoubles }],
]);

/** The number of elements of a shape, or undefined when that is beyond what a number counts exactly. */
function elements(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const dimension of shape) {
    product *= dimension;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/** Half of a surrogate pair is legal in a JavaScript string and in a JSON escape, yet has no UTF-8 form. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

// ----------------------------------------------------------------------------------------------------------- writing

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

// ----------------------------------------------------------------------------------------------------------- reading

function fail(problem: string, options?: ErrorOptions): never {
  throw new TrainletError("INVALID_FILE", `not a valid safetensors file: ${problem}`, options);
}

/**
 * Reads just the JSON that a header may consist of: objects, strings and arrays of integers, where the caller says what
 * comes next. `JSON.parse` would do for the text, but it hides duplicate keys, and from a hostile header it builds
 * values many times the size of the file before anyone could look at them.
 */
class HeaderText {
  private at = 0;
  constructor(private readonly text: string) {}

  /** Every key of the object that starts here; the caller reads the value before it asks for the next key. */
  *keys(of: string): Generator<string> {
    this.expect("{", of);
    if (this.take("}")) return;
    const seen = new Set<string>();
    do {
      if (seen.size === MAX_KEYS) fail(`${of} has more than ${MAX_KEYS} keys, which is the most it should have`);
      const key = this.string(`a key of ${of}`);
      if (seen.has(key)) fail(`${of} has the key ${show(key)} twice, every key should be there once`);
      seen.add(key);
      this.expect(":", of);
      yield key;
    } while (this.take(","));
    this.expect("}", of);
  }

  /** The string that starts here. */
  string(what: string): string {
    this.expect('"', what);
    const start = this.at - 1;
    for (;;) {
      const unit = this.text.charCodeAt(this.at++);
      if (unit === 0x22) break; // the closing quote
      if (unit === 0x5c) this.at++; // a backslash: whatever it escapes does not close the string
      if (this.at >= this.text.length) fail(`the header ends inside ${what}, it should be a closed string`);
    }
    let value: string;
    try {
      value = JSON.parse(this.text.slice(start, this.at)) as string;
    } catch (cause) {
      return fail(`${what} at character ${start} of the header should be a JSON string`, { cause });
    }
    if (!isWellFormed(value))
      fail(`${what} is ${show(value)} with half of a surrogate pair, it should be Unicode text`);
    return value;
  }

  /** The array of at most `most` non-negative integers that starts here. */
  integers(what: string, most: number): number[] {
    const values: number[] = [];
    this.expect("[", what);
    if (this.take("]")) return values;
    do {
      if (values.length === most) fail(`${what} has more than ${most} numbers, which is the most it should have`);
      values.push(this.integer(what));
    } while (this.take(","));
    this.expect("]", what);
    return values;
  }

  /** Only white space may follow the header's object: it pads the data to its alignment. */
  end(): void {
    this.skipSpace();
    if (this.at < this.text.length) fail(`${this.found()} follows the header's object, only spaces should`);
  }

  private integer(what: string): number {
    this.skipSpace();
    const start = this.at;
    while (isDigit(this.text.charCodeAt(this.at))) this.at++;
    const digits = this.text.slice(start, this.at);
    const value = Number(digits);
    const plain = digits !== "" && (digits === "0" || digits[0] !== "0") && !".eE".includes(this.text[this.at] ?? " ");
    if (!plain || !Number.isSafeInteger(value)) {
      this.at = start;
      fail(`${what} has ${this.found()}, it should have integers from 0 to ${Number.MAX_SAFE_INTEGER}`);
    }
    return value;
  }

  private expect(character: string, what: string): void {
    if (!this.take(character)) fail(`${this.found()} in place of ${show(character)} of ${what}`);
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++;
  }

  private found(): string {
    if (this.at >= this.text.length) return "the end of the header";
    return `${show(this.text.slice(this.at, this.at + 20))} at character ${this.at} of the header`;
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

interface Entry {
  name: string;
  shape: number[];
  begin: number;
  end: number;
  read: (bytes: Uint8Array) => TensorData;
}

/** Reads what the header says of one tensor, and refuses what the data could not hold. */
function readEntry(header: HeaderText, name: string, dataBytes: number): Entry {
  const of = `tensor ${show(name)}`;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  for (const key of header.keys(of)) {
    if (key === "dtype") dtype = header.string(`the dtype of ${of}`);
    else if (key === "shape") shape = header.integers(`the shape of ${of}`, MAX_RANK);
    else if (key === "data_offsets") offsets = header.integers(`data_offsets of ${of}`, 2);
    else fail(`${of} has the key ${show(key)}, it should have dtype, shape and data_offsets only`);
  }
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    return fail(`${of} lacks one of dtype, shape and data_offsets, it should have all three`);
  }

  const stored = READABLE.get(dtype);
  if (!stored) return fail(`${of} has dtype ${show(dtype)}, it should be one of ${[...READABLE.keys()].join(", ")}`);
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined) {
    return fail(`data_offsets of ${of} has ${offsets.length} numbers, it should have two`);
  }
  if (begin > end || end > dataBytes) {
    fail(`data_offsets of ${of} are [${begin},${end}], they should ascend and stay within ${dataBytes} bytes of data`);
  }
  const expected = (elements(shape) ?? Number.POSITIVE_INFINITY) * stored.size;
  if (!Number.isSafeInteger(expected)) fail(`${of} has shape [${shape}], whose size in bytes is beyond any file`);
  if (end - begin !== expected) {
    fail(`${of} has ${end - begin} bytes, ${dtype} of shape [${shape}] should have ${expected}`);
  }
  return { name, shape, begin, end, read: stored.read };
}

/** Every byte of the data should belong to exactly one tensor; sorts the entries by their place. */
function checkCoverage(entries: Entry[], dataBytes: number): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const problem = begin < covered ? "overlaps the tensor before it" : "leaves a hole before it";
      fail(`tensor ${show(name)} starts at byte ${begin} and ${problem}, it should start at ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) fail(`the tensors take ${covered} bytes, but there are ${dataBytes} bytes of data`);
}

/** The text of the header, and where the data starts. */
function readHeader(bytes: Uint8Array): { text: string; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) fail(`it has ${bytes.length} bytes, it should start with ${LENGTH_BYTES} of length`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) fail(`its header is to have ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`);
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > bytes.length) {
    fail(`its header is to have ${length} bytes, but only ${bytes.length - LENGTH_BYTES} follow: it may be truncated`);
  }
  if (length === 0n || bytes[LENGTH_BYTES] !== 0x7b) fail('its header should start with "{"');
  try {
    // A copy, because the decoder of a browser refuses shared memory.
    const header = new Uint8Array(bytes.subarray(LENGTH_BYTES, dataStart));
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(header), dataStart };
  } catch (cause) {
    return fail("its header should be UTF-8 text", { cause });
  }
}

/**
 * Reads a safetensors file from an untrusted source. Nothing that is sized by the file's own claims is allocated before
 * those claims fit the bytes at hand. F16, BF16 and F64 become `Float32Array` (F64 is rounded; beyond the range of 32
 * bits that gives infinities). The tensors are copies, so `bytes` may be reused.
 *
 * @throws TrainletError `INVALID_FILE` for every malformed file.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  if (Object.prototype.toString.call(bytes) !== "[object Uint8Array]") {
    throw new TrainletError("INVALID_ARGUMENT", `bytes is ${show(bytes)}, it should be a Uint8Array`);
  }
  const { text, dataStart } = readHeader(bytes);
  const dataBytes = bytes.length - dataStart;

  const header = new HeaderText(text);
  const metadata: Record<string, string> = Object.create(null); // no prototype: "__proto__" is a key like any other
  const entries: Entry[] = [];
  for (const name of header.keys("the header")) {
    if (name !== METADATA_KEY) {
      entries.push(readEntry(header, name, dataBytes));
      continue;
    }
    for (const key of header.keys(METADATA_KEY)) {
      metadata[key] = header.string(`the value of ${show(key)} in ${METADATA_KEY}`);
    }
  }
  header.end();
  checkCoverage(entries, dataBytes);

  const tensors = new Map<string, Tensor>();
  for (const { name, shape, begin, end, read } of entries) {
    const stored = bytes.subarray(dataStart + begin, dataStart + end);
    tensors.set(name, { name, shape, data: allocate(end - begin, () => read(stored)) });
  }
  return { tensors, metadata };
}
