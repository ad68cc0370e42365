// Turns: what is done to one name is done in the order of the calls, one after the other, whichever model asks for it, so
// that the last save is the one that stays. What fails is its caller's affair, and the next goes on.

type Turns = WeakMap<object, Map<string, Promise<void>>>;

/** One list for the process, since each entry of the package has a copy of this file. */
const list = Symbol.for("trainlet.turns");
const ordered = Symbol.for("trainlet.ordered");

/** Does something to a name, of the file system or of whoever `owner` is, when all that was begun before is over. */
export function inTurn<T>(owner: object, name: string, action: () => T | PromiseLike<T>): Promise<T> {
  const shared = globalThis as { [list]?: Turns };
  shared[list] ??= new WeakMap();
  const turns = shared[list];
  if (!turns.has(owner)) turns.set(owner, new Map());
  const names = turns.get(owner)!;
  const mine = (names.get(name) ?? Promise.resolve()).then(action);
  const over: Promise<void> = mine
    .then(
      () => {},
      () => {},
    )
    .then(() => {
      if (names.get(name) === over) names.delete(name);
    });
  names.set(name, over);
  return mine;
}

/** Marks a storage's `write` as one that takes turns for itself, and waits for bytes that are still to come. */
export function takesTurns<W extends object>(write: W): W {
  return Object.assign(write, { [ordered]: true });
}
export function doesTakeTurns(write: object): boolean {
  return ordered in write;
}
