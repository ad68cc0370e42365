// Numbers without chance for the fuzzer: each case has a stream of its own, so that it can be had again without the others.

/** Mulberry32 over a hash of the seed's parts. */
export class Random {
  #state: number;

  constructor(...parts: readonly (string | number)[]) {
    let hash = 0x811c9dc5;
    for (const c of parts.join("\n")) hash = Math.imul(hash ^ c.codePointAt(0)!, 0x01000193); // FNV-1a
    this.#state = hash >>> 0;
  }
  /** In [0, 2³²). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
  /** In [0, 1). */
  unit(): number {
    return this.next() / 2 ** 32;
  }
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }
  /** From low to high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
  chance(p: number): boolean {
    return this.unit() < p;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next());
  }
  /** One of several ways to go on, with their weights. */
  choose<T>(...ways: readonly (readonly [weight: number, way: () => T])[]): T {
    let at = this.unit() * ways.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, way] of ways) {
      at -= weight;
      if (at < 0) return way();
    }
    return ways.at(-1)![1]();
  }
}
