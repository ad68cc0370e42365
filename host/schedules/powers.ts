// Powers and half cosines from +, -, ·, / and √ alone, which every engine rounds alike: of Math.cos and ** each has its own
// last bits, and so a run would have other rates, and in the end other weights.

/** x^y for x, y >= 0, with a relative error below (y + 60)·2⁻⁵³: squares for the whole part of y, roots for its fraction. */
export function power(x: number, y: number): number {
  let result = 1;
  for (let n = Math.floor(y), square = x; n > 0; n = Math.floor(n / 2), square *= square) {
    if (n % 2) result *= square;
  }
  for (let bits = y % 1, root = Math.sqrt(x); bits > 0; bits = (2 * bits) % 1, root = Math.sqrt(root)) {
    if (bits >= 0.5) result *= root;
  }
  return result;
}

/** (1 + cos πx)/2 for x >= 0, off by less than 1e-15 and never below 0: the Taylor series of (1 - cos a)/2 with
 * a = π(1 - x), x folded into [0, 1]. */
export function halfCosine(x: number): number {
  const a = Math.PI * (1 - Math.abs(((x + 1) % 2) - 1));
  const square = a * a;
  let series = 1;
  for (let k = 32; k > 2; k -= 2) series = 1 - (series * square) / (k * (k - 1));
  return (square * series) / 4;
}
