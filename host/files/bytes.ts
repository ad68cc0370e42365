/** Bytes in whatever form a program has them, read whole and within a bound. */
import { show, TrainletError } from "../errors.ts";
import { tagOf } from "../tags.ts";

/** Bytes in memory, or where they come from. An array that is not of bytes stands for the bytes behind it. */
export type Bytes =
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;
export type BytesInput = Bytes | PromiseLike<Bytes>;

/** 2 GiB: far more than a training set in memory, far less than what a decompression bomb writes. */
export const defaultMaxBytes = 2_147_483_648;

const kinds =
  "a Uint8Array, an ArrayBuffer or a view of one, a Blob, a Response, a ReadableStream or an async iterable of " +
  "Uint8Array, or a promise of one";

/** What a caller lets in, and what its messages say. */
export interface Limits {
  /** The most bytes that are read. */
  bound: number;
  /** What to do about more. */
  remedy: string;
  /** What else the caller takes. */
  besides?: string;
  /** What passes the pieces on, and may throw. */
  watch?: ((chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined;
}
export const modelLimits: Limits = {
  bound: defaultMaxBytes,
  remedy: "no model is that large; check where they come from",
};

/**
 * All bytes of the input, which is not copied where they are in memory already.
 * @throws TrainletError INVALID_ARGUMENT for what is not bytes, FILE_ERROR for a source that failed, INVALID_FILE for
 * more than `bound` bytes, OUT_OF_MEMORY.
 */
export async function bytesOf(input: unknown, name: string, limits = modelLimits): Promise<Uint8Array> {
  const source = await settled(input, name);
  const chunks = chunksOf(source, name);
  if (chunks) return await collect(chunks, name, limits);
  const wanted = `${limits.besides ?? ""}${kinds}`;
  throw new TrainletError("INVALID_ARGUMENT", `${name}: the source must be ${wanted}, got ${show(source)}`);
}

/** What a promise gives; a source that is none as it is. */
async function settled(input: unknown, name: string): Promise<unknown> {
  if (typeof (input as PromiseLike<unknown> | null | undefined)?.then !== "function") return input;
  try {
    const value = await input;
    if (typeof value !== "string") return value;
  } catch (cause) {
    throw sourceError(`${name}: the promise of bytes was rejected`, cause);
  }
  throw new TrainletError("INVALID_ARGUMENT", `${name}: the source must be ${kinds}, got a promise of text`);
}

/** The bytes in pieces, or undefined where it is nothing that has bytes. */
function chunksOf(source: unknown, name: string): AsyncIterable<Uint8Array> | undefined {
  if (ArrayBuffer.isView(source)) return oneChunk(behind(source.buffer, name, source.byteOffset, source.byteLength));
  const tag = tagOf(source);
  if (tag === "ArrayBuffer") return oneChunk(behind(source as ArrayBuffer, name));
  if (tag === "Blob" || tag === "File") return blobChunks(source as Blob, name);
  if (tag === "Response") return responseChunks(source as Response, name);
  if (tag === "ReadableStream") return streamChunks(source as ReadableStream, name);
  if (source !== null && typeof source === "object" && Symbol.asyncIterator in source)
    return iteratedChunks(source as AsyncIterable<unknown>, name);
  return undefined;
}

/** The chunks as one array. */
export async function collect(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  { bound, remedy, watch }: Limits,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of watch ? watch(chunks) : chunks) {
    length += chunk.length;
    if (length > bound) {
      throw new TrainletError("INVALID_FILE", `${name} holds more than ${bound} bytes; ${remedy}`);
    }
    parts.push(chunk);
  }
  if (parts.length === 1) return parts[0]!;
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(length);
  } catch (cause) {
    throw new TrainletError("OUT_OF_MEMORY", `${name}: no memory for ${length} bytes`, { cause });
  }
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The bytes behind any array, without methods of its class: those of a Buffer differ. */
function behind(buffer: ArrayBufferLike, name: string, at?: number, length?: number): Uint8Array {
  try {
    return new Uint8Array(buffer, at, length);
  } catch (cause) {
    const message = `${name}: the source is a buffer that has been transferred, so nothing is left in it; give a copy`;
    throw new TrainletError("INVALID_ARGUMENT", message, { cause });
  }
}

async function* oneChunk(bytes: Uint8Array | Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** jsdom's have no stream, only a FileReader to read them. */
function blobChunks(blob: Blob, name: string): AsyncIterable<Uint8Array> {
  if (typeof blob.stream === "function") return streamChunks(blob.stream(), name);
  return oneChunk(
    new Promise<Uint8Array>((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(new Uint8Array(reader.result as ArrayBuffer));
      reader.onerror = () => reject(sourceError(`${name}: the Blob failed`, reader.error));
      reader.readAsArrayBuffer(blob);
    }),
  );
}

async function* responseChunks(response: Response, name: string): AsyncGenerator<Uint8Array> {
  const from = response.url || "the response";
  if (!response.ok) {
    // No status at all: the answer to a request without CORS, which a page may not read.
    const why = response.status === 0 ? "may not be read here: request it with CORS" : `answered ${response.status}`;
    await response.body?.cancel().catch(() => {});
    throw new TrainletError("FILE_ERROR", `${name}: ${from} ${why}`);
  }
  if (response.bodyUsed) throw new TrainletError("INVALID_ARGUMENT", `${name}: ${from} has been read already`);
  if (response.body) yield* streamChunks(response.body, name);
}

async function* streamChunks(stream: ReadableStream<unknown>, name: string): AsyncGenerator<Uint8Array> {
  if (stream.locked) {
    throw new TrainletError("INVALID_ARGUMENT", `${name}: the stream is locked, somebody else reads it already`);
  }
  const reader = stream.getReader();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw sourceError(`${name}: the stream failed`, cause);
      });
      if (done) break;
      yield checkedChunk(value, `${name}: the stream`);
    }
    finished = true;
  } finally {
    if (!finished) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

async function* iteratedChunks(source: AsyncIterable<unknown>, name: string): AsyncGenerator<Uint8Array> {
  // What stands outside the try is the reader's affair: only failures of the source are to be called so.
  const iterator = source[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      let step: IteratorResult<unknown>;
      try {
        step = await iterator.next();
      } catch (cause) {
        finished = true;
        throw sourceError(`${name}: the iterable failed`, cause);
      }
      finished = step.done === true;
      if (finished) return;
      yield checkedChunk(step.value, `${name}: the iterable`);
    }
  } finally {
    if (!finished) await Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

function checkedChunk(value: unknown, what: string): Uint8Array {
  if (tagOf(value) === "Uint8Array") return value as Uint8Array;
  throw new TrainletError("INVALID_ARGUMENT", `${what} must give Uint8Array, gave ${show(value)}`);
}

function sourceError(what: string, cause: unknown): TrainletError {
  if (cause instanceof TrainletError) return cause;
  return new TrainletError("FILE_ERROR", `${what}: ${String(cause)}`, { cause });
}
