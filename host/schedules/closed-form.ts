import { Schedule, type Start } from "./base.ts";

type OfStep = (t: number) => number;

/** A schedule whose rate, and momentum where it has one, are functions of the step alone. */
export class ClosedForm extends Schedule {
  readonly #rate: OfStep;
  readonly #momentum: OfStep | undefined;

  constructor(start: Start, rate: OfStep, momentum: OfStep | undefined) {
    super(start);
    this.#rate = rate;
    this.#momentum = start.spec.cycleMomentum === false ? undefined : momentum;
  }
  protected override rate(): number {
    return this.#rate(this.t);
  }
  override get momentum(): number | undefined {
    return this.#momentum?.(this.t);
  }
  override get hasMomentum(): boolean {
    return this.#momentum !== undefined;
  }
  override get cyclesMomentum(): boolean | undefined {
    return this.#momentum ? (this.spec.cycleMomentum as boolean | undefined) : false;
  }
}
