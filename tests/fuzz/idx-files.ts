// IDX files, images and labels that fit, and what can be wrong with them.
import type { Random } from "./random.ts";

const sizes: Readonly<Record<number, number>> = { 8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8 };

export function someIdx(random: Random): [images: Uint8Array, labels: Uint8Array] {
  const rows = random.between(1, 6);
  const shape = [rows, ...Array.from({ length: random.below(4) }, () => random.between(1, 5))];
  return [
    idxFile(random, shape, random.pick([8, 8, 8, 9, 11, 12, 13, 14])),
    idxFile(random, [rows], random.pick([8, 8, 8, 9, 11, 12]), 3),
  ];
}

function idxFile(random: Random, shape: readonly number[], type: number, below?: number): Uint8Array {
  const count = shape.reduce((product, n) => product * n, 1);
  const size = sizes[type]!;
  const file = new Uint8Array(4 + 4 * shape.length + count * size);
  const view = new DataView(file.buffer);
  file[2] = type;
  file[3] = shape.length;
  shape.forEach((n, d) => view.setUint32(4 + 4 * d, n));
  for (let i = 0, at = 4 + 4 * shape.length; i < count; i++, at += size) {
    const value = below ? random.below(below) : random.below(256);
    if (type === 13) view.setFloat32(at, value / 7);
    else if (type === 14) view.setFloat64(at, value / 7);
    else file[at + size - 1] = value;
  }
  return file;
}

/** One to three changes: of the header's words, of elements, of the length. */
export function mutateIdx(random: Random, given: Uint8Array): Uint8Array {
  let file = given.slice();
  for (let left = random.pick([0, 1, 1, 2, 3]); left > 0; left--) {
    const at = random.below(file.length);
    const words = Math.max(1, file[3] ?? 1);
    file = random
      .choose<Uint8Array>(
        [
          3,
          () =>
            put(
              file,
              4 + 4 * random.below(words),
              random.pick([0, 1, 2, 255, 65535, 65536, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]),
            ),
        ],
        [
          2,
          () =>
            put(file, at, random.pick([0, 0x7f800000, 0x7fc00000, 0xff800000, 0x80000000, 0xffffffff, 0x7fffffff, 1])),
        ],
        [1, () => file.map((b, i) => (i === 2 ? random.pick([0, 8, 9, 10, 11, 12, 13, 14, 255]) : b))],
        [1, () => file.map((b, i) => (i === 3 ? random.pick([0, 1, 2, 3, 64, 255]) : b))],
        [1, () => file.slice(0, at)],
        [1, () => Uint8Array.from([...file, ...random.bytes(random.between(1, 40))])],
        [1, () => Uint8Array.from([0, 0, 8, 255, ...Array.from({ length: 255 }, () => [0, 0, 0, 1]).flat(), 7])],
        [1, () => file.map((b, i) => (i === at ? random.below(256) : b))],
      )
      .slice();
    if (file.length < 5) break;
  }
  return file;
}
function put(file: Uint8Array, at: number, word: number): Uint8Array {
  if (at + 4 <= file.length) new DataView(file.buffer).setUint32(at, word);
  return file;
}
