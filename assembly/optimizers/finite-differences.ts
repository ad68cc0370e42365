import { Rule, Objective } from "./rule";
import { drawDirection } from "./direction";
import { Random } from "../random/random";
import { addScaled } from "../kernels/flat";

/**
 * Two-point finite differences along random normal directions δ: w ← w - lr·mean of (L(w + σδ) - L(w - σδ))/(2σ)·δ.
 * Forward passes only, so any loss will do, and noise grows with the number of parameters. Nesterov, Spokoiny 2017.
 * @probes
 */
class FiniteDifferences extends Rule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.01;
  /** σ: how far the loss is probed. @range (0, inf) */
  sigma: f64 = 0.01;
  /** Directions that a step averages over. @range [1, inf) */
  directions: i32 = 1;
  private random: Random = new Random();

  drives(): bool {
    return true;
  }
  /** The direction, and the weights at the start of the step. */
  states(): i32 {
    return 2;
  }
  drive(objective: Objective, w: usize, g: usize, s: usize, bytes: usize, lr: f64): void {
    let start = s + bytes;
    memory.copy(start, w, bytes);
    memory.fill(g, 0, bytes);
    if (!isFinite(objective.value())) return;
    for (let i = 0; i < this.directions; i++) {
      drawDirection(s, w, objective, i, this.random);
      let slope = probe(objective, w, start, s, this.sigma, bytes) - probe(objective, w, start, s, -this.sigma, bytes);
      addScaled(g, s, slope / (2 * this.sigma * this.directions), bytes);
    }
    memory.copy(w, start, bytes);
    addScaled(w, g, -lr, bytes);
  }
}

/** The loss at start + length·d; the weights are left there. */
export function probe(objective: Objective, w: usize, start: usize, d: usize, length: f64, bytes: usize): f64 {
  memory.copy(w, start, bytes);
  addScaled(w, d, length, bytes);
  return objective.value();
}

export function finiteDifferences(): Rule {
  return new FiniteDifferences();
}
