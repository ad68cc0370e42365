// Changes at any depth of plain JSON, such as specs, options, counters and schemas.
import type { Random } from "./random.ts";
import { isTagged, type Recipe, setKey } from "./recipe.ts";
import { edgeNumber, jsonValue, name } from "./values.ts";

type Value = (random: Random) => Recipe;
interface Place {
  get(): Recipe;
  set(value: Recipe): void;
  drop(): void;
  rename?(key: string): void;
}

/** A copy of the value with one change somewhere. `value` makes what is put in. */
export function mutate(random: Random, root: Recipe, value: Value = jsonValue): Recipe {
  const box: Recipe[] = [structuredClone(root)];
  const all = places(box);
  const place = random.chance(0.04) ? all[0]! : random.pick(all.slice(Math.min(1, all.length - 1)));
  const old = place.get();
  random.choose<void>(
    [6, () => place.set(alike(random, old, value))],
    [2, () => place.set(value(random))],
    [2, () => place.drop()],
    [1, () => place.rename?.(random.pick(["__proto__", "type", "x", "Lr", "unit", "toString", ""]))],
    [2, () => place.set(structuredClone(random.pick(all).get()))],
    [1, () => swap(place, random.pick(all))],
    [2, () => grow(random, old, value)],
  );
  return box[0] ?? null;
}

/** Several changes, one after the other. */
export function mutateOften(random: Random, root: Recipe, most: number, value: Value = jsonValue): Recipe {
  let result = root;
  for (let left = random.between(1, most); left > 0; left--) result = mutate(random, result, value);
  return result;
}

/** Every place below the box, its own first. */
function places(box: Recipe[]): Place[] {
  const list: Place[] = [];
  const visit = (holder: { [key: string]: Recipe }, key: string) => {
    if (list.length > 5000) return;
    list.push(placeOf(holder, key));
    const value = holder[key]!;
    if (value === null || typeof value !== "object" || isTagged(value)) return;
    for (const inner of Object.keys(value)) visit(value as typeof holder, inner);
  };
  visit(box as never, "0");
  return list;
}
/** An element of a list, or what an object has under a key. */
function placeOf(holder: { [key: string]: Recipe }, key: string): Place {
  const get = () => holder[key]!;
  const set = (value: Recipe) => setKey(holder, key, value);
  if (Array.isArray(holder)) return { get, set, drop: () => void holder.splice(Number(key), 1) };
  const drop = () => void delete holder[key];
  const rename = (to: string) => {
    const moved = holder[key]!;
    drop();
    setKey(holder, to, moved);
  };
  return { get, set, drop, rename };
}

function alike(random: Random, old: Recipe, value: Value): Recipe {
  if (typeof old === "number") {
    return random.choose<Recipe>(
      [4, () => edgeNumber(random)],
      [1, () => old + 1],
      [1, () => -old],
      [1, () => old * random.pick([2, 0.5, 10, 1000, 1e6])],
      [1, () => String(old)],
    );
  }
  if (typeof old === "string") return name(random);
  if (typeof old === "boolean") return random.pick<Recipe>([!old, 1, "true", null]);
  return value(random);
}

function swap(a: Place, b: Place): void {
  const [x, y] = [structuredClone(a.get()), structuredClone(b.get())];
  if (JSON.stringify(x).length + JSON.stringify(y).length > 50_000) return;
  a.set(y);
  b.set(x);
}

function grow(random: Random, old: Recipe, value: Value): void {
  if (Array.isArray(old)) {
    const item = old.length && random.chance(0.7) ? structuredClone(random.pick(old)) : value(random);
    const times = isTagged(item) ? 1 : random.pick([1, 1, 1, 2, 10, 300]); // what is long already stays that long
    for (let i = 0; i < times && old.length < 5000; i++) old.push(item);
  } else if (old !== null && typeof old === "object" && !isTagged(old)) {
    setKey(
      old,
      random.pick(["__proto__", "x", "lr", "units", "seed", "name", "constructor", "accumulate"]),
      value(random),
    );
  }
}
