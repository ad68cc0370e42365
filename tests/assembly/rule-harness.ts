// Runs an update rule on tensors of its own, in the trainer's order, with guarded memory; and mirrors the options of the
// rules that look at whole tensors, field by field in their order (see layer-harness.ts).
import { Parameter } from "../../assembly/parameter";
import { Rule } from "../../assembly/optimizers/rule";
import { room, get, set, expectClose, expectValues, expectZeros, guardsHold } from "./helpers";

export class Run {
  rule: Rule;
  tensors: Parameter[] = [];
  states: usize[] = [];
  constructor(rule: Rule) {
    this.rule = rule;
    rule.t = 0;
  }
  /** A tensor of this shape; `columns` 0 for a vector. */
  add(rows: i32, columns: i32, values: f64[]): Run {
    let p = new Parameter(rows, columns);
    p.value = room(p.paddedBytes);
    p.grad = room(p.paddedBytes);
    for (let i = 0; i < p.count; i++) set(p.value, i, values[i]);
    this.tensors.push(p);
    return this;
  }
  /** Makes room for the state; the options stand by then. */
  start(): Run {
    let rule = this.rule;
    let work: usize = 0;
    for (let i = 0; i < this.tensors.length; i++) {
      let p = this.tensors[i];
      this.states.push(room(<usize>max(rule.states(), 1) * (p.paddedBytes + 32)));
      if (rule.tensorBytes(p)) p.extra = room(<usize>rule.tensorBytes(p));
      work = max(work, <usize>rule.workBytes(p));
    }
    rule.shared = room(<usize>rule.sharedBytes());
    rule.work = room(work);
    // What nobody keeps anything in holds anything.
    memory.fill(rule.work, 0xff, work);
    return this;
  }
  private stateBytes(i: i32): usize {
    return <usize>max(this.rule.states(), 1) * (this.tensors[i].paddedBytes + 32);
  }
  stateOf(tensor: i32, array: i32): usize {
    return this.states[tensor] + <usize>array * (this.tensors[tensor].paddedBytes + 32);
  }
  /** One step with all gradients, tensor after tensor. */
  step(grads: f64[], lr: f64): Run {
    let rule = this.rule, at = 0;
    for (let i = 0; i < this.tensors.length; i++) {
      for (let k = 0; k < this.tensors[i].count; k++) set(this.tensors[i].grad, k, grads[at++]);
    }
    rule.t++;
    rule.rate = lr;
    rule.begin();
    for (let pass = 0; pass < rule.passes(); pass++) {
      for (let i = 0; i < this.tensors.length; i++) {
        let p = this.tensors[i];
        rule.look(pass, p, this.states[i], p.paddedBytes + 32, p.paddedBytes, lr * p.lrScale);
      }
      rule.endPass(pass);
    }
    for (let i = 0; i < this.tensors.length; i++) {
      let p = this.tensors[i];
      rule.updateTensor(p, this.states[i], p.paddedBytes + 32, p.paddedBytes, lr * p.lrScale);
      expectZeros("padding", p.value + (<usize>p.count << 2), <i32>(p.paddedBytes >> 2) - p.count);
    }
    guardsHold("a step");
    return this;
  }
  expect(what: string, tensor: i32, values: f64[], relative: f64 = 2e-6): Run {
    expectValues(what, this.tensors[tensor].value, values, relative, 1e-6);
    return this;
  }
  /** Another rule with the same weights and a copy of everything that this one keeps. */
  copyTo(rule: Rule): Run {
    let other = new Run(rule);
    for (let i = 0; i < this.tensors.length; i++) {
      let p = this.tensors[i], values: f64[] = [];
      for (let k = 0; k < p.count; k++) values.push(get(p.value, k));
      other.add(p.rows, p.columns, values);
    }
    other.start();
    for (let i = 0; i < this.tensors.length; i++) {
      memory.copy(other.states[i], this.states[i], this.stateBytes(i));
      memory.copy(other.tensors[i].extra, this.tensors[i].extra, <usize>rule.tensorBytes(this.tensors[i]));
    }
    memory.copy(rule.shared, this.rule.shared, <usize>rule.sharedBytes());
    rule.t = this.rule.t;
    return other;
  }
}

/** Everything at offset `at` of the rule's shared state, in float64. */
export function expectShared(what: string, rule: Rule, at: usize, value: f64): void {
  expectClose(what, load<f64>(rule.shared + at), value, 1e-6);
}

export abstract class LambFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  biasCorrection: bool = false;
  maxGradNorm: f64 = 0;
  gradAveraging: bool = false;
  decoupledDecay: bool = false;
  trustClip: bool = false;
  alwaysAdapt: bool = false;
}
export abstract class LarsFields extends Rule {
  lr: f64 = 0;
  momentum: f64 = 0;
  dampening: f64 = 0;
  nesterov: bool = false;
  weightDecay: f64 = 0;
  trustCoeff: f64 = 0;
  eps: f64 = 0;
  trustClip: bool = false;
  alwaysAdapt: bool = false;
}
export abstract class NovogradFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  gradAveraging: bool = false;
  amsgrad: bool = false;
}
export abstract class AdafactorFields extends Rule {
  lr: f64 = 0;
  eps: f64 = 0;
  epsScale: f64 = 0;
  clipThreshold: f64 = 0;
  decayRate: f64 = 0;
  beta1: f64 = 0;
  weightDecay: f64 = 0;
  relativeStep: bool = false;
  scaleParameter: bool = false;
  warmupInit: bool = false;
  minDimSizeToFactor: i32 = 0;
}
export abstract class MarsFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  gamma: f64 = 0;
  marsType: i32 = 0;
  optimize1d: bool = false;
  lr1dFactor: f64 = 0;
}
export abstract class MuonFields extends Rule {
  lr: f64 = 0;
  momentum: f64 = 0;
  nesterov: bool = false;
  nsSteps: i32 = 0;
  weightDecay: f64 = 0;
  auxLr: f64 = 0;
  auxBeta1: f64 = 0;
  auxBeta2: f64 = 0;
  auxEps: f64 = 0;
  auxWeightDecay: f64 = 0;
}
export abstract class SoapFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  shampooBeta: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  preconditionFrequency: i32 = 0;
  maxPreconditionDim: i32 = 0;
  precondition1d: bool = false;
  normalizeGrads: bool = false;
  correctBias: bool = false;
}
export abstract class ProdigyFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  beta3: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  decouple: bool = false;
  useBiasCorrection: bool = false;
  safeguardWarmup: bool = false;
  d0: f64 = 0;
  dCoef: f64 = 0;
  growthRate: f64 = 0;
}
export abstract class DAdaptAdamFields extends Rule {
  lr: f64 = 0;
  beta1: f64 = 0;
  beta2: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  decouple: bool = false;
  useBiasCorrection: bool = false;
  d0: f64 = 0;
  growthRate: f64 = 0;
}
export abstract class DogFields extends Rule {
  lr: f64 = 0;
  repsRel: f64 = 0;
  eps: f64 = 0;
  weightDecay: f64 = 0;
  initEta: f64 = 0;
}
