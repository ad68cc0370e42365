// What the walk shares out among threads, as objects that a worker finds by address: a layer's range, a batch to gather,
// a stretch of a tensor to update.
import { Layer } from "./layer";
import { Parameter } from "./parameter";
import { Job, perform, worthSharing } from "./team";
import { Rule } from "./optimizers/rule";
import { gatherSamples } from "./kernels/layout";

export class ForwardJob extends Job {
  layer: Layer | null = null;
  share(from: i32, to: i32, scratch: usize): void {
    this.layer!.forward(from, to, scratch);
  }
  run(layer: Layer, threads: i32, scratch: usize): void {
    let units = layer.forwardUnits();
    if (!worthSharing(threads, layer.operations())) return layer.forward(0, units, scratch);
    this.layer = layer;
    perform(this, units, threads);
  }
}

export class BackwardJob extends Job {
  layer: Layer | null = null;
  phase: i32 = 0;
  share(from: i32, to: i32, scratch: usize): void {
    this.layer!.backward(this.phase, from, to, scratch);
  }
  run(layer: Layer, phase: i32, threads: i32, scratch: usize): void {
    let units = layer.backwardUnits(phase);
    if (!worthSharing(threads, layer.operations())) return layer.backward(phase, 0, units, scratch);
    this.layer = layer;
    this.phase = phase;
    perform(this, units, threads);
  }
}

/** Rows into sample panels; fields as the parameters of gatherSamples. */
export class GatherJob extends Job {
  x: usize = 0;
  source: usize = 0;
  order: usize = 0;
  rows: i32 = 0;
  k: i32 = 0;
  offset: usize = 0;
  factor: usize = 0;
  share(from: i32, to: i32, scratch: usize): void {
    gatherSamples(this.x, this.source, this.order, this.rows, this.k, this.offset, this.factor, from, to, scratch);
  }
  run(panels: i32, threads: i32, scratch: usize): void {
    // A row is copied from wherever it stands: about as long as eight operations an element.
    if (worthSharing(threads, <f64>this.rows * this.k * 8)) perform(this, panels, threads);
    else this.share(0, panels, scratch);
  }
}

/** Bytes of a unit: two threads never write to one cache line. */
const LINE: usize = 64;

/** The update of one tensor by a rule that looks at elements alone. */
export class UpdateJob extends Job {
  rule: Rule | null = null;
  tensor: Parameter | null = null;
  rate: f64 = 0;
  share(from: i32, to: i32, scratch: usize): void {
    let p = this.tensor!, rule = this.rule!;
    let start = <usize>from * LINE;
    let bytes = min(<usize>to * LINE, p.paddedBytes) - start;
    rule.update(p.value + start, p.grad + start, p.state + start, rule.stride, bytes, this.rate);
  }
  run(rule: Rule, p: Parameter, rate: f64, threads: i32): void {
    let bytes = p.paddedBytes;
    if (p.outerRows || !rule.splits() || !worthSharing(threads, <f64>bytes * 6)) {
      return rule.updateTensor(p, p.state, rule.stride, bytes, rate);
    }
    this.rule = rule;
    this.tensor = p;
    this.rate = rate;
    perform(this, <i32>((bytes + LINE - 1) / LINE), threads);
  }
}
