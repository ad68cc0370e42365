import { Rule, Objective } from "./rule";
import { drawDirection } from "./direction";
import { probe } from "./finite-differences";
import { Parameter } from "../parameter";
import { Random } from "../random/random";
import { addScaled } from "../kernels/flat";

/**
 * Augmented random search, V1-t: of N normal directions δ the b whose better side has the lowest loss move the weights,
 * w ← w - lr/(b·σ_R)·Σ (L(w + νδ) - L(w - νδ))·δ, σ_R the standard deviation of their 2b losses. V2's normalisation of
 * states is what scaling the inputs (`scale: "standard"`) does here. Mania, Guy, Recht 2018.
 * @probes
 */
class AugmentedRandomSearch extends Rule {
  /** Learning rate. @range [0, inf) */
  lr: f64 = 0.02;
  /** ν: how far the loss is probed. @range (0, inf) */
  sigma: f64 = 0.03;
  /** N: directions that are tried. @range [1, 10000] */
  directions: i32 = 8;
  /** b: directions that are used; 0 for all. @range [0, 10000] */
  top: i32 = 0;
  private random: Random = new Random();

  drives(): bool {
    return true;
  }
  /** A direction, and the weights at the start of the step. */
  states(): i32 {
    return 2;
  }
  /** Losses on both sides of each direction, and whether it is used. */
  workBytes(p: Parameter): f64 {
    return <f64>this.directions * 24;
  }
  drive(objective: Objective, w: usize, g: usize, s: usize, bytes: usize, lr: f64): void {
    let start = s + bytes;
    memory.copy(start, w, bytes);
    if (!isFinite(objective.value())) return;
    for (let i = 0; i < this.directions; i++) {
      drawDirection(s, w, objective, i, this.random);
      let at = this.slot(i);
      store<f64>(at, probe(objective, w, start, s, this.sigma, bytes));
      store<f64>(at, probe(objective, w, start, s, -this.sigma, bytes), 8);
      store<f64>(at, 0, 16);
    }
    memory.copy(w, start, bytes);
    let used = this.top > 0 ? min(this.top, this.directions) : this.directions;
    let sum: f64 = 0, square: f64 = 0;
    for (let i = 0; i < used; i++) {
      let at = this.best();
      if (!at) return; // every side that is left has a loss that is not finite
      store<f64>(at, 1, 16);
      sum += load<f64>(at) + load<f64>(at, 8);
    }
    let mean = sum / (2 * used);
    for (let i = 0; i < this.directions; i++) {
      let at = this.slot(i);
      if (load<f64>(at, 16) == 0) continue;
      let a = load<f64>(at) - mean, b = load<f64>(at, 8) - mean;
      square += a * a + b * b;
    }
    let deviation = sqrt(square / (2 * used));
    if (!(deviation > 0)) return; // flat: no side is better than another
    for (let i = 0; i < this.directions; i++) {
      let at = this.slot(i);
      if (load<f64>(at, 16) == 0) continue;
      drawDirection(s, w, objective, i, this.random);
      addScaled(w, s, (-lr * (load<f64>(at) - load<f64>(at, 8))) / (used * deviation), bytes);
    }
  }
  private slot(i: i32): usize {
    return this.work + <usize>i * 24;
  }
  /** The direction with the lowest loss on either side among those not taken yet, or 0. */
  private best(): usize {
    let found: usize = 0;
    let lowest = Infinity;
    for (let i = 0; i < this.directions; i++) {
      let at = this.slot(i);
      let loss = min(load<f64>(at), load<f64>(at, 8));
      let finite = isFinite(load<f64>(at)) && isFinite(load<f64>(at, 8));
      if (load<f64>(at, 16) == 0 && finite && loss < lowest) {
        lowest = loss;
        found = at;
      }
    }
    return found;
  }
}

export function augmentedRandomSearch(): Rule {
  return new AugmentedRandomSearch();
}
