// What a target of the fuzzer is: it makes inputs from random numbers, and tries them on the package.
import type { Library, Probe } from "./probe.ts";
import type { Random } from "./random.ts";
import type { Recipe } from "./recipe.ts";

/** Plain JSON, recipes among it, with bytes as leaves; that is what is kept of an input that failed. */
export type Input = { [key: string]: Part };
export type Part = Recipe | Uint8Array | Part[] | { [key: string]: Part };

export interface Target {
  name: string;
  /** An input; what it is made from comes from the package as well. */
  make(random: Random, library: Library): Promise<Input>;
  /** Throws a Fault where something is wrong. */
  run(input: Input, library: Library, probe: Probe): Promise<void>;
  /** Bytes of memory that the input may ask for, beyond what garbage takes. */
  bound(input: Input): number;
  /** Milliseconds that a call may take beyond the usual, for inputs that are large. */
  patience?(input: Input): number;
}

/** An input as text for a file: bytes in base64. */
export function keep(input: Input): string {
  return JSON.stringify(
    input,
    (_, value) => (value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString("base64") } : value),
    1,
  );
}
export function revivePart(text: string): Input {
  return JSON.parse(text, (_, value) =>
    typeof value?.$bytes === "string" ? new Uint8Array(Buffer.from(value.$bytes, "base64")) : value,
  );
}
/** Bytes of the input itself. */
export function sizeOf(part: Part): number {
  if (part instanceof Uint8Array) return part.length;
  if (typeof part === "string") return part.length;
  if (part === null || typeof part !== "object") return 8;
  if (Array.isArray(part)) return part.reduce((sum: number, item) => sum + sizeOf(item), 0);
  const { $, length, times, of, depth } = part as { [key: string]: Part };
  if (typeof $ === "string") return Number(length ?? times ?? depth ?? 1) * Math.max(1, sizeOf(of ?? "x"));
  return Object.entries(part).reduce((sum, [key, value]) => sum + key.length + sizeOf(value), 0);
}
