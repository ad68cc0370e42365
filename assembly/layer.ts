// A layer of the plan. The host makes it, sets its options and sizes, deals out the memory and links it; the walk in
// network.ts calls forward and backward. x, y, dx, dy are sample panels [panels][inputs or outputs][8].
import { Batch } from "./batch";
import { panelsOf, LANES } from "./kernels/simd";

/** What is known of a layer's outputs, whatever its inputs. */
export const enum Outputs {
  any = 0,
  /** None is below 0. */
  positive = 1,
  /** Each lies in [0, 1]. */
  share = 2,
  /** In [0, 1], and each sample's sum to 1. */
  probabilities = 3,
  /** Logarithms of those. */
  logProbabilities = 4,
}

export abstract class Layer {
  /** Features in and out; `build` sets `outputs`. */
  inputs: i32 = 0;
  outputs: i32 = 0;
  x: usize = 0;
  y: usize = 0;
  dy: usize = 0;
  /** Where the gradient of x goes; 0 when nobody asks for it. May be dy itself unless the layer says `separate`. */
  dx: usize = 0;
  /** `workspaceBytes` bytes of the layer's own. */
  workspace: usize = 0;
  batch: Batch | null = null;
  previous: Layer | null = null;
  next: Layer | null = null;
  /** Whether `forward` also does the next layer's. */
  takesNext: bool = false;
  /** Whether the last phase of `backward` also does the previous layer's, where it has a dx. */
  takesPrevious: bool = false;
  /** Position in the list that the user gave. */
  index: i32 = 0;
  /** Whether what the layer has is learnt. */
  trainable: bool = true;

  /** From `inputs` and the options: `outputs` and the parameters' shapes. */
  build(): void {
    this.outputs = this.inputs;
  }
  /** What its outputs are like, for losses that take no others. */
  yields(): i32 {
    return Outputs.any;
  }
  /** Bytes that the layer needs besides x, y and parameters, for batches of up to `panels` panels. */
  workspaceBytes(panels: i32): f64 {
    return 0;
  }
  /** Whether dx must not be dy. */
  separate(): bool {
    return false;
  }

  /** Whether forward and backward look at elements alone, in units of a feature of a panel. */
  elementwise(): bool {
    return false;
  }
  /** Whether it does the work of an elementwise layer next to it, in passing. */
  absorbs(): bool {
    return false;
  }

  /** About how many arithmetic operations a pass over the batch takes, to tell whether it is worth sharing out. */
  operations(): f64 {
    return <f64>this.batch!.panels * this.inputs * (6 * LANES);
  }
  // Work is counted in units of the layer's choosing (tiles, panels, features): any split of 0..units gives the same bits.
  forwardUnits(): i32 {
    return this.batch!.panels;
  }
  abstract forward(from: i32, to: i32, scratch: usize): void;
  /** Takes the batch that `forward` has seen into running statistics; once a batch, and only of one that counts. */
  track(): void {}
  /** Backward passes that must follow each other. */
  phases(): i32 {
    return 1;
  }
  backwardUnits(phase: i32): i32 {
    return this.forwardUnits();
  }
  abstract backward(phase: i32, from: i32, to: i32, scratch: usize): void;
}

/** Puts one layer behind another. */
export function link(layer: Layer, next: Layer): void {
  layer.next = next;
  next.previous = layer;
  layer.takesNext = layer.absorbs() && next.elementwise();
  next.takesPrevious = next.absorbs() && layer.elementwise();
}

/** Sample panels of `rows` samples; the host plans with it. */
export function panelsFor(rows: i32): i32 {
  return panelsOf(rows);
}
/** Lanes of `rows` samples: what every array of one number a sample has room for. */
export function lanesFor(rows: i32): i32 {
  return panelsOf(rows) * LANES;
}
