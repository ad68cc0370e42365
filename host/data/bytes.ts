/** Bytes from wherever they come: a path, an array, a Blob or a stream, gzipped or not, within a bound. */
import { builtin } from "../builtin.ts";
import { show, TrainletError } from "../errors.ts";

/** A path (Node, Deno, Bun) or the bytes themselves, plain or gzipped. */
export type Source = string | Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>;

/** 2 GiB: far more than a training set in memory, far less than what a decompression bomb writes. */
export const defaultMaxBytes = 2_147_483_648;

/** How messages call the source. */
export function nameOf(source: unknown, otherwise: string): string {
  return typeof source === "string" ? source : otherwise;
}

/**
 * All bytes of the source, decompressed when they start as gzip does.
 * @throws FILE_NOT_FOUND, FILE_ERROR; INVALID_FILE for a broken gzip or more than `bound` bytes, before or after
 * decompression; INVALID_ARGUMENT for anything that is not a source.
 */
export async function readBytes(source: Source, name: string, bound: number): Promise<Uint8Array> {
  const bytes = await collect(chunksOf(source, name), name, bound);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return await collect(gunzip(bytes, name), name, bound);
  if (typeof source === "string" && source.toLowerCase().endsWith(".gz")) {
    throw new TrainletError("INVALID_FILE", `${name} is named .gz but does not start as gzip does`);
  }
  return bytes;
}

function chunksOf(source: unknown, name: string): AsyncIterable<Uint8Array> {
  if (typeof source === "string") return fileChunks(source);
  if (source instanceof Uint8Array) return oneChunk(source);
  if (source instanceof ArrayBuffer) return oneChunk(new Uint8Array(source));
  if (typeof Blob === "function" && source instanceof Blob) return streamChunks(source.stream(), name);
  if (typeof ReadableStream === "function" && source instanceof ReadableStream) return streamChunks(source, name);
  const wanted = "a path, a Uint8Array, an ArrayBuffer, a Blob or a ReadableStream";
  throw new TrainletError("INVALID_ARGUMENT", `${name}: the source must be ${wanted}, got ${show(source)}`);
}

async function collect(chunks: AsyncIterable<Uint8Array>, name: string, bound: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > bound) {
      const message = `${name} holds more than ${bound} bytes; raise maxBytes if the source is to be trusted`;
      throw new TrainletError("INVALID_FILE", message);
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

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

// Read in pieces rather than by size, so that pipes and devices, which state none, stay within the bound too.
async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const fs = builtin<typeof import("node:fs")>("node:fs");
  if (!fs) {
    const message = `${show(path)}: this runtime has no files; pass a Uint8Array, a Blob or a ReadableStream`;
    throw new TrainletError("UNSUPPORTED", message);
  }
  try {
    for await (const chunk of fs.createReadStream(path, { highWaterMark: 1 << 20 })) yield chunk as Uint8Array;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new TrainletError("FILE_NOT_FOUND", `there is no file ${show(path)}`, { cause });
    }
    throw new TrainletError("FILE_ERROR", `${show(path)} cannot be read: ${(cause as Error).message}`, { cause });
  }
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
        throw new TrainletError("FILE_ERROR", `${name}: the stream failed: ${String(cause)}`, { cause });
      });
      if (done) break;
      if (!(value instanceof Uint8Array)) {
        throw new TrainletError("INVALID_ARGUMENT", `${name}: the stream must give Uint8Array, gave ${show(value)}`);
      }
      yield value;
    }
    finished = true;
  } finally {
    if (!finished) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

async function* gunzip(bytes: Uint8Array, name: string): AsyncGenerator<Uint8Array> {
  if (typeof DecompressionStream !== "function") {
    const message = `${name} is gzipped and this runtime has no DecompressionStream; decompress it first`;
    throw new TrainletError("UNSUPPORTED", message);
  }
  // Small pieces on demand: a reader that stops at its bound has then caused at most one piece more to be expanded.
  let at = 0;
  const pieces = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + 65_536));
      at += 65_536;
    },
  });
  const reader = pieces.pipeThrough(new DecompressionStream("gzip")).getReader();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new TrainletError("INVALID_FILE", `${name} is a broken gzip file: ${(cause as Error).message}`, {
          cause,
        });
      });
      if (done) break;
      yield value;
    }
    finished = true;
  } finally {
    if (!finished) await reader.cancel().catch(() => {});
  }
}
