import { show, TrainletError } from "../errors.ts";
import { type Metric, prepareParts, Schedule, type ScheduleState, type Start } from "./base.ts";
import { list, schedule } from "./form.ts";

/** One schedule after another; the next begins, from its own t = 0, at each milestone */
export const sequence = /* @__PURE__ */ schedule("sequence", () => ({
  options: {
    /** One more than milestones. All of them count what the sequence counts. */
    schedules: { type: "list", of: "schedules", positional: true },
    /** The steps at which the next one begins, rising. */
    milestones: list,
  },
  per: "epoch",
  check: ({ schedules, milestones = [] }) => {
    const wrong = (text: string) => new TrainletError("INVALID_ARGUMENT", `sequence: ${text}`);
    if (!Array.isArray(schedules) || schedules.length !== milestones.length + 1) {
      throw wrong(`schedules is ${show(schedules)}; give one more than the ${milestones.length} milestones`);
    }
    milestones.forEach((m, i) => {
      const low = milestones[i - 1] ?? 0;
      if (!Number.isInteger(m) || m < low) {
        throw wrong(`milestones[${i}] is ${m}; it should be a whole number in [${low}, inf)`);
      }
    });
  },
  inside: ({ schedules = [] }) => schedules.map((spec, i) => [`sequence: schedules[${i}]`, spec]),
  start: ({ schedules, milestones = [] }, start, { make }) => {
    const { per, context } = start;
    const total = (per === "batch" ? context.steps : context.epochs) ?? 0;
    const parts = schedules.map((spec, i) => {
      const from = milestones[i - 1] ?? 0;
      const to = milestones[i] ?? total;
      // A part that the run never reaches has a length all the same, for those that ask.
      const length = to && Math.max(1, to - from);
      const inside = { ...context, steps: 0, epochs: 0, [per === "batch" ? "steps" : "epochs"]: length };
      return make(spec, inside, per);
    });
    return new Sequence(start, parts, milestones);
  },
}));

class Sequence extends Schedule {
  readonly #parts: readonly Schedule[];
  readonly #milestones: readonly number[];

  constructor(start: Start, parts: readonly Schedule[], milestones: readonly number[]) {
    super(start);
    this.#parts = parts;
    this.#milestones = milestones;
  }
  get #part(): Schedule {
    return this.#parts[this.#milestones.filter(m => m <= this.t).length]!;
  }
  protected override rate(): number {
    return this.#part.lr;
  }
  override get momentum(): number | undefined {
    return this.#part.momentum;
  }
  override get hasMomentum(): boolean {
    return this.#parts.some(part => part.hasMomentum);
  }
  /** True if one part insists, undefined if one leaves it open. */
  override get cyclesMomentum(): boolean | undefined {
    const said = this.#parts.map(part => part.cyclesMomentum);
    return said.includes(true) || (said.includes(undefined) ? undefined : false);
  }
  override step(metric?: Metric): void {
    this.#part.step(metric);
    this.t++;
  }
  override endBatch(): void {
    this.#part.endBatch();
    if (this.per === "batch") this.t++;
  }
  override endEpoch(metric?: Metric): void {
    this.#part.endEpoch(metric);
    if (this.per === "epoch") this.t++;
  }
  override get state(): ScheduleState {
    return { t: this.t, parts: this.#parts.map(part => part.state) };
  }
  override prepare(state: ScheduleState, label: string): () => void {
    const move = super.prepare(state, label);
    const inside = prepareParts(this.#parts, state, label);
    return () => {
      move();
      inside();
    };
  }
}
