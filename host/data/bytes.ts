/** Bytes of a training set: from a path or whatever else holds bytes, gzipped or not, within a bound. */
import { builtin } from "../builtin.ts";
import { show, TrainletError } from "../errors.ts";
import { type BytesInput, bytesOf, collect } from "../files/bytes.ts";
import { checkReadable } from "../files/readable.ts";
import { gunzip } from "./gunzip.ts";
import { raise } from "./limits.ts";

/** A path (Node, Deno, Bun) or bytes in any form, plain or gzipped. */
export type Source = string | BytesInput;

/**
 * Sees how the bytes begin, again with more until it says at which length of all to throw what `tooLong` gives; may throw
 * itself, so that what is of no use is not read, or unpacked, to its end.
 */
export type Look = (start: Uint8Array) => { length: number; tooLong: () => Error } | undefined;

/** How messages call the source. */
export function nameOf(source: unknown, otherwise: string): string {
  return typeof source === "string" ? source : otherwise;
}

/**
 * All bytes of the source, decompressed when they start as gzip does.
 * @throws FILE_NOT_FOUND, FILE_ERROR; INVALID_FILE for a broken gzip or more than `bound` bytes, before or after
 * decompression; INVALID_ARGUMENT for anything that is not a source.
 */
export async function readBytes(source: Source, name: string, bound: number, look?: Look): Promise<Uint8Array> {
  const watch = look && ((chunks: AsyncIterable<Uint8Array>) => watched(chunks, look));
  const limits = { bound, remedy: raise("maxBytes"), besides: "a path, ", watch };
  const bytes = await (typeof source === "string"
    ? collect(fileChunks(source), name, limits)
    : bytesOf(source, name, limits));
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return await collect(gunzip(bytes, name), name, limits);
  if (typeof source === "string" && source.toLowerCase().endsWith(".gz")) {
    throw new TrainletError("INVALID_FILE", `${name} is named .gz but does not start as gzip does`);
  }
  return bytes;
}

// Read in pieces rather than by size, so that pipes, which state none, stay within the bound too.
async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const fs = builtin<typeof import("node:fs")>("node:fs");
  if (!fs) {
    const message = `${show(path)}: this runtime has no files; pass bytes, a Blob or a response`;
    throw new TrainletError("UNSUPPORTED", message);
  }
  try {
    await checkReadable(fs.promises, path);
    for await (const chunk of fs.createReadStream(path, { highWaterMark: 1 << 20 })) yield chunk as Uint8Array;
  } catch (cause) {
    if (cause instanceof TrainletError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new TrainletError("FILE_NOT_FOUND", `there is no file ${show(path)}`, { cause });
    }
    throw new TrainletError("FILE_ERROR", `${show(path)} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

async function* watched(chunks: AsyncIterable<Uint8Array>, look: Look): AsyncGenerator<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0);
  let limit = look(start);
  let length = 0;
  for await (const chunk of chunks) {
    if (!limit) {
      const longer = new Uint8Array(start.length + Math.min(chunk.length, 2048));
      longer.set(start);
      longer.set(chunk.subarray(0, 2048), start.length);
      start = longer;
      limit = look(start);
    }
    length += chunk.length;
    if (limit && length > limit.length) throw limit.tooLong();
    yield chunk;
  }
}
