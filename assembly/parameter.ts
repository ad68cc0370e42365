import { outerProduct } from "./kernels/single";
import { Rule } from "./optimizers/rule";

/**
 * A trainable tensor. `build` of its layer gives the shape, the host's plan the addresses; values, gradients and every
 * array of optimizer state are laid out alike, each tensor from a 64-byte boundary on and padded with zeros to the next.
 */
export class Parameter {
  value: usize = 0;
  grad: usize = 0;
  /**
   * Of a matrix in a batch of one sample the gradient is an outer product, dy [rows] by x [columns]; then these stand here
   * until somebody wants it written. 0 when `grad` holds it.
   */
  outerRows: usize = 0;
  outerColumns: usize = 0;
  /** The rule that updates it, and where its stretch of the rule's first state array starts. */
  rule: Rule | null = null;
  state: usize = 0;
  /** Whether a rule for hidden matrices leaves this tensor to its auxiliary rule: the output layer's. */
  auxiliary: bool = false;
  /** The weight decay that its rule has for it. */
  decay: f64 = 0;
  /** Factor on the gradient of this tensor in this step, from clipping by its own norm. */
  clipScale: f32 = 1;
  /** State that an update rule keeps for this tensor beside the arrays. */
  extra: usize = 0;
  next: Parameter | null = null;
  /** Position of its layer in the list. */
  layer: i32 = 0;
  /** Factor on the learning rate of this tensor. */
  lrScale: f64 = 1;
  /** Weight of Σ|w| in the loss. */
  l1: f64 = 0;
  /** Weight of Σw² in the loss. */
  l2: f64 = 0;
  trainable: bool = true;
  /** What the tensor starts from unless an initialiser says otherwise. */
  start: f32 = 0;

  /** Inputs and outputs of one unit of the tensor's layer, for initialisers. */
  fanIn: i32 = 0;
  fanOut: i32 = 0;

  /** Rank 1 when `columns` is 0: [rows], else [rows, columns]. */
  constructor(public rows: i32, public columns: i32 = 0, start: f32 = 0) {
    this.start = start;
    this.fanIn = columns ? columns : rows;
    this.fanOut = rows;
  }

  /** Bytes of the tensor with its padding to whole vectors. */
  get paddedBytes(): usize {
    return ((<usize>this.count << 2) + 15) & ~15;
  }
  /** Writes a gradient that has been left as its factors. */
  writeGradient(): void {
    if (this.outerRows) outerProduct(this.grad, this.outerRows, this.outerColumns, this.rows, this.columns);
    this.outerRows = 0;
  }
  get count(): i32 {
    return this.columns ? this.rows * this.columns : this.rows;
  }
}

/** A tensor that is not trained but belongs to the model: running statistics. */
export class Statistic {
  value: usize = 0;
  constructor(public rows: i32, public start: f32) {}
}
