// Variance scaling: variance = scale/fan, so that signals and gradients keep their size through the layers.
import { ElementInitializer, Initializer } from "./initializer";
import { Parameter } from "../parameter";
import { Random } from "../random/random";

const enum Mode {
  fanIn = 0,
  fanOut = 1,
  fanAverage = 2,
}
const enum Distribution {
  uniform = 0,
  normal = 1,
  truncatedNormal = 2,
}
/** Standard deviation of a standard normal cut at ±2. */
const CUT_STD: f64 = 0.8796256610342398;

/** One number of variance scale/fan. */
function spread(tensor: Parameter, random: Random, scale: f64, mode: i32, distribution: i32): f64 {
  let fan: f64 = tensor.fanIn;
  if (mode == Mode.fanOut) fan = tensor.fanOut;
  else if (mode == Mode.fanAverage) fan = (<f64>tensor.fanIn + <f64>tensor.fanOut) / 2;
  let std = sqrt(scale / fan);
  if (distribution == Distribution.uniform) return std * sqrt(3.0) * (2 * random.uniform() - 1);
  if (distribution == Distribution.normal) return std * random.normal();
  return (std / CUT_STD) * random.truncatedNormal(2);
}

abstract class FanInitializer extends ElementInitializer {}

/** Any scale, fan and distribution: variance scale/fan. */
class VarianceScaling extends FanInitializer {
  /** Variance times fan. @range (0, inf) */
  scale: f64 = 1;
  /** Which fan divides. @values fanIn fanOut fanAverage */
  mode: i32 = 0;
  /** Shape of the distribution; the truncated one is cut at two standard deviations. @values uniform normal truncatedNormal */
  distribution: i32 = 2;
  draw(tensor: Parameter, random: Random): f64 {
    return spread(tensor, random, this.scale, this.mode, this.distribution);
  }
}

/** Uniform, variance 2/(fanIn + fanOut). Glorot, Bengio 2010 (Xavier). */
class GlorotUniform extends FanInitializer {
  /** Factor on the standard deviation. @range [0, inf) */
  gain: f64 = 1;
  draw(tensor: Parameter, random: Random): f64 {
    return this.gain * spread(tensor, random, 1, Mode.fanAverage, Distribution.uniform);
  }
}

/** Normal, variance 2/(fanIn + fanOut). Glorot, Bengio 2010 (Xavier). */
class GlorotNormal extends FanInitializer {
  /** Factor on the standard deviation. @range [0, inf) */
  gain: f64 = 1;
  draw(tensor: Parameter, random: Random): f64 {
    return this.gain * spread(tensor, random, 1, Mode.fanAverage, Distribution.normal);
  }
}

/** Uniform, variance 2/fanIn: keeps the signal's size through ReLU. He, Zhang, Ren, Sun 2015 (Kaiming). */
class HeUniform extends FanInitializer {
  /** Factor on the standard deviation. @range [0, inf) */
  gain: f64 = 1;
  draw(tensor: Parameter, random: Random): f64 {
    return this.gain * spread(tensor, random, 2, Mode.fanIn, Distribution.uniform);
  }
}

/** Normal, variance 2/fanIn: keeps the signal's size through ReLU. He, Zhang, Ren, Sun 2015 (Kaiming). */
class HeNormal extends FanInitializer {
  /** Factor on the standard deviation. @range [0, inf) */
  gain: f64 = 1;
  draw(tensor: Parameter, random: Random): f64 {
    return this.gain * spread(tensor, random, 2, Mode.fanIn, Distribution.normal);
  }
}

/** Uniform, variance 1/fanIn. LeCun, Bottou, Orr, Müller 1998. */
class LecunUniform extends FanInitializer {
  /** Factor on the standard deviation. @range [0, inf) */
  gain: f64 = 1;
  draw(tensor: Parameter, random: Random): f64 {
    return this.gain * spread(tensor, random, 1, Mode.fanIn, Distribution.uniform);
  }
}

/** Normal, variance 1/fanIn: what SELU needs. LeCun, Bottou, Orr, Müller 1998. */
class LecunNormal extends FanInitializer {
  /** Factor on the standard deviation. @range [0, inf) */
  gain: f64 = 1;
  draw(tensor: Parameter, random: Random): f64 {
    return this.gain * spread(tensor, random, 1, Mode.fanIn, Distribution.normal);
  }
}

export function varianceScaling(): Initializer {
  return new VarianceScaling();
}
export function glorotUniform(): Initializer {
  return new GlorotUniform();
}
export function glorotNormal(): Initializer {
  return new GlorotNormal();
}
export function heUniform(): Initializer {
  return new HeUniform();
}
export function heNormal(): Initializer {
  return new HeNormal();
}
export function lecunUniform(): Initializer {
  return new LecunUniform();
}
export function lecunNormal(): Initializer {
  return new LecunNormal();
}
