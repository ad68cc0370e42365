// What hostile or unlucky callers and files have in the place of a number, a name, a list.
import type { Random } from "./random.ts";
import type { Recipe } from "./recipe.ts";

const number = (text: string): Recipe => ({ $: "number", text });

/** Numbers at the edges of what types hold. JSON.parse makes infinities of the longest. */
// biome-ignore format: a table
const edges: readonly Recipe[] = [
  0, 1, 2, 3, 7, 8, 9, -1, -2, 0.5, 1.5, -0.5, 255, 256, 4095, 4096, 4097, 32767, 32768, 46340, 46341, 65535, 65536, 65537,
  2 ** 24, 2 ** 24 + 1, 2 ** 28, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32 - 1,
  2 ** 32, 2 ** 32 + 1, 2 ** 32 + 2, -4294967294, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 1e15, 1e21, 1e38, 3.5e38, -3.5e38,
  1e-7, 1e-38, 1e-45, 1e-46, 5e-324, 2.2250738585072014e-308, 1e300, Number.MAX_VALUE, -Number.MAX_VALUE, 1 - 2 ** -53,
  0.1, 0.9, 0.99, 0.999, 0.9999999, 1.0000001, number("-0"), number("1e400"), number("-1e400"), number("1e-400"),
];
/** Names that mean something to somebody: to JavaScript, to tables of names, to terminals, to spreadsheets. */
// biome-ignore format: a table
const names: readonly string[] = [
  "", " ", "__proto__", "constructor", "toString", "hasOwnProperty", "length", "type", "relu", "dense", "adam", "mse",
  "0", "-1", "NaN", "null", "undefined", "0.weight", "scaler.offset", "training.rule.0", "__metadata__", "\0", "\n",
  "\r\n", "a\nb", "\x1b[2J", "\x9b31m", "\u202e", "\ufeff", "\u{1f600}", "\ud800", "é", "=1+1", "@x", "-1+1", "%s", "../x",
  "denes", "relu\0", "RELU", "1".repeat(40), "-1234567890", "x".repeat(60), "x".repeat(61), "\u200b",
];
const pieces = ["x", "-1", "1", "é", "\n", "[", "\\", '"'];
/** What callers have beyond JSON. */
const strange: readonly Recipe[] = [
  ...["NaN", "Infinity", "-Infinity"].map(number),
  ...["undefined", "symbol", "function", "date", "map", "cyclic", "trap", "revoked", "throws"].map($ => ({ $ })),
  ...["3", "18446744073709551616"].map(text => ({ $: "bigint", text })),
  ...[3, "relu", true].map(of => ({ $: "boxed", of })),
  ...[{ type: "relu" }, [1, 2]].map(of => ({ $: "proxy", of })),
  { $: "function", of: 0.1 },
  { $: "bare", of: { type: "relu" } },
  { $: "cycle", of: { type: "dense", units: 2 } },
  ...[3, 1_000_000].map(length => ({ $: "holes", length })),
  { $: "list", length: 100_000, of: 1 },
  { $: "list", length: 20_000, of: { type: "relu" } },
  { $: "numbers", kind: "Float32Array", length: 4, fill: number("NaN") },
  { $: "numbers", kind: "Float64Array", length: 12, fill: 1e300 },
  { $: "numbers", kind: "BigInt64Array", length: 4 },
  { $: "numbers", kind: "DataView", length: 16 },
  { $: "numbers", kind: "Uint8Array", length: 1_000_000, fill: 1 },
  { $: "numbers", kind: "Int16Array", length: 12, fill: -1 },
  { $: "numbers", kind: "Uint32Array", length: 3, fill: 4294967295 },
  ...["Float32Array", "Uint8Array", "Int32Array"].map(kind => ({ $: "detached", kind, length: 12 })),
];

export function edgeNumber(random: Random): Recipe {
  return random.choose<Recipe>(
    [8, () => random.pick(edges)],
    [1, () => random.between(-5, 40)],
    [1, () => (random.unit() - 0.5) * 10 ** random.between(-10, 10)],
  );
}
export function name(random: Random): Recipe {
  return random.choose<Recipe>(
    [20, () => random.pick(names)],
    [1, () => ({ $: "text", of: random.pick(pieces), times: random.pick([1000, 30_000, 200_000]) })],
    [1, () => ({ $: "text", of: random.pick(names), times: random.between(2, 50) })],
  );
}
/** Anything that JSON can say. */
export function jsonValue(random: Random, depth = 2): Recipe {
  const inner = () => (depth > 0 ? jsonValue(random, depth - 1) : 0);
  const length = random.pick([10, 1000, 20_000, 60_000]);
  return random.choose<Recipe>(
    [8, () => edgeNumber(random)],
    [4, () => name(random)],
    [2, () => random.pick<Recipe>([null, true, false])],
    [2, () => Array.from({ length: random.below(4) }, inner)],
    [2, () => ({ [random.pick(names)]: inner(), type: inner() })],
    [0.3, () => ({ $: "list", length, of: random.pick<Recipe>([0, null, {}, "a", []]) })],
    [0.2, () => ({ $: "deep", depth: random.pick([50, 3000, 20_000]) })],
  );
}
/** Anything that a caller can hand over. */
export function anyValue(random: Random): Recipe {
  return random.choose<Recipe>(
    [3, () => jsonValue(random)],
    [2, () => random.pick(strange)],
    [0.5, () => ({ $: "flips", after: random.between(1, 4), from: jsonValue(random, 0), to: random.pick(strange) })],
  );
}
