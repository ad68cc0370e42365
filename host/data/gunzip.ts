// Gzip, expanded in pieces on demand: a reader that stops at its bound has then caused at most one piece more.
import { builtin } from "../builtin.ts";
import { TrainletError } from "../errors.ts";

/** @throws TrainletError INVALID_FILE for a broken gzip, UNSUPPORTED where the runtime has no way to read one. */
export async function* gunzip(bytes: Uint8Array, name: string): AsyncGenerator<Uint8Array> {
  const zlib = builtin<typeof import("node:zlib")>("node:zlib");
  try {
    yield* zlib ? byZlib(zlib, bytes) : byStream(bytes, name);
  } catch (cause) {
    if (cause instanceof TrainletError) throw cause;
    throw new TrainletError("INVALID_FILE", `${name} is a broken gzip file: ${(cause as Error).message}`, { cause });
  }
}

/** Node, Deno and Bun. Reads members that follow each other, as `cat a.gz b.gz` writes them, which streams refuse. */
async function* byZlib(zlib: typeof import("node:zlib"), bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const stream = zlib.createGunzip();
  stream.end(bytes);
  for await (const { buffer, byteOffset, byteLength } of stream as AsyncIterable<Uint8Array>) {
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
  const after = bytes.length - stream.bytesWritten;
  if (after) throw new Error(`${after} bytes follow its end, which are no gzip`);
}

/** Browsers and edge workers, which take a single member. */
async function* byStream(bytes: Uint8Array, name: string): AsyncGenerator<Uint8Array> {
  if (typeof DecompressionStream !== "function") {
    const message = `${name} is gzipped and this runtime has no DecompressionStream; decompress it first`;
    throw new TrainletError("UNSUPPORTED", message);
  }
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
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    finished = true;
  } finally {
    if (!finished) await reader.cancel().catch(() => {});
  }
}
