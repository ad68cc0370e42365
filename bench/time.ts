/** Best seconds of a call, over calls that together take `budget` ms. */
export function best(call: () => void, budget = 200): number {
  let least = Infinity;
  for (const end = performance.now() + budget; performance.now() < end; ) {
    const start = performance.now();
    call();
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000;
}
