// Gzip files, whole and damaged: several members, odd headers, small files of much text.
import zlib from "node:zlib";
import type { Random } from "./random.ts";

export function gzipped(random: Random, content: Uint8Array): Uint8Array {
  const cut = random.below(content.length + 1);
  const empty = Array.from({ length: random.pick([10, 500]) }, () => new Uint8Array(0));
  return random.choose<Uint8Array>(
    [6, () => members([content], random.below(10))],
    [1, () => members([content.subarray(0, cut), content.subarray(cut)])],
    [0.5, () => members([...empty, content])],
    [1, () => members([members([content])])],
    [1, () => withHeader(random, members([content]))],
    [0.5, () => new Uint8Array(zlib.deflateSync(content))],
    [0.2, () => bomb(random)],
  );
}
function members(parts: readonly Uint8Array[], level = 6): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(part => zlib.gzipSync(part, { level }))));
}

/** Names, comments and extra fields that a header may have; often not as announced. */
function withHeader(random: Random, file: Uint8Array): Uint8Array {
  const flags = random.below(256);
  const head = Uint8Array.from([...file.subarray(0, 3), flags, ...file.subarray(4, 10)]);
  const extra = Buffer.alloc(random.pick([0, 1, 2, 300, 65537]), random.pick(["\0", "a", "\xff"]));
  return new Uint8Array(Buffer.concat([head, extra, file.subarray(10)]));
}

/** A few kilobytes that are tens of megabytes of text. */
function bomb(random: Random): Uint8Array {
  const piece = random.pick(["\n", ",", "1,2\n", "1\n", '"', "a", "\0", "0123456789", "h,y\n"]);
  const length = random.chance(0.05) ? 48e6 : random.pick([1e5, 1e6, 1e6, 8e6]);
  return members([Buffer.alloc(length, piece)], 9);
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
