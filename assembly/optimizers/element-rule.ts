// A rule that is one loop over elements. Its subclass T gives the loop once, as `run`, and it is compiled twice: plain,
// and FULL with clipping, coupled decay and what else the options ask for, whose constants would not fit V8's 15 registers.
// Loops test at their end: into the body of one that may not run at all V8 moves the scalars computed before it.
import { Rule, gradientAt } from "./rule";

export abstract class ElementRule<T> extends Rule {
  /** Whether the options ask for the full loop; clipping does in any case. */
  full(): bool {
    return false;
  }
  splits(): bool {
    return true;
  }
  update(w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    if (!bytes) return;
    if (this.clips() || changetype<T>(this).full()) this.runFull(w, g, s, stride, bytes, lr);
    else this.runPlain(w, g, s, stride, bytes, lr);
  }
  // Functions of their own: as two arms of one `if` the compiler would see them alike and make one loop of both.
  private runFull(w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    changetype<T>(this).run(true, w, g, s, stride, bytes, lr);
  }
  private runPlain(w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {
    changetype<T>(this).run(false, w, g, s, stride, bytes, lr);
  }
}

/** The gradient of four elements; in full loops clipped, and with the coupled decay λx of their weights x. */
// @ts-ignore: decorator
@inline
export function decayedGradient(FULL: bool, g: usize, limit: v128, scale: v128, decay: v128, x: v128): v128 {
  return FULL ? f32x4.add(gradientAt(g, limit, scale), f32x4.mul(decay, x)) : v128.load(g);
}
/** The gradient of four elements; in full loops clipped. */
// @ts-ignore: decorator
@inline
export function clippedGradient(FULL: bool, g: usize, limit: v128, scale: v128): v128 {
  return FULL ? gradientAt(g, limit, scale) : v128.load(g);
}

/** a / b; in full loops 0 where b is 0, so that padding and weights without gradients stay as they are with eps = 0. */
// @ts-ignore: decorator
@inline
export function quotient(FULL: bool, a: v128, b: v128): v128 {
  return FULL ? v128.and(f32x4.div(a, b), f32x4.ne(b, f32x4.splat(0))) : f32x4.div(a, b);
}

/** `value` in every element of a stretch. */
export function fillWith(at: usize, bytes: usize, value: f32): void {
  let v = f32x4.splat(value);
  for (let end = at + bytes; at < end; at += 16) v128.store(at, v);
}
