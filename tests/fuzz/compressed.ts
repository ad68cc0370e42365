// Gzip files, whole and damaged: several members, odd headers, small files of much text.
import zlib from "node:zlib";
import type { Random } from "./random.ts";

export function gzipped(random: Random, content: Uint8Array): Uint8Array {
  const level = random.below(10);
  return random.choose<Uint8Array>(
    [6, () => zlib.gzipSync(content, { level })],
    [1, () => {
      const cut = random.below(content.length + 1);
      return Buffer.concat([zlib.gzipSync(content.subarray(0, cut)), zlib.gzipSync(content.subarray(cut))]);
    }],
    [1, () => Buffer.concat(Array.from({ length: random.pick([10, 500]) }, () => zlib.gzipSync(new Uint8Array(0))).concat(zlib.gzipSync(content)))],
    [1, () => zlib.gzipSync(zlib.gzipSync(content))],
    [1, () => withHeader(random, zlib.gzipSync(content))],
    [0.5, () => zlib.deflateSync(content)],
    [0.4, () => bomb(random)],
  ).slice(); // biome-ignore format: a table
}

/** Names, comments and extra fields that a header may have; often not as announced. */
function withHeader(random: Random, file: Uint8Array): Uint8Array {
  const flags = random.below(256);
  const head = Uint8Array.from([...file.subarray(0, 3), flags, ...file.subarray(4, 10)]);
  const extra = Buffer.alloc(random.pick([0, 1, 2, 300, 65537]), random.pick(["\0", "a", "\xff"]));
  return Buffer.concat([head, extra, file.subarray(10)]);
}

/** A few kilobytes that are tens of megabytes of text. */
function bomb(random: Random): Uint8Array {
  const piece = random.pick(["\n", ",", "1,2\n", "1\n", '"', "a", "\0", "0123456789", "h,y\n"]);
  const length = random.pick([1e6, 8e6, 48e6]);
  return zlib.gzipSync(Buffer.alloc(length, piece), { level: 9 });
}

/** Bytes that a gzip file comes to, as far as it can be read; the file's own where it is none. */
export function inflatedSize(bytes: Uint8Array): number {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.length;
  try {
    return zlib.gunzipSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).length;
  } catch {
    return bytes.length * 1100; // the most that deflate can do
  }
}
