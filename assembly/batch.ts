/** What every layer needs to know of the batch in hand; one a network, in linear memory, so that all threads see it. */
export class Batch {
  /** Samples in the batch. */
  rows: i32 = 0;
  /** ⌈rows / 8⌉ */
  panels: i32 = 0;
  /** Training (batch statistics, dropout) or inference. */
  training: bool = false;
  /** The run's seed. */
  seed: u32 = 0;
  /** Steps taken since the network was made; with the seed it fixes the random numbers of a step. */
  step: u32 = 0;
}
