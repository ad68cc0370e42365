// How a tensor starts. Numbers are drawn in the tensor's order from a stream of its own, so that a tensor's values depend
// on the seed and its place in the network alone.
import { Parameter } from "../parameter";
import { Random } from "../random/random";

export abstract class Initializer {
  /** Fills the tensor; `work` is room for as many float64 as it has elements. */
  abstract fill(tensor: Parameter, random: Random, work: usize): void;
}

/** An initialiser that draws each element on its own. */
export abstract class ElementInitializer extends Initializer {
  abstract draw(tensor: Parameter, random: Random): f64;
  fill(tensor: Parameter, random: Random, work: usize): void {
    for (let i = 0, n = tensor.count; i < n; i++) store<f32>(tensor.value + (<usize>i << 2), <f32>this.draw(tensor, random));
  }
}
