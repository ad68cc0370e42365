// A step length that meets the strong Wolfe conditions: first the length grows until a bracket holds one, then the bracket
// shrinks by cubic interpolation. Nocedal, Wright 2006, algorithms 3.5 and 3.6, with the safeguards that PyTorch has.
import { Objective } from "./rule";
import { addScaled, dotFlat, largest } from "../kernels/flat";

/** Sufficient decrease and curvature. */
const C1: f64 = 1e-4;
const C2: f64 = 0.9;
const MOST: i32 = 25;

export class LineSearch {
  /** The length that was found, the loss there, and how often the loss was measured; weights and gradient stand there too. */
  t: f64 = 0;
  loss: f64 = 0;
  evaluations: i32 = 0;

  // What is known at the two ends of the bracket: length, loss, slope and the buffer of the gradient.
  private t0: f64 = 0;
  private f0: f64 = 0;
  private slope0: f64 = 0;
  private g0: usize = 0;
  private t1: f64 = 0;
  private f1: f64 = 0;
  private slope1: f64 = 0;
  private g1: usize = 0;

  private objective: Objective | null = null;
  private w: usize = 0;
  private g: usize = 0;
  private d: usize = 0;
  private start: usize = 0;
  private bytes: usize = 0;

  /** `room` holds three arrays: the weights at the start and the gradients at the bracket's ends. */
  run(
    objective: Objective, w: usize, g: usize, d: usize, room: usize, bytes: usize,
    t: f64, loss: f64, slope: f64, tolerance: f64,
  ): void {
    this.objective = objective;
    this.w = w;
    this.g = g;
    this.d = d;
    this.start = room;
    this.bytes = bytes;
    this.evaluations = 0;
    memory.copy(room, w, bytes);
    this.g0 = room + bytes;
    this.g1 = room + 2 * bytes;
    this.setFirst(0, loss, slope);
    let iteration = 0;
    let found = false;
    let f = this.at(t);
    let slopeNew = dotFlat(g, d, bytes);
    let bracketed = false;
    while (iteration < MOST) {
      if (f > loss + C1 * t * slope || (iteration > 1 && f >= this.f0)) {
        bracketed = true;
        break;
      }
      if (abs(slopeNew) <= -C2 * slope) {
        found = true;
        break;
      }
      if (slopeNew >= 0) {
        bracketed = true;
        break;
      }
      let next = cubic(this.t0, this.f0, this.slope0, t, f, slopeNew, t + 0.01 * (t - this.t0), t * 10);
      this.setFirst(t, f, slopeNew);
      t = next;
      f = this.at(t);
      slopeNew = dotFlat(g, d, bytes);
      iteration++;
    }
    if (found) {
      this.t = t;
      this.loss = f;
      return; // weights and gradient stand at t
    }
    if (!bracketed) {
      // Out of patience: the better of the start and the last length.
      this.t = loss <= f ? 0 : t;
      this.loss = loss <= f ? this.at(0) : f;
      return;
    }
    this.setSecond(t, f, slopeNew);
    this.shrink(iteration, loss, slope, tolerance);
    let first = this.f0 <= this.f1;
    this.t = first ? this.t0 : this.t1;
    this.loss = first ? this.f0 : this.f1;
    memory.copy(w, this.start, bytes);
    addScaled(w, d, this.t, bytes);
    memory.copy(g, first ? this.g0 : this.g1, bytes);
  }

  private shrink(iteration: i32, loss: f64, slope: f64, tolerance: f64): void {
    let width = largest(this.d, this.bytes);
    let stalled = false;
    let found = false;
    let lowFirst = this.f0 <= this.f1;
    while (!found && iteration < MOST) {
      if (abs(this.t1 - this.t0) * width < tolerance) break;
      let least = min(this.t0, this.t1), most = max(this.t0, this.t1);
      let t = cubic(this.t0, this.f0, this.slope0, this.t1, this.f1, this.slope1, least, most);
      // Too near an end twice in a row is no progress: step in by a tenth.
      let margin = 0.1 * (most - least);
      if (min(most - t, t - least) < margin) {
        if (stalled || t >= most || t <= least) {
          t = abs(t - most) < abs(t - least) ? most - margin : least + margin;
          stalled = false;
        } else stalled = true;
      } else stalled = false;
      let f = this.at(t);
      let slopeNew = dotFlat(this.g, this.d, this.bytes);
      iteration++;
      let lowLoss = lowFirst ? this.f0 : this.f1;
      if (f > loss + C1 * t * slope || f >= lowLoss) {
        if (lowFirst) this.setSecond(t, f, slopeNew);
        else this.setFirst(t, f, slopeNew);
        lowFirst = this.f0 <= this.f1;
        continue;
      }
      found = abs(slopeNew) <= -C2 * slope;
      let toHigh = lowFirst ? this.t1 - this.t0 : this.t0 - this.t1;
      if (!found && slopeNew * toHigh >= 0) this.swapEnds(lowFirst);
      if (lowFirst) this.setFirst(t, f, slopeNew);
      else this.setSecond(t, f, slopeNew);
    }
  }
  /** The high end becomes what the low end is; the low end is set anew by the caller. */
  private swapEnds(lowFirst: bool): void {
    if (lowFirst) {
      this.t1 = this.t0;
      this.f1 = this.f0;
      this.slope1 = this.slope0;
      memory.copy(this.g1, this.g0, this.bytes);
    } else {
      this.t0 = this.t1;
      this.f0 = this.f1;
      this.slope0 = this.slope1;
      memory.copy(this.g0, this.g1, this.bytes);
    }
  }
  /** Loss at length t; weights and gradient then stand there. */
  private at(t: f64): f64 {
    memory.copy(this.w, this.start, this.bytes);
    addScaled(this.w, this.d, t, this.bytes);
    this.evaluations++;
    return this.objective!.measure();
  }
  private setFirst(t: f64, f: f64, slope: f64): void {
    this.t0 = t;
    this.f0 = f;
    this.slope0 = slope;
    memory.copy(this.g0, this.g, this.bytes);
  }
  private setSecond(t: f64, f: f64, slope: f64): void {
    this.t1 = t;
    this.f1 = f;
    this.slope1 = slope;
    memory.copy(this.g1, this.g, this.bytes);
  }
}

/** The minimum of the cubic through two points with their slopes, kept between `least` and `most`. */
function cubic(x1: f64, f1: f64, g1: f64, x2: f64, f2: f64, g2: f64, least: f64, most: f64): f64 {
  let d1 = g1 + g2 - (3 * (f1 - f2)) / (x1 - x2);
  let square = d1 * d1 - g1 * g2;
  if (!(square >= 0)) return (least + most) / 2;
  let d2 = sqrt(square);
  let at = x1 <= x2 ? x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2)) : x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2));
  return min(max(at, least), most);
}
