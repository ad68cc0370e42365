import { philox4 } from "./philox";
import { normalQuantile, normalCdf } from "./normal";

/** Counters come four at a time, of four words each. */
const WORDS: i32 = 16;

/** Random numbers of one purpose, drawn one after another. One object is kept and set to each stream in turn. */
export class Random {
  private seed: u32 = 0;
  private purpose: u32 = 0;
  private place: u32 = 0;
  private step: u32 = 0;
  private block: u32 = 0;
  private at: i32 = WORDS;
  /** Where the normal was last cut, and the weight of the tail beyond. */
  private cutoff: f64 = 0;
  private tail: f64 = 0.5;
  /** The words of four counters, word w of counter i at [w][i]. */
  private words: StaticArray<u32> = new StaticArray<u32>(WORDS);

  /** Begins the stream of (seed, purpose, place, step). */
  begin(seed: u32, purpose: u32, place: u32, step: u32): void {
    this.seed = seed;
    this.purpose = purpose;
    this.place = place;
    this.step = step;
    this.block = 0;
    this.at = WORDS;
  }
  /** 32 random bits. */
  next(): u32 {
    let at = this.at;
    if (at == WORDS) {
      philox4(changetype<usize>(this.words), this.block, this.step, this.purpose, this.place, this.seed);
      this.block += 4;
      at = 0;
    }
    this.at = at + 1;
    return load<u32>(changetype<usize>(this.words) + (<usize>((at & 3) << 2 | at >> 2) << 2));
  }
  /** Uniform in (0, 1), never an end: (word + 1/2)/2³². */
  uniform(): f64 {
    return (<f64>this.next() + 0.5) * 2.3283064365386963e-10;
  }
  /** A whole number below `bound`, by multiplication; its bias is below bound/2³². */
  below(bound: u32): u32 {
    return <u32>((<u64>this.next() * <u64>bound) >> 32);
  }
  /** Standard normal, by inversion. */
  normal(): f64 {
    return normalQuantile(this.uniform());
  }
  /** Standard normal within ±cutoff, by inversion between the two tails. */
  truncatedNormal(cutoff: f64): f64 {
    if (cutoff != this.cutoff) {
      this.cutoff = cutoff;
      this.tail = normalCdf(-cutoff);
    }
    return normalQuantile(this.tail + (1 - 2 * this.tail) * this.uniform());
  }
}

/** order[0..count) = a permutation of 0..count - 1, Fisher-Yates. */
export function permute(order: usize, count: i32, random: Random): void {
  for (let i = 0; i < count; i++) store<u32>(order + (<usize>i << 2), i);
  for (let i = count - 1; i > 0; i--) {
    let a = order + (<usize>i << 2);
    let b = order + (<usize>random.below(i + 1) << 2);
    let swap = load<u32>(a);
    store<u32>(a, load<u32>(b));
    store<u32>(b, swap);
  }
}
