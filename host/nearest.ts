// The known name that is nearest to one that is not, for messages.

/** Names of other libraries, without case and separators, with ours. */
const OTHERS = /^(learningrate:(lr|optimizer)|(verbose|metrics):callbacks)$/;

/** The known name that takes the fewest edits, `most` at most, or that another library's longer one holds. A file may have
 * 100,000 names: the first few thousand are enough to be helpful. */
export function nearest(name: string, known: readonly string[], most = Infinity): string | undefined {
  const given = plain(name);
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of known.slice(0, 5000)) {
    const own = plain(candidate);
    const holds = own.length > 2 && given.includes(own);
    const edits = OTHERS.test(`${given}:${own}`) ? -1 : Math.min(distance(own, given), holds ? 2 : Infinity);
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/** What is compared of a name, which may be of any length where it comes from a file. */
function plain(name: string): string {
  return name.slice(0, 64).toLowerCase().replace(/[_-]/g, "");
}

/** Levenshtein distance: letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
