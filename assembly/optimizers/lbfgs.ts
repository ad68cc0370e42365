import { Rule, Objective, isCount } from "./rule";
import { LineSearch } from "./line-search";
import { dotFlat, addScaled, negate, scaleFlat, largest, sumAbsolute } from "../kernels/flat";

/**
 * Limited-memory BFGS: the direction -H·g from the last changes of weights sᵢ and gradients yᵢ by the two-loop recursion,
 * H₀ = (s·y)/(y·y); a step of length lr along it (the very first min(1, 1/‖g‖₁)·lr), or one that meets the strong Wolfe
 * conditions. One step of the optimizer is up to maxIter iterations on the same batch. Liu, Nocedal 1989; in PyTorch's form.
 */
class Lbfgs extends Rule {
  /** Step length along the direction, or the first that the line search tries. @range [0, inf) */
  lr: f64 = 1;
  /** Iterations of a step. @range [1, inf) */
  maxIter: i32 = 20;
  /** Evaluations of the loss in a step; 0 for 5/4 of maxIter. @range [0, inf) */
  maxEval: i32 = 0;
  /** How many changes are remembered. @range [1, 1000] */
  historySize: i32 = 10;
  /** The step ends when no gradient is larger. @range [0, inf) */
  toleranceGrad: f64 = 1e-7;
  /** The step ends when weights or loss change by less. @range [0, inf) */
  toleranceChange: f64 = 1e-9;
  /** How far to go along the direction. @values none strongWolfe @nullable */
  lineSearch: i32 = 0;
  private search: LineSearch = new LineSearch();

  drives(): bool {
    return true;
  }
  /** Direction, last gradient, three arrays of the line search, then s and y of each change. */
  states(): i32 {
    return 5 + 2 * this.historySize;
  }
  /** Float64: iterations so far, changes remembered, slot of the oldest, last step length, H₀; then 1/(sᵢ·yᵢ) and αᵢ. */
  sharedBytes(): f64 {
    return 40 + 16 * <f64>this.historySize;
  }
  sound(): bool {
    let count = load<f64>(this.shared, 8), oldest = load<f64>(this.shared, 16);
    return isCount(this.iterations) && isCount(count, this.historySize) && isCount(oldest, this.historySize - 1);
  }
  private get iterations(): f64 {
    return load<f64>(this.shared);
  }

  drive(objective: Objective, w: usize, g: usize, s: usize, bytes: usize, lr: f64): void {
    let d = s, last = s + bytes;
    let bound = this.maxEval ? this.maxEval : (this.maxIter * 5) / 4;
    let loss = objective.measure();
    let evaluations = 1;
    if (largest(g, bytes) <= this.toleranceGrad) return;
    for (let i = 1; i <= this.maxIter; i++) {
      store<f64>(this.shared, this.iterations + 1);
      let first = this.iterations == 1;
      if (first) negate(d, g, bytes);
      else this.direct(d, g, last, s, bytes);
      memory.copy(last, g, bytes);
      let lastLoss = loss;
      let t = first ? min(1.0, 1 / sumAbsolute(g, bytes)) * lr : lr;
      let slope = dotFlat(g, d, bytes);
      store<f64>(this.shared, t, 24);
      if (slope > -this.toleranceChange) return;
      let done = i == this.maxIter;
      if (this.lineSearch) {
        let search = this.search;
        search.run(objective, w, g, d, s + 2 * bytes, bytes, t, loss, slope, this.toleranceChange);
        loss = search.loss;
        t = search.t;
        evaluations += search.evaluations;
        store<f64>(this.shared, t, 24);
      } else {
        addScaled(w, d, t, bytes);
        // At the end nobody needs the new gradient: the next step measures again.
        if (!done) {
          loss = objective.measure();
          evaluations++;
        }
      }
      if (done || evaluations >= bound || !isFinite(loss)) return;
      if (largest(g, bytes) <= this.toleranceGrad) return;
      if (largest(d, bytes) * abs(t) <= this.toleranceChange) return;
      if (abs(loss - lastLoss) < this.toleranceChange) return;
    }
  }

  /** d = -H·g, after the newest change has been remembered. */
  private direct(d: usize, g: usize, last: usize, s: usize, bytes: usize): void {
    let size = this.historySize;
    let count = <i32>load<f64>(this.shared, 8);
    let oldest = <i32>load<f64>(this.shared, 16);
    let changes = s + 5 * bytes;
    // The slot that a new change takes: a free one, or the oldest's.
    let slot = count < size ? count : oldest;
    let y = last; // the last gradient is not needed again
    scaleFlat(y, -1, bytes);
    addScaled(y, g, 1, bytes);
    let t = load<f64>(this.shared, 24);
    let ys = t * dotFlat(y, d, bytes);
    if (ys > 1e-10) {
      let newS = changes + <usize>(2 * slot) * bytes;
      let newY = newS + bytes;
      memory.copy(newS, d, bytes);
      scaleFlat(newS, t, bytes);
      memory.copy(newY, y, bytes);
      store<f64>(this.inverse(slot), 1 / ys);
      store<f64>(this.shared, ys / dotFlat(y, y, bytes), 32);
      if (count < size) store<f64>(this.shared, ++count, 8);
      else store<f64>(this.shared, (oldest = (oldest + 1) % size), 16);
    } else if (count == 0) {
      store<f64>(this.shared, 1, 32);
    }
    negate(d, g, bytes);
    for (let i = count - 1; i >= 0; i--) {
      let at = (oldest + i) % size;
      let change = changes + <usize>(2 * at) * bytes;
      let alpha = dotFlat(change, d, bytes) * load<f64>(this.inverse(at));
      store<f64>(this.inverse(at), alpha, 8);
      addScaled(d, change + bytes, -alpha, bytes);
    }
    scaleFlat(d, load<f64>(this.shared, 32), bytes);
    for (let i = 0; i < count; i++) {
      let at = (oldest + i) % size;
      let change = changes + <usize>(2 * at) * bytes;
      let beta = dotFlat(change + bytes, d, bytes) * load<f64>(this.inverse(at));
      addScaled(d, change, load<f64>(this.inverse(at), 8) - beta, bytes);
    }
  }
  /** Where 1/(s·y) of a slot stands, α behind it. */
  private inverse(slot: i32): usize {
    return this.shared + 40 + (<usize>slot << 4);
  }
}

export function lbfgs(): Rule {
  return new Lbfgs();
}
