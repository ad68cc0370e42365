import { ElementInitializer, Initializer } from "./initializer";
import { Parameter } from "../parameter";
import { Random } from "../random/random";

/** Uniform between `low` and `high`. */
class Uniform extends ElementInitializer {
  /** Lower end. @range (-inf, inf) */
  low: f64 = -0.05;
  /** Upper end. @range (-inf, inf) */
  high: f64 = 0.05;
  draw(tensor: Parameter, random: Random): f64 {
    return this.low + (this.high - this.low) * random.uniform();
  }
}

/** Normal with a mean and a standard deviation. */
class Normal extends ElementInitializer {
  /** Mean. @range (-inf, inf) */
  mean: f64 = 0;
  /** Standard deviation. @range [0, inf) */
  std: f64 = 0.05;
  draw(tensor: Parameter, random: Random): f64 {
    return this.mean + this.std * random.normal();
  }
}

/** Normal, with what lies more than `cutoff` standard deviations from the mean cut off. */
class TruncatedNormal extends ElementInitializer {
  /** Mean of the whole distribution. @range (-inf, inf) */
  mean: f64 = 0;
  /** Standard deviation of the whole distribution. @range [0, inf) */
  std: f64 = 0.05;
  /** Where the tails are cut, in standard deviations. @range (0, inf) */
  cutoff: f64 = 2;
  draw(tensor: Parameter, random: Random): f64 {
    return this.mean + this.std * random.truncatedNormal(this.cutoff);
  }
}

/** PyTorch's default for `Linear`: uniform within ±1/√fanIn, weights and biases alike. */
class TorchLinear extends ElementInitializer {
  draw(tensor: Parameter, random: Random): f64 {
    return (2 * random.uniform() - 1) / sqrt(<f64>tensor.fanIn);
  }
}

export function uniform(): Initializer {
  return new Uniform();
}
export function normal(): Initializer {
  return new Normal();
}
export function truncatedNormal(): Initializer {
  return new TruncatedNormal();
}
export function torchLinear(): Initializer {
  return new TorchLinear();
}
