// The learning rate and the momentum of the coming step: a rule's own, or what a schedule makes of them.
import { TrainletError } from "./errors.ts";
import type { Spec } from "./make-spec.ts";
import { baseRate, momentumOf } from "./rates.ts";
import type { Schedule } from "./schedules/schedule.ts";

export class Pace {
  readonly optimizer: Spec;
  readonly schedule: Schedule | undefined;
  readonly #lr: number;
  /** The rule's own momentum, where the schedule drives it. */
  readonly #momentum: number | undefined;

  constructor(optimizer: Spec, schedule?: Schedule) {
    this.optimizer = optimizer;
    this.schedule = schedule;
    this.#lr = baseRate(optimizer);
    const momentum = momentumOf(optimizer);
    const runs = momentum !== undefined && momentum.value > 0;
    if (schedule?.cyclesMomentum && !runs) {
      const has = momentum ? `runs with ${momentum.name} 0` : "has none";
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `schedule: cycleMomentum is true, but ${optimizer.type} ${has}; give the rule a momentum above 0 or leave cycleMomentum out`,
      );
    }
    if (runs && schedule && schedule.cyclesMomentum !== false && schedule.hasMomentum) this.#momentum = momentum.value;
  }
  get lr(): number {
    return this.schedule?.lr ?? this.#lr;
  }
  /** Nothing where every rule keeps its own. */
  get momentum(): number | undefined {
    return this.#momentum === undefined ? undefined : (this.schedule!.momentum ?? this.#momentum);
  }
  /** Rates and momenta of the next `count` steps, the schedule gone on by as many. */
  take(count: number): { rates: number[]; momenta: number[] | undefined } {
    const rates: number[] = [];
    const momenta: number[] | undefined = this.#momentum === undefined ? undefined : [];
    for (let i = 0; i < count; i++) {
      rates.push(this.lr);
      momenta?.push(this.momentum!);
      this.schedule?.endBatch();
    }
    return { rates, momenta };
  }
}
