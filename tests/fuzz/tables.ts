// Text of tables: dialects as programs write them, then what goes wrong with them.
import type { Random } from "./random.ts";

// biome-ignore format: a table
const words = [
  "a", "b", "c", "red", "green", "x y", "é", "日本", "NA", "", "?", "null", "-", "yes", "no", "True", "1e3x", "12..4",
];
// biome-ignore format: a table
const extreme = [
  "1e999", "-1e999", "0x10", "1e-400", "9007199254740993", "inf", "-Infinity", "NaN", "1,5", "1 000", "$3", "5%", "=1+1",
  "1".repeat(400), "3.4e39", "-0", "+5", ".5", "5.", "1_000", "２",
];
// biome-ignore format: a table
const pieces = [
  '"', '""', '"\n', "\r", "\r\n", "\n", "\n\n\n", "\0", "\ufeff", "\ud800", ",", ";", "\t", "|", "#", "'", "\\", "\u2028",
  "\u0085", "\u00a0", "__proto__", "<html>", "version https://git-lfs", "c0", ",,,,", "\x1b[31m",
];

export function table(random: Random): string {
  const delimiter = random.pick([",", ",", ",", ";", "\t", "|", " "]);
  const newline = random.pick(["\n", "\n", "\r\n", "\r"]);
  const columns = random.between(1, 6);
  const kinds = Array.from({ length: columns }, () => random.pick(["int", "real", "word", "few", "class", "odd"]));
  const rows = random.pick([0, 2, 5, 12, 12, 30, 60]);
  const quote = random.chance(0.2);
  const cell = (kind: string) => {
    const text = random.chance(0.01) ? random.pick(pieces) : cellOf(random, kind);
    return quote || /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = Array.from({ length: rows }, () => kinds.map(cell).join(delimiter));
  if (random.chance(0.8)) lines.unshift(kinds.map((_, c) => (c === columns - 1 ? "y" : `h${c}`)).join(delimiter));
  return lines.join(newline) + (random.chance(0.7) ? newline : "");
}
function cellOf(random: Random, kind: string): string {
  switch (kind) {
    case "int":
      return String(random.between(-20, 200));
    case "real":
      return (random.unit() * 100 - 50).toFixed(random.below(6));
    case "few":
      return random.pick(["0", "1", "2"]);
    case "class":
      return random.pick(["cat", "dog", "eel"]);
    case "odd":
      return random.chance(0.2) ? random.pick(extreme) : String(random.below(30));
    default:
      return random.pick(words);
  }
}

/** One change to the text. Now and then a piece comes so often that whatever is quadratic shows. */
export function mutateText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const length = random.pick([1, 1, 2, 5, 20, 100]);
  const piece = random.choose<string>(
    [3, () => random.pick(pieces)],
    [1, () => random.pick(extreme)],
    [1, () => random.pick(words)],
    [2, () => text.slice(at, at + length)],
  );
  return random.choose<string>(
    [4, () => text.slice(0, at) + piece + text.slice(at)],
    [2, () => text.slice(0, at) + text.slice(at + length)],
    [1, () => text.slice(0, at) + piece + text.slice(at + length)],
    [1, () => text.slice(0, at)],
    [0.25, () => text.slice(0, at) + piece.repeat(times(random, piece)) + text.slice(at)],
    [0.1, () => text.repeat(times(random, text))],
    [0.5, () => text.replaceAll(random.pick([",", "\n", '"', "1", "y"]), () => piece.slice(0, 20)).slice(0, 1e6)],
  );
}
function times(random: Random, piece: string): number {
  return Math.ceil(random.pick([10, 1000, 30_000, 30_000, 1_000_000]) / Math.max(1, piece.length));
}

/** The text as bytes in one of the encodings that files have. */
export function encode(random: Random, text: string): Uint8Array {
  return random.choose<Uint8Array>(
    [8, () => new Uint8Array(Buffer.from(text))],
    [1, () => new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le"))],
    [0.3, () => new Uint8Array(Buffer.from(text, "utf16le"))],
    [1, () => new Uint8Array(Buffer.from(`\ufeff${text}`))],
    [1, () => new Uint8Array(Buffer.from(text, "latin1"))],
    [0.3, () => new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le").swap16())],
  );
}
