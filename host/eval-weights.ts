// Weights meant for inference, where a rule or an average keeps others than those that are trained, and the running
// statistics that belong to them: plain means over the batches of the data that a run trains on.
import type { Engine, Resident, Snapshot } from "./engine.ts";

export class EvalWeights {
  readonly #engine: Engine;
  /** What a run that is under way trains on. */
  #data: { resident: Resident; batchSize: number } | undefined;
  /** Their statistics, found since they last changed. */
  #statistics: Snapshot["statistics"] | undefined;
  /** Training's own weights and statistics, while these stand in their place. */
  #parked: Snapshot | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }
  begin(resident: Resident, batchSize: number): void {
    this.#data = { resident, batchSize };
  }
  end(): void {
    this.#data = undefined;
    this.changed();
  }
  changed(): void {
    this.#statistics = undefined;
  }
  /** Runs `use` with them in the parameters' place, and with training's own where those are others. */
  use<T>(use: (own: Snapshot | undefined) => T): T {
    if (!this.#differ) return use(this.#parked);
    const own = this.#engine.snapshot();
    try {
      this.#put();
      return use(own);
    } finally {
      this.#engine.restore(own);
    }
  }
  /** Leaves them in the parameters' place until training goes on from its own, or for good. */
  park(forGood = false): void {
    if (!this.#differ) return;
    const own = this.#engine.snapshot();
    this.#put();
    if (!forGood) this.#parked = own;
  }
  /** The same with weights that a file held. */
  parkAt(weights: Snapshot): void {
    this.#parked = this.#engine.snapshot();
    this.#engine.restore(weights);
  }
  /** Training goes on. */
  wake(): void {
    if (this.#parked) this.#engine.restore(this.#parked);
    this.forget();
  }
  /** What stands there is training's own from now on. */
  forget(): void {
    this.#parked = undefined;
    this.changed();
  }

  /** Whether other weights stand in the parameters' place. */
  get #differ(): boolean {
    const { memory, plan } = this.#engine;
    return !this.#parked && memory.core.separates(plan.trainer) !== 0;
  }
  #put(): void {
    const { memory, plan } = this.#engine;
    memory.core.inferenceValues(plan.trainer, plan.values.at);
    if (!this.#data || !plan.statistics.length) return;
    if (this.#statistics) this.#engine.restoreStatistics(this.#statistics);
    else this.#statistics = this.#renewed(this.#data);
  }
  #renewed({ resident, batchSize }: { resident: Resident; batchSize: number }): Snapshot["statistics"] {
    const engine = this.#engine;
    engine.aside(() => {
      engine.select(resident, batchSize);
      engine.memory.core.refreshStatistics(engine.plan.network);
    });
    return engine.snapshot().statistics;
  }
}
