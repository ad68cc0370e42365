/** What every layer needs to know of the batch in hand; one a network, in linear memory, so that all threads see it. */
export class Batch {
  /** Samples in the batch. */
  rows: i32 = 0;
  /** ⌈rows / 8⌉ */
  panels: i32 = 0;
  /** Training (batch statistics, dropout) or inference. */
  training: bool = false;
  /** Whether a gradient that is an outer product may be left as its factors. */
  defers: bool = false;
  /** Where statistics are refreshed, the batches of two rows or more that were seen, this one included; else 0. */
  seen: i32 = 0;
  /** The run's seed. */
  seed: u32 = 0;
  /** Steps taken since the network was made; with the seed it fixes the random numbers of a step. */
  step: u32 = 0;
}
