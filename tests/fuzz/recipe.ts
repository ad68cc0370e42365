// Hostile values written down as plain JSON, so that an input can be kept in a file: an object with a key "$" stands for
// what JSON does not have (NaN, a cyclic list, a getter that throws), or for what would be long in it.

export type Recipe = null | boolean | number | string | Recipe[] | { [key: string]: Recipe };
type Tagged = { $: string; [key: string]: Recipe };

/** What a getter or proxy of ours throws: the caller's own error, which a call may let through. */
export class CallersError extends Error {}

export function isTagged(value: unknown): value is Tagged {
  return value !== null && typeof value === "object" && typeof (value as Tagged).$ === "string";
}

/** Sets a key as JSON.parse would, "__proto__" among them. */
export function setKey<T>(object: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

/** The value that a recipe stands for. */
export function revive(recipe: Recipe): unknown {
  if (recipe === null || typeof recipe !== "object") return recipe;
  if (Array.isArray(recipe)) return recipe.map(revive);
  if (isTagged(recipe)) return special(recipe);
  const object: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(recipe)) {
    if (isTagged(value) && value.$ === "throws") {
      Object.defineProperty(object, key, { enumerable: true, configurable: true, get: fail });
    } else if (isTagged(value) && value.$ === "flips") {
      let reads = 0;
      const get = () => revive(reads++ < (value.after as number) ? value.from! : value.to!);
      Object.defineProperty(object, key, { enumerable: true, configurable: true, get });
    } else setKey(object, key, revive(value));
  }
  return object;
}

function fail(): never {
  throw new CallersError("of the caller's own getter");
}

function special(recipe: Tagged): unknown {
  const of = () => revive(recipe.of ?? {});
  switch (recipe.$) {
    case "number":
      return Number(recipe.text);
    case "text":
      return (recipe.of as string).repeat(recipe.times as number);
    case "list":
      return Array.from({ length: recipe.length as number }, of);
    case "holes":
      return new Array(recipe.length as number);
    case "deep":
      return deep(recipe.depth as number);
    case "undefined":
      return undefined;
    case "bigint":
      return BigInt(recipe.text as string);
    case "symbol":
      return Symbol("fuzz");
    case "function":
      return of;
    case "boxed":
      return Object(of());
    case "date":
      return new Date(0);
    case "map":
      return new Map([["type", "relu"]]);
    case "bare":
      return Object.assign(Object.create(null), of());
    case "cyclic": {
      const list: unknown[] = [1];
      list.push(list);
      return list;
    }
    case "cycle": {
      const object = of() as Record<string, unknown>;
      object.self = object;
      return object;
    }
    case "proxy":
      return new Proxy(Object(of()), {});
    case "trap":
      return new Proxy({}, { get: fail, has: fail, ownKeys: fail, getOwnPropertyDescriptor: fail });
    case "revoked": {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    }
    case "numbers":
      return typed(recipe.kind as string, recipe.length as number, Number(recipe.fill ?? 0));
    case "detached": {
      const array = typed(recipe.kind as string, recipe.length as number, 0) as Uint8Array<ArrayBuffer>;
      structuredClone(array.buffer, { transfer: [array.buffer] });
      return array;
    }
    default: // "throws" and "flips" where there is no object around them
      return undefined;
  }
}

function typed(kind: string, length: number, fill: number): unknown {
  const arrays = { Float32Array, Float64Array, Int32Array, Uint8Array, Uint32Array, Int16Array };
  if (kind === "BigInt64Array") return new BigInt64Array(length).fill(BigInt(Math.trunc(fill)));
  if (kind === "DataView") return new DataView(new ArrayBuffer(length));
  return new arrays[kind as keyof typeof arrays](length).fill(fill);
}

function deep(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { type: value };
  return value;
}

/** The recipe as JSON text, or the nearest to it: 1e400 stays what it is, which JSON.parse reads as Infinity. */
export function write(recipe: Recipe): string {
  if (recipe === null || typeof recipe !== "object") return JSON.stringify(recipe);
  if (Array.isArray(recipe)) return `[${recipe.map(write).join(",")}]`;
  if (!isTagged(recipe)) {
    return `{${Object.entries(recipe)
      .map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`)
      .join(",")}}`;
  }
  switch (recipe.$) {
    case "number":
      return /^-?\d/.test(recipe.text as string) ? (recipe.text as string) : "1e999";
    case "text":
      return JSON.stringify((recipe.of as string).repeat(recipe.times as number));
    case "list":
    case "holes":
      return `[${`${write(recipe.of ?? null)},`.repeat(Math.min(recipe.length as number, 100_000)).slice(0, -1)}]`;
    case "deep":
      return "[".repeat(recipe.depth as number) + "]".repeat(recipe.depth as number);
    default:
      return recipe.of === undefined ? "null" : write(recipe.of);
  }
}
