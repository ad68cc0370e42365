/** How many rows, and of which class, a split gives to its test part. */
import { show, TrainletError } from "../errors.ts";

/**
 * Rows of the test part: `test` itself when it is a whole count (1 is one row), ceil(rows · test) when it is a fraction.
 * Both parts hold at least one row, or this throws.
 */
export function testRows(rows: number, test: unknown): number {
  const fraction = typeof test === "number" && test > 0 && test < 1;
  if (!fraction && !(typeof test === "number" && Number.isInteger(test) && test >= 1)) {
    const wanted = "a fraction between 0 and 1 or a whole number of rows";
    throw new TrainletError("INVALID_ARGUMENT", `split: test must be ${wanted}, got ${show(test)}`);
  }
  const count = fraction ? Math.ceil(rows * (test as number)) : (test as number);
  if (count >= rows) {
    const message = `split: test ${test} takes ${count} of ${rows} rows, which leaves none to train on`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  return count;
}

/**
 * Shares `total` test rows among classes of `counts` rows in proportion, by largest remainder (ties: the earlier class).
 * Rows then move so that a class of two rows or more stands in both parts, as far as `total` allows it.
 */
export function stratifiedCounts(counts: readonly number[], total: number): number[] {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map(count => Math.floor((total * count) / rows));
  const remainders = counts.map((count, c) => ({ c, left: (total * count) % rows }));
  remainders.sort((a, b) => b.left - a.left || a.c - b.c);
  let open = total - shares.reduce((sum, share) => sum + share, 0);
  for (const { c } of remainders) if (open-- > 0) shares[c]!++;

  // The same rule for both parts: a class absent from one takes a row from the class that has the most to spare there.
  const spread = (inPart: (c: number) => number, move: (c: number, rows: number) => void): void => {
    const donors = heap(
      counts.map((_, c) => c).filter(c => inPart(c) >= 2),
      (a, b) => inPart(a) > inPart(b) || (inPart(a) === inPart(b) && a < b),
    );
    for (const [c, count] of counts.entries()) {
      if (count < 2 || inPart(c) > 0) continue;
      const donor = donors.first();
      if (donor === undefined || inPart(donor) < 2) return;
      move(c, 1);
      move(donor, -1);
      donors.sink();
    }
  };
  const addToTest = (c: number, rows: number): void => {
    shares[c]! += rows;
  };
  spread(c => shares[c]!, addToTest);
  spread(
    c => counts[c]! - shares[c]!,
    (c, rows) => addToTest(c, -rows),
  );
  return shares;
}

/** A binary heap whose first item may lose rank: `sink` then puts it where it belongs. Takes `items` over. */
function heap(
  items: number[],
  before: (a: number, b: number) => boolean,
): { first(): number | undefined; sink(): void } {
  const sinkFrom = (start: number): void => {
    for (let at = start; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let best = at;
      if (left < items.length && before(items[left]!, items[best]!)) best = left;
      if (right < items.length && before(items[right]!, items[best]!)) best = right;
      if (best === at) return;
      [items[at], items[best]] = [items[best]!, items[at]!];
      at = best;
    }
  };
  for (let at = items.length >> 1; at >= 0; at--) sinkFrom(at);
  return { first: () => items[0], sink: () => sinkFrom(0) };
}
