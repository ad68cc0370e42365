import { ElementInitializer, Initializer } from "./initializer";
import { Parameter } from "../parameter";
import { Random } from "../random/random";

/** Every element alike. */
class Constant extends ElementInitializer {
  /** The value. @positional @range (-inf, inf) */
  value: f64 = 0;
  draw(tensor: Parameter, random: Random): f64 {
    return this.value;
  }
}

/** Every element 0. */
class Zeros extends ElementInitializer {
  draw(tensor: Parameter, random: Random): f64 {
    return 0;
  }
}

/** Every element 1. */
class Ones extends ElementInitializer {
  draw(tensor: Parameter, random: Random): f64 {
    return 1;
  }
}

export function constant(): Initializer {
  return new Constant();
}
export function zeros(): Initializer {
  return new Zeros();
}
export function ones(): Initializer {
  return new Ones();
}
