/** What one cell of text means: nothing, a number, or a label. Cells are trimmed before they get here. */

// Spelled as files spell them; "Na" or "None" may well be a category.
const missingCells = new Set(["", "?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"]);

export function isMissing(cell: string): boolean {
  // Nearly all cells begin with a digit, a sign or a point (48 to 57, 43 to 46), and then no look-up is needed.
  const first = cell.charCodeAt(0);
  if (first >= 43 && first <= 57) return false;
  return cell.length <= 4 && missingCells.has(cell);
}

/** The cell as a decimal number, ±Infinity included, or NaN when it is not one. */
export function toNumber(cell: string): number {
  const value = Number(cell);
  if (Number.isNaN(value)) {
    if (!/^[+-]?inf(inity)?$/i.test(cell)) return value;
    return cell.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  // Number() takes "" and, after a 0, hexadecimal, octal and binary too: here those are no numbers.
  if (cell === "" || (cell.charCodeAt(0) === 48 && /^0[xob]/i.test(cell))) return Number.NaN;
  return value;
}

/**
 * Labels that are all numbers are the same class when they are the same number ("1", "1.0", "01"): their shortest
 * spelling. Integers too long for a double keep their digits, else two of them could become one.
 */
function spelling(label: string): string {
  const value = toNumber(label);
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? label : String(value);
}

function allNumbers(labels: readonly string[]): boolean {
  return labels.every(label => Number.isFinite(toNumber(label)));
}

/** Distinct labels in order: by number when all are numbers (2 < 10), else by code unit, the same in every locale. */
export function sortedLabels(cells: Iterable<string>): string[] {
  const labels = [...new Set(cells)];
  if (!allNumbers(labels)) return labels.sort((a, b) => (a < b ? -1 : 1));
  return [...new Set(labels.map(spelling))].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
}

/** Gives the position of a label in `labels`, or undefined; spellings of a number meet when all labels are numbers. */
export function labelIndex(labels: readonly string[]): (label: string) => number | undefined {
  const positions = new Map(labels.map((label, index) => [label, index]));
  if (!allNumbers(labels)) return label => positions.get(label);
  return label => positions.get(label) ?? positions.get(spelling(label));
}
