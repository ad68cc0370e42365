import { type Metric, prepareParts, Schedule, type ScheduleContext, type ScheduleState, type Start } from "./base.ts";
import { constantFactor } from "./decays.ts";
import { count, schedule, share } from "./form.ts";
import { rise } from "./rise.ts";

/** A rise in `steps` steps to the rate with which `after` begins, then `after` from its t = 0. Goyal et al. 2017 */
export const warmup = /* @__PURE__ */ schedule("warmup", () => ({
  options: {
    steps: { ...count, positional: true },
    /** What follows, in epochs or batches as it counts by itself. Default: the optimizer's rate, constant. */
    after: { type: "any", of: "schedule" },
    /** Share of the rate at the first step. Default 1/(steps + 1). */
    start: share,
    mode: { type: "values", values: ["linear", "cos", "constant"], default: 0 },
  },
  per: "epoch",
  inside: ({ after }) => (after === undefined ? [] : [["warmup: after", after]]),
  perOf: ({ after }, maker) => maker.perOf(after ?? constant()),
  start: (s, start, { make }, unit) => {
    const after = make(s.after ?? constant(), remaining(start, s.steps), unit);
    return new Warmup(start, after, s.steps, t => rise(t, s.steps, s.start, s.mode));
  },
}));
/** What follows where nothing is given: the optimizer's rate. */
const constant = () => constantFactor({ factor: 1 });

/** What is left of the run after a warm-up, in epochs and in batches; an epoch that it ends in counts. */
function remaining({ per, context }: Start, steps: number): ScheduleContext {
  const { steps: batches = 0, epochs = 0 } = context;
  // 0 stands for a length that nobody knows.
  const each = epochs && batches / epochs;
  const left = (all: number, gone: number) => all && Math.max(1, all - gone);
  if (per === "batch") {
    return { ...context, steps: left(batches, steps), epochs: each && left(epochs, Math.floor(steps / each)) };
  }
  return { ...context, epochs: left(epochs, steps), steps: each && left(batches, steps * each) };
}

class Warmup extends Schedule {
  readonly #after: Schedule;
  readonly #steps: number;
  readonly #share: (t: number) => number;
  readonly #top: number;

  constructor(start: Start, after: Schedule, steps: number, share: (t: number) => number) {
    super(start);
    this.#after = after;
    this.#steps = steps;
    this.#share = share;
    this.#top = after.lr;
  }
  get #rising(): boolean {
    return this.t < this.#steps;
  }
  protected override rate(): number {
    return this.#rising ? this.#top * this.#share(this.t) : this.#after.lr;
  }
  override get momentum(): number | undefined {
    return this.#rising ? undefined : this.#after.momentum;
  }
  override get hasMomentum(): boolean {
    return this.#after.hasMomentum;
  }
  override get cyclesMomentum(): boolean | undefined {
    return this.#after.cyclesMomentum;
  }
  /** Who steps by hand says what a step is: one of the warm-up, then one of `after`. */
  override step(metric?: Metric): void {
    if (this.#rising) this.t++;
    else this.#after.step(metric);
  }
  override endBatch(): void {
    if (!this.#rising) this.#after.endBatch();
    // One more than `steps` says that `after` has had a batch, and so a part in the epoch that ends next.
    if (this.per === "batch" && this.t <= this.#steps) this.t++;
  }
  override endEpoch(metric?: Metric): void {
    if (this.per === "epoch" && this.#rising) this.t++;
    else if (this.per === "epoch" || this.t > this.#steps) this.#after.endEpoch(metric);
  }
  override get state(): ScheduleState {
    return { t: this.t, parts: [this.#after.state] };
  }
  override prepare(state: ScheduleState, label: string): () => void {
    const move = super.prepare(state, label);
    const inside = prepareParts([this.#after], state, label);
    return () => {
      move();
      inside();
    };
  }
}
