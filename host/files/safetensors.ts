// Safetensors files: reading them; what they are read from may be hostile. Writing is in a file of its own.
import { show, TrainletError } from "../errors.ts";
import { tagOf } from "../tags.ts";
import { coders } from "../text-coders.ts";
import { elements, MAX_RANK, READABLE } from "./safetensors-elements.ts";
import { fail, HeaderText } from "./safetensors-header.ts";
import {
  allocate,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  type Tensor,
  type TensorData,
} from "./safetensors-layout.ts";

export type { Tensor, TensorData } from "./safetensors-layout.ts";
export { encodeSafetensors } from "./safetensors-write.ts";

/** What a file holds: tensors in the order of their bytes, and free-form text about them. */
export interface SafetensorsContent {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/** A tensor where it stands in the file. */
export interface StoredTensor {
  name: string;
  dtype: string;
  shape: number[];
  /** A window on the file. */
  bytes: Uint8Array;
  /** Its numbers in memory of their own. */
  read: () => TensorData;
}
interface Entry extends Pick<StoredTensor, "name" | "dtype" | "shape"> {
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
  return { name, dtype, shape, begin, end, read: stored.read };
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
    return { text: new (coders().TextDecoder)("utf-8", { fatal: true }).decode(header), dataStart };
  } catch (cause) {
    return fail("its header should be UTF-8 text", { cause });
  }
}

/**
 * What a safetensors file from an untrusted source holds, without a copy of any tensor. Nothing that is sized by the
 * file's own claims is allocated before those claims fit the bytes at hand.
 *
 * @throws TrainletError `INVALID_FILE` for every malformed file.
 */
export function openSafetensors(bytes: Uint8Array): { tensors: StoredTensor[]; metadata: Record<string, string> } {
  if (tagOf(bytes) !== "Uint8Array") {
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

  const tensors = entries.map(({ name, dtype, shape, begin, end, read }) => {
    const stored = bytes.subarray(dataStart + begin, dataStart + end);
    return { name, dtype, shape, bytes: stored, read: () => allocate(end - begin, () => read(stored)) };
  });
  return { tensors, metadata };
}

/**
 * Reads a safetensors file whole, as `openSafetensors` does. F16, BF16 and F64 become `Float32Array` (F64 is rounded;
 * beyond the range of 32 bits that gives infinities). The tensors are copies, so `bytes` may be reused.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const { tensors, metadata } = openSafetensors(bytes);
  return { tensors: new Map(tensors.map(({ name, shape, read }) => [name, { name, shape, data: read() }])), metadata };
}
