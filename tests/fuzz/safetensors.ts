// Model files taken apart, changed and put together again, also into what no writer would write.
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";
import { type Recipe, setKey, write } from "./recipe.ts";
import { edgeNumber, name } from "./values.ts";

export type FileTensor = {
  name: string;
  dtype: string;
  shape: Recipe[];
  data: Uint8Array;
  /** In place of where the bytes stand. */
  offsets?: Recipe[];
};
/** Text that holds JSON is written as a recipe, the rest as it is. */
export type FileParts = { tensors: FileTensor[]; metadata: { [key: string]: Recipe } };

export function unpack(bytes: Uint8Array): FileParts {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(buffer.readBigUInt64LE(0));
  const { __metadata__: texts = {}, ...head } = JSON.parse(buffer.toString("utf8", 8, start));
  const metadata = Object.fromEntries(
    Object.entries(texts as Record<string, string>).map(([key, text]) => [
      key,
      text.startsWith("{") ? JSON.parse(text) : text,
    ]),
  );
  const tensors = Object.entries(
    head as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>,
  ).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => ({ name, dtype, shape, data: new Uint8Array(buffer.subarray(start + from, start + to)) }),
  );
  return { tensors, metadata };
}

export function pack({ tensors, metadata }: FileParts): Uint8Array {
  const texts: Record<string, Recipe> = {};
  for (const [key, value] of Object.entries(metadata ?? {}))
    setKey(texts, key, typeof value === "string" ? value : write(value));
  let at = 0;
  const members = [`"__metadata__":${write(texts)}`];
  for (const { name, dtype, shape, data, offsets } of tensors) {
    const place = offsets ?? [at, at + data.length];
    members.push(
      `${JSON.stringify(name)}:{"dtype":${JSON.stringify(dtype)},"shape":${write(shape)},"data_offsets":${write(place)}}`,
    );
    at += data.length;
  }
  const header = Buffer.from(`{${members.join(",")}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + padded + at).fill(0x20);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(header, 8);
  let to = 8 + padded;
  for (const { data } of tensors) {
    file.set(data, to);
    to += data.length;
  }
  return file;
}

/** One change to a file's parts; `other` is a second file, to take parts from. */
export function mutateParts(random: Random, parts: FileParts, other: FileParts, json: readonly string[]): void {
  const { tensors, metadata } = parts;
  const known = json.filter(key => key in metadata);
  random.choose<void>(
    [known.length ? 12 : 0, () => mutateKey(random, metadata, random.pick(known))],
    [3, () => cross(random, metadata, other.metadata, known)],
    [tensors.length ? 13 : 0, () => mutateTensor(random, parts, random.pick(tensors), other)],
    [1, () => tensors.splice(random.below(tensors.length), 1)],
    [1, () => tensors.push(...structuredClone(other.tensors.slice(0, 1 + random.below(2))))],
    [0.5, () => setKey(metadata, random.pick(["trainlet", "format", "x", "__proto__"]), name(random))],
  );
}
function mutateKey(random: Random, metadata: { [key: string]: Recipe }, key: string): void {
  metadata[key] = mutate(random, metadata[key]!);
}
const dtypes = ["F32", "F16", "BF16", "F64", "I32", "I64", "U8", "BOOL", "constructor"];

function mutateTensor(random: Random, parts: FileParts, tensor: FileTensor, other: FileParts): void {
  const change = (to: Partial<FileTensor>) => void Object.assign(tensor, to);
  const { data, shape } = tensor;
  random.choose<void>(
    [4, () => change({ data: poke(random, data.slice()) })],
    [3, () => resize(random, parts, tensor)],
    [0.5, () => change({ name: other.tensors[0]?.name ?? "0.weight" })],
    [0.5, () => change({ name: String(name(random)).slice(0, 50) })],
    [0.7, () => change({ shape: [mutate(random, shape, edgeNumber)].flat() as Recipe[] })],
    [0.5, () => change({ dtype: random.pick(dtypes) })],
    [0.5, () => change({ offsets: [edgeNumber(random), edgeNumber(random)] })],
    [0.4, () => change({ data: data.slice(0, random.below(data.length + 1)) })],
    [0.3, () => change({ data: Uint8Array.from([...data, ...random.bytes(4)]) })],
  );
}

/** Part of one file's JSON in the place of what the other has there. */
function cross(
  random: Random,
  to: { [key: string]: Recipe },
  from: { [key: string]: Recipe },
  keys: readonly string[],
): void {
  const shared = keys.filter(key => key in from);
  if (!shared.length) return;
  let key = random.pick(shared);
  let [a, b] = [to, from];
  for (;;) {
    const [x, y] = [a[key], b[key]];
    const inside = isObject(x) && isObject(y) ? Object.keys(y).filter(k => k in x) : [];
    if (!inside.length || random.chance(0.3)) break;
    [a, b] = [x as typeof to, y as typeof to];
    key = random.pick(inside);
  }
  setKey(a, key, structuredClone(b[key]!));
}
function isObject(value: unknown): value is { [key: string]: Recipe } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Other elements: not finite, subnormal, huge, bits at random, counters at their ends. */
function poke(random: Random, data: Uint8Array): Uint8Array {
  if (data.length < 4) return data;
  const view = new DataView(data.buffer);
  const words = data.length >> 2;
  const all = random.chance(0.25);
  const float = random.pick(floats);
  const word = random.pick([...bits, random.next()]);
  const asBits = random.chance(0.4);
  for (let left = all ? words : random.between(1, 3); left > 0; left--) {
    const at = 4 * (all ? left - 1 : random.below(words));
    if (asBits) view.setUint32(at, word, true);
    else view.setFloat32(at, float, true);
  }
  return data;
}
const floats = [0, -0, Number.NaN, Infinity, -Infinity, 1e-45, 1e-39, 3.4e38, -3.4e38, 1, -1, 1e20, 2 ** 31];
const bits = [0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 65536, 1e6];

/** A network with other sizes whose tensors fit it, so that what lies behind that check is reached. */
function resize(random: Random, { tensors, metadata }: FileParts, tensor: FileTensor): void {
  const place = random.below(Math.max(1, tensor.shape.length));
  const old = tensor.shape[place];
  const size = random.pick([1, 2, 7, 8, 9, 16, 33, 64, 257]);
  const renew = (value: Recipe): Recipe => {
    if (value === old && typeof value === "number") return size;
    if (Array.isArray(value)) return value.map(renew);
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, renew(v)])) : value;
  };
  metadata.spec = renew(metadata.spec ?? {});
  for (const t of tensors) {
    const shape = t.shape.map(renew);
    const elements = shape.reduce<number>((product, n) => product * Number(n), 1);
    if (t.dtype !== "F32" || !(elements < 100_000) || JSON.stringify(shape) === JSON.stringify(t.shape)) continue;
    t.shape = shape;
    t.data = new Uint8Array(Float32Array.from({ length: elements }, (_, i) => Math.sin(i) / 4).buffer);
  }
}

/** Bytes changed without regard for what they mean. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const at = random.below(copy.length);
  const near = random.chance(0.6) ? random.below(Math.min(copy.length, 400)) : at;
  const [head, tail] = [copy.subarray(0, near), copy.subarray(near)];
  const parts = random.choose<Uint8Array[]>(
    [4, () => [head, Uint8Array.of(random.pick([...marks, random.below(256)])), tail.subarray(1)]],
    [1, () => [copy.subarray(0, at)]],
    [1, () => [copy, random.bytes(random.between(1, 20))]],
    [1, () => [head, random.bytes(random.between(1, 9)), tail]],
    [1, () => [head, tail.subarray(random.between(1, 9))]],
    [1, () => [head, Buffer.alloc(random.pick([10, 1000, 100_000]), random.pick(["[", '"', "\\", "0", '{"":'])), tail]],
    [
      1,
      () => [headerLength(random.pick([0, 1, 2, 1e8, 1e8 + 1, 2 ** 32, 2 ** 53, copy.length - 8])), copy.subarray(8)],
    ],
  );
  return new Uint8Array(Buffer.concat(parts));
}
const marks = [0, 0x20, 0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x80, 0xff, 0x39];

function headerLength(length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, length)), true);
  return bytes;
}
