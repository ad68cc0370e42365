// An update rule. Parameters w, gradients g and each of the rule's state arrays are laid out alike, so that most rules
// are one loop over a stretch of them: state array i of the stretch lies at s + i·stride. Lengths are whole vectors;
// padding has w = g = 0 and must stay so. Scalars are prepared in float64 once a step and splat before the loop.
import { Parameter } from "../parameter";
import { LEAST, flushArray } from "../kernels/flush";
import { firstNonFinite } from "../kernels/finite";

/** What a rule that measures for itself minimises: the loss of the batch in hand. */
export abstract class Objective {
  /** What is to be trained. */
  parameters: Parameter | null = null;
  /** The run's seed, and the step, for rules that draw random numbers. */
  seed: u32 = 0;
  step: u32 = 0;
  /** The loss at the weights that stand there; its gradients stand there afterwards, if it is finite. */
  abstract measure(): f64;
  /** The loss alone. */
  abstract value(): f64;
}

export abstract class Rule {
  /** Steps taken; the first update has t = 1. */
  t: u32 = 0;
  next: Rule | null = null;
  /** How far the state arrays are apart. */
  stride: usize = 0;
  /** The step's learning rate, before any factor of a tensor's own. */
  rate: f64 = 0;
  /** Where in this object the option stands that a schedule of the momentum sets; 0 for none. */
  momentumAt: usize = 0;
  /** Where its weight decay stands, which may differ from tensor to tensor; 0 for none. */
  decayAt: usize = 0;
  /** β₁ᵗ and β₂ᵗ of the step, of rules that correct biases by them: found once a step, not once a tensor. */
  past1: f64 = 0;
  past2: f64 = 0;
  /** Factor on every gradient, from clipping by global norm. */
  gradScale: f32 = 1;
  /** Bound on every |gradient|, from clipping by value. */
  gradLimit: f32 = f32.MAX_VALUE;
  /** `sharedBytes` bytes of state for the rule as a whole; zero at first. */
  shared: usize = 0;
  /** `workBytes` bytes of room that nobody keeps anything in. */
  work: usize = 0;

  // Bytes are counted in float64: products of sizes go past what an address can say, and the host refuses those.
  /** Arrays of state, each as long as the parameters; zero at first. */
  states(): i32 {
    return 0;
  }
  /** Bytes of state of one tensor beside those arrays (norms, factors, matrices), at `p.extra`; zero at first. */
  tensorBytes(p: Parameter): f64 {
    return 0;
  }
  sharedBytes(): f64 {
    return 0;
  }
  /** Whether the counts in a state that came from a file are ones that it can have. */
  sound(): bool {
    return true;
  }
  /** Whether what it keeps for a tensor beside the arrays is finite: float32, unless a rule says otherwise. */
  soundTensor(p: Parameter): bool {
    return firstNonFinite(p.extra, <i32>this.tensorBytes(p) >> 2) < 0;
  }
  /** Bytes of room that the update of one tensor needs. */
  workBytes(p: Parameter): f64 {
    return 0;
  }

  /** Whether the rule measures the loss for itself, as often as it likes, through `drive`. */
  drives(): bool {
    return false;
  }
  /** One step of such a rule over all parameters as one vector of `bytes` bytes. */
  drive(objective: Objective, w: usize, g: usize, s: usize, bytes: usize, lr: f64): void {}

  /** Whether `updateTensor` takes a gradient as the factors of its outer product. */
  takesOuter(): bool {
    return false;
  }
  /** Called once a step, after `t` and `rate` have been set: bias corrections and the like. */
  begin(): void {}
  /** How many times the rule looks at all tensors before it updates the first. */
  passes(): i32 {
    return 0;
  }
  look(pass: i32, p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {}
  /** All tensors have been looked at. */
  endPass(pass: i32): void {}
  /** Whether `update` does all, so that a tensor may be updated in stretches. */
  splits(): bool {
    return false;
  }
  /** Updates one tensor, `bytes` bytes long with its padding, with learning rate `lr`. */
  updateTensor(p: Parameter, s: usize, stride: usize, bytes: usize, lr: f64): void {
    this.update(p.value, p.grad, s, stride, bytes, lr);
  }
  /** The same for rules that look at elements alone: any stretch of whole vectors. */
  update(w: usize, g: usize, s: usize, stride: usize, bytes: usize, lr: f64): void {}
  /** Writes 0 over what has become tiny in the state of a tensor, as means of gradients do once those are 0. */
  flushState(p: Parameter, s: usize, stride: usize, bytes: usize): void {
    for (let i = 0, states = this.states(); i < states; i++, s += stride) flushArray(s, bytes, LEAST);
  }
  /** Whether the weights meant for inference are others than the parameters. */
  separates(): bool {
    return false;
  }
  /** The weights meant for inference, at `out`: the parameters, unless the rule keeps a sequence apart. */
  evalTensor(out: usize, p: Parameter, s: usize, stride: usize, bytes: usize): void {
    memory.copy(out, p.value, bytes);
  }

  /** What differs from tensor to tensor: the factor on its gradients, and its decay. */
  turnTo(p: Parameter, scale: f32): void {
    this.gradScale = scale * p.clipScale;
    if (this.decayAt) store<f64>(changetype<usize>(this) + this.decayAt, p.decay);
  }

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

/** Whether a number from a file is a whole one in [0, most]. */
export function isCount(value: f64, most: f64 = u32.MAX_VALUE): bool {
  return value >= 0 && value <= most && value == floor(value);
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
    if (beta < 1e-100) beta = 0; // far below what a sum with 1 sees, and never subnormal
  }
  return result;
}
