// Makes an input that fails smaller, as long as it fails in the same way: parts left out, lists and bytes cut in halves.
import { isTagged } from "./recipe.ts";
import type { Input, Part } from "./target.ts";
import { sizeOf } from "./target.ts";

/** `fails` says whether a candidate still fails; it is asked for so many seconds at most. */
export async function shrink(input: Input, fails: (input: Input) => Promise<boolean>, seconds = 10): Promise<Input> {
  let best = input;
  const until = Date.now() + 1000 * seconds;
  for (let gained = true; gained; ) {
    gained = false;
    for (const candidate of smaller(best)) {
      if (Date.now() > until) return best;
      if (!(await fails(candidate as Input).catch(() => false))) continue;
      best = candidate as Input;
      gained = true;
      break;
    }
  }
  return best;
}

/** Smaller values, the boldest first; each a copy where it differs. */
function* smaller(part: Part): Generator<Part> {
  if (part instanceof Uint8Array || typeof part === "string" || Array.isArray(part)) {
    const { length } = part;
    for (let size = Math.ceil(length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      if (length / size > 400) break;
      for (let at = 0; at < length; at += size) yield without(part, at, at + size);
    }
    if (part instanceof Uint8Array && part.some(b => b !== 0)) yield new Uint8Array(length);
  }
  if (part === null || typeof part !== "object" || part instanceof Uint8Array || isTagged(part)) return;
  const keys = Array.isArray(part) ? [...part.keys()] : Object.keys(part);
  const order = [...keys].sort((a, b) => sizeOf((part as never)[b]) - sizeOf((part as never)[a]));
  if (!Array.isArray(part)) {
    for (const key of order) {
      const { [key as string]: _, ...rest } = part as { [key: string]: Part };
      yield rest;
    }
  }
  for (const key of order) {
    for (const inner of smaller((part as never)[key])) {
      const copy = (Array.isArray(part) ? [...part] : { ...part }) as { [key: string]: Part };
      copy[key as string] = inner;
      yield copy as Part;
    }
  }
}
function without<T extends Uint8Array | string | Part[]>(list: T, from: number, to: number): T {
  const [head, tail] = [list.slice(0, from), list.slice(to)];
  if (list instanceof Uint8Array) return new Uint8Array(Buffer.concat([head as Uint8Array, tail as Uint8Array])) as T;
  return (typeof list === "string" ? `${head}${tail}` : [...(head as Part[]), ...(tail as Part[])]) as T;
}
