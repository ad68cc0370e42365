// An update rule. Parameters w, gradients g and each of the rule's state arrays are laid out alike, so that a rule is one
// loop over a stretch of them: state array i of the stretch lies at s + i·stride. Lengths are whole vectors; padding has
// w = g = s = 0 and must stay so. Scalars are prepared in float64 once a step and splat before the loop.

export abstract class Rule {
  /** Steps taken; the first update has t = 1. */
  t: u32 = 0;
  /** Factor on every gradient, from clipping by global norm. */
  gradScale: f32 = 1;
  /** Bound on every |gradient|, from clipping by value. */
  gradLimit: f32 = f32.MAX_VALUE;

  /** Arrays of state, each as long as the parameters. */
  states(): i32 {
    return 0;
  }
  /** Called once a step, after `t` has been raised: bias corrections and the like. */
  begin(): void {}
  /** Updates `bytes` bytes of parameters at `w` with learning rate `lr`. */
  abstract update(w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void;

  /** Whether gradients are clipped in this step. */
  protected clips(): bool {
    return this.gradScale != 1 || this.gradLimit != f32.MAX_VALUE;
  }
  // @ts-ignore: decorator
  @inline
  protected scale(): v128 {
    return f32x4.splat(this.gradScale);
  }
  // @ts-ignore: decorator
  @inline
  protected limit(): v128 {
    return f32x4.splat(this.gradLimit);
  }
}

/** The gradient at `g` as the rule shall see it: bounded by value, then scaled. The array itself is left alone. */
// @ts-ignore: decorator
@inline
export function gradientAt(g: usize, limit: v128, scale: v128): v128 {
  return f32x4.mul(f32x4.pmax(f32x4.pmin(v128.load(g), limit), f32x4.neg(limit)), scale);
}

/** βᵗ in float64 by squaring, the same in every engine. */
export function power(beta: f64, t: u32): f64 {
  let result: f64 = 1;
  for (; t; t >>= 1) {
    if (t & 1) result *= beta;
    beta *= beta;
  }
  return result;
}
