// What every schedule has: the rate of the coming step, a floor under it, a way on, and a state that is plain JSON.
import { show, TrainletError } from "../errors.ts";

export type Per = "epoch" | "batch";

/** Plain JSON that names a schedule and the options it was given. */
export interface ScheduleSpec {
  type: string;
  /** What a step is. */
  per?: Per;
  /** No rate is lower than this. */
  minLr?: number;
  [option: string]: unknown;
}
/** What a schedule is told about the run. */
export interface ScheduleContext {
  /** The rate that the schedule starts from. */
  baseLr: number;
  /** Steps and epochs of the whole run, for schedules whose length is not given. */
  steps?: number;
  epochs?: number;
  /** What reduceOnPlateau watches unless told, where the run's own numbers are fed to it. */
  monitor?: string;
  /** Which call it is that counts batches alone. */
  call?: string;
}
/** What reduceOnPlateau looks at: a number, or a log in which it finds its `monitor`. */
export type Metric = number | object;
/** Where a schedule is: plain JSON. A closed form is known by its step alone. */
export interface ScheduleState {
  /** Steps taken. */
  t: number;
  /** reduceOnPlateau: the rate as it is now. */
  lr?: number;
  /** reduceOnPlateau: the best metric so far; null before the first. */
  best?: number | null;
  /** reduceOnPlateau: epochs without improvement. */
  bad?: number;
  /** reduceOnPlateau: epochs that it still waits. */
  cooling?: number;
  /** warmup, sequence: the states of the schedules inside. */
  parts?: readonly ScheduleState[];
}
/** What a schedule is made from, checked and with everything decided that the spec leaves open. */
export interface Start {
  spec: ScheduleSpec;
  per: Per;
  minLr: number;
  context: ScheduleContext;
}

/** A schedule that goes on: `lr` is the rate of the coming step. */
export abstract class Schedule {
  /** What it was made from. */
  readonly spec: ScheduleSpec;
  /** Whether a step is an epoch or a batch. */
  readonly per: Per;
  /** What it was told about the run. */
  readonly context: ScheduleContext;
  /** Steps taken. */
  protected t = 0;
  readonly #minLr: number;

  constructor({ spec, per, minLr, context }: Start) {
    this.spec = spec;
    this.per = per;
    this.context = context;
    this.#minLr = minLr;
  }
  protected abstract rate(): number;

  /** The rate for the coming step. */
  get lr(): number {
    return Math.max(this.rate(), this.#minLr);
  }
  /** The momentum for the coming step, where the schedule has one. */
  get momentum(): number | undefined {
    return undefined;
  }
  /** Whether it has a momentum at any step. */
  get hasMomentum(): boolean {
    return false;
  }
  /** The option `cycleMomentum` as given: undefined where it was left out, and false where there is no momentum. */
  get cyclesMomentum(): boolean | undefined {
    return false;
  }
  /** Goes on by one step; `metric` is what reduceOnPlateau looks at. */
  step(_metric?: Metric): void {
    this.t++;
  }
  /** A batch has been trained: a step for what counts batches. */
  endBatch(): void {
    if (this.per === "batch") this.step();
  }
  /** An epoch has been trained: a step for what counts epochs. Without a metric reduceOnPlateau stays as it is. */
  endEpoch(_metric?: Metric): void {
    if (this.per === "epoch") this.step();
  }
  /** Goes on by whole epochs that were trained elsewhere. */
  skip(epochs: number, batchesPerEpoch: number): void {
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let batch = 0; batch < batchesPerEpoch; batch++) this.endBatch();
      this.endEpoch();
    }
  }
  /** Where the schedule is: plain JSON for `restore`. */
  get state(): ScheduleState {
    return { t: this.t };
  }
  /** Goes to where another schedule of the same spec was; a state that does not fit changes nothing. */
  restore(state: ScheduleState): void {
    this.prepare(state, "state")();
  }
  /** Checks a state. What comes back puts the schedule there: schedules inside schedules move together or not at all. */
  prepare(state: ScheduleState, label: string): () => void {
    if (state === null || typeof state !== "object") throw wrongState(label, state, "an object, as in { t: 0 }");
    const t = wholeOf(state, "t", label);
    return () => {
      this.t = t;
    };
  }
}

function wrongState(label: string, value: unknown, wants: string): TrainletError {
  return new TrainletError("INVALID_ARGUMENT", `restore: ${label} is ${show(value)}; it should be ${wants}`);
}
/** A count of a state. */
export function wholeOf(state: ScheduleState, name: "t" | "bad" | "cooling", label: string): number {
  const value = state[name];
  if (Number.isSafeInteger(value) && value! >= 0) return value!;
  throw wrongState(`${label}.${name}`, value, "a whole number in [0, inf)");
}
/** A number of a state. */
export function numberOf(state: ScheduleState, name: "lr" | "best", label: string, low: number): number {
  const value = state[name];
  if (typeof value === "number" && Number.isFinite(value) && value >= low) return value;
  throw wrongState(
    `${label}.${name}`,
    value,
    low === 0 ? "a number in [0, inf)" : "a number, or null before the first",
  );
}
/** Puts the schedules inside another where they were. */
export function prepareParts(parts: readonly Schedule[], state: ScheduleState, label: string): () => void {
  const given = state.parts;
  if (!Array.isArray(given) || given.length !== parts.length) {
    throw wrongState(`${label}.parts`, given, `a list of ${parts.length}, one state for each schedule inside`);
  }
  const moves = parts.map((part, i) => part.prepare(given[i]!, `${label}.parts[${i}]`));
  return () => {
    for (const move of moves) move();
  };
}
