// What a process of the fuzzer is told to do, and what it notes while it does that.
export interface Task {
  target: string;
  seed: number;
  from: number;
  /** Cases to try at most, and until when. */
  count: number;
  until: number;
  /** Where the case in hand is noted, for whoever has to kill this. */
  state: string;
  /** Whether a fault is to be confirmed. */
  alone?: boolean;
  /** Whether what fails is made small and kept under this name. */
  keep?: string;
}
/** What is noted of each case: its number, and the most so far. */
export const noted = ["case", "tried", "slowest", "slowestCase", "largest", "largestCase", "loaded"] as const;
