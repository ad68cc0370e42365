// What each initialiser fills a tensor with: exact values, or mean, variance and limits of 4096 numbers within four
// deviations; orthonormal vectors.
import * as initializers from "../../assembly/initializers";
import { Initializer } from "../../assembly/initializers/initializer";
import { Parameter } from "../../assembly/parameter";
import { Random } from "../../assembly/random/random";
import { Purpose } from "../../assembly/random/philox";
import { fresh, floats, doubles, get, copyOf, garbage, expectClose, expectSame, expectTrue, expectValues, guardsHold } from "./helpers";
import { PairFields, VarianceFields } from "./layer-harness";

function filled(initializer: Initializer, rows: i32, columns: i32, place: u32 = 0): Parameter {
  let tensor = new Parameter(rows, columns);
  tensor.value = garbage(floats(tensor.count), tensor.count);
  let random = new Random();
  random.begin(7, Purpose.initialise, place, 0);
  let work = doubles(tensor.count);
  garbage(work, 2 * tensor.count);
  initializer.fill(tensor, random, work);
  guardsHold("initialiser");
  return tensor;
}

/** 32 x 128 numbers have mean, deviation and (unless `limit` is 0) all lie within ±limit of the mean and reach it nearly. */
function expectSpread(name: string, initializer: Initializer, mean: f64, deviation: f64, limit: f64): void {
  fresh();
  let tensor = filled(initializer, 32, 128);
  let sum: f64 = 0, squares: f64 = 0, largest: f64 = 0;
  for (let i = 0; i < 4096; i++) {
    let d = get(tensor.value, i) - mean;
    sum += d;
    squares += d * d;
    largest = max(largest, abs(d));
  }
  expectClose(name + ", mean", mean + sum / 4096, mean, 0, deviation / 16);
  // The deviation of a mean square is √2/64 of it for a normal distribution and less for the others.
  expectClose(name + ", variance", squares / 4096, deviation * deviation, 0.09);
  if (limit) expectTrue(name + ", limit " + limit.toString() + ", largest " + largest.toString(), largest <= limit * 1.000001 && largest > 0.95 * limit);
  else expectTrue(name + ", tails to " + largest.toString(), largest > 3 * deviation);
}

function pair(initializer: Initializer, a: f64, b: f64): Initializer {
  changetype<PairFields>(initializer).a = a;
  changetype<PairFields>(initializer).b = b;
  return initializer;
}
function gained(initializer: Initializer, gain: f64): Initializer {
  changetype<PairFields>(initializer).a = gain;
  return initializer;
}
function scaled(scale: f64, mode: i32, distribution: i32): Initializer {
  let initializer = initializers.varianceScaling();
  let fields = changetype<VarianceFields>(initializer);
  fields.scale = scale;
  fields.mode = mode;
  fields.distribution = distribution;
  return initializer;
}

describe("constants", () => {
  beforeEach(fresh);

  test("zeros, ones, constant", () => {
    expectValues("zeros", filled(initializers.zeros(), 1, 5).value, [0, 0, 0, 0, 0], 0);
    expectValues("ones", filled(initializers.ones(), 5, 0).value, [1, 1, 1, 1, 1], 0);
    expectValues("constant by default", filled(initializers.constant(), 2, 1).value, [0, 0], 0);
    expectValues("constant", filled(gained(initializers.constant(), -2.5), 3, 1).value, [-2.5, -2.5, -2.5], 0);
  });
  test("identity has gain on the diagonal, wide, tall and of rank 1", () => {
    expectValues("wide", filled(initializers.identity(), 2, 3).value, [1, 0, 0, 0, 1, 0], 0);
    expectValues("tall", filled(gained(initializers.identity(), 0.5), 3, 2).value, [0.5, 0, 0, 0.5, 0, 0], 0);
    expectValues("rank 1", filled(initializers.identity(), 3, 0).value, [1, 0, 0], 0);
  });
});

describe("distributions", () => {
  test("uniform between ±0.05 by default and between two ends", () => {
    expectSpread("uniform", initializers.uniform(), 0, 0.05 / Math.sqrt(3), 0.05);
    expectSpread("uniform", pair(initializers.uniform(), 1, 4), 2.5, 1.5 / Math.sqrt(3), 1.5);
  });
  test("normal of deviation 0.05 by default and of another", () => {
    expectSpread("normal", initializers.normal(), 0, 0.05, 0);
    expectSpread("normal", pair(initializers.normal(), -3, 2), -3, 2, 0);
  });
  test("truncatedNormal, cut at two deviations by default and at one", () => {
    // A standard normal cut at ±2 has the deviation 0.8796256610342398, cut at ±1 0.5395600...: √(1 - 2φ(1)/(2Φ(1) - 1))
    expectSpread("truncatedNormal", initializers.truncatedNormal(), 0, 0.05 * 0.8796256610342398, 0.1);
    let cut = pair(initializers.truncatedNormal(), 5, 3);
    changetype<PairFields>(cut).cutoff = 1;
    expectSpread("truncatedNormal", cut, 5, 3 * 0.5395600, 3);
  });
});

// Of a tensor [32, 128]: fanIn 128, fanOut 32, on average 80.
describe("variance scaling", () => {
  test("torchLinear is uniform within ±1/√fanIn, for a bias by its layer's fanIn", () => {
    let limit = 1 / Math.sqrt(128);
    expectSpread("torchLinear", initializers.torchLinear(), 0, limit / Math.sqrt(3), limit);
    fresh();
    let bias = new Parameter(64);
    bias.fanIn = 4;
    bias.value = floats(64);
    initializers.torchLinear().fill(bias, new Random(), 0);
    let largest: f64 = 0;
    for (let i = 0; i < 64; i++) largest = max(largest, abs(get(bias.value, i)));
    expectTrue("bias to " + largest.toString(), largest <= 0.5 && largest > 0.4);
  });
  test("glorot: 2/(fanIn + fanOut), times gain²", () => {
    let deviation = Math.sqrt(1.0 / 80);
    expectSpread("glorotUniform", initializers.glorotUniform(), 0, deviation, deviation * Math.sqrt(3));
    expectSpread("glorotNormal", initializers.glorotNormal(), 0, deviation, 0);
    expectSpread("glorotUniform with gain", gained(initializers.glorotUniform(), 3), 0, 3 * deviation, 3 * deviation * Math.sqrt(3));
    expectSpread("glorotNormal with gain", gained(initializers.glorotNormal(), 3), 0, 3 * deviation, 0);
  });
  test("he: 2/fanIn, times gain²", () => {
    expectSpread("heUniform", initializers.heUniform(), 0, 0.125, 0.125 * Math.sqrt(3));
    expectSpread("heNormal", initializers.heNormal(), 0, 0.125, 0);
    expectSpread("heUniform with gain", gained(initializers.heUniform(), 2), 0, 0.25, 0.25 * Math.sqrt(3));
    expectSpread("heNormal with gain", gained(initializers.heNormal(), 2), 0, 0.25, 0);
  });
  test("lecun: 1/fanIn, times gain²", () => {
    let deviation = Math.sqrt(1.0 / 128);
    expectSpread("lecunUniform", initializers.lecunUniform(), 0, deviation, deviation * Math.sqrt(3));
    expectSpread("lecunNormal", initializers.lecunNormal(), 0, deviation, 0);
    expectSpread("lecunUniform with gain", gained(initializers.lecunUniform(), 2), 0, 2 * deviation, 2 * deviation * Math.sqrt(3));
    expectSpread("lecunNormal with gain", gained(initializers.lecunNormal(), 2), 0, 2 * deviation, 0);
  });
  test("varianceScaling: scale/fan of every mode and distribution, truncated by fanIn unless told", () => {
    let deviation = Math.sqrt(1.0 / 128);
    expectSpread("by default", initializers.varianceScaling(), 0, deviation, (2 * deviation) / 0.8796256610342398);
    const fans: f64[] = [128, 32, 80];
    for (let mode = 0; mode < 3; mode++) {
      deviation = Math.sqrt(3 / fans[mode]);
      expectSpread("uniform by mode " + mode.toString(), scaled(3, mode, 0), 0, deviation, deviation * Math.sqrt(3));
      expectSpread("normal by mode " + mode.toString(), scaled(3, mode, 1), 0, deviation, 0);
      expectSpread("truncated by mode " + mode.toString(), scaled(3, mode, 2), 0, deviation, (2 * deviation) / 0.8796256610342398);
    }
  });
});

/** The rows (columns of a tall matrix) are orthonormal, times gain. */
function expectOrthogonal(rows: i32, columns: i32, gain: f64): void {
  fresh();
  let value = filled(gained(initializers.orthogonal(), gain), rows, columns).value;
  let wide = rows <= columns, count = min(rows, columns), length = max(rows, columns);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let dot: f64 = 0;
      for (let e = 0; e < length; e++) dot += wide ? get(value, a * columns + e) * get(value, b * columns + e) : get(value, e * columns + a) * get(value, e * columns + b);
      expectClose("product of " + a.toString() + " and " + b.toString(), dot, a == b ? gain * gain : 0, 0, 1e-6);
    }
  }
}

describe("orthogonal", () => {
  test("has orthonormal rows where it is wide, columns where it is tall, both where it is square", () => {
    expectOrthogonal(5, 9, 1);
    expectOrthogonal(9, 5, 1);
    expectOrthogonal(6, 6, 1);
    expectOrthogonal(1, 4, 1);
    expectOrthogonal(4, 1, 1);
    expectOrthogonal(40, 64, 1);
    expectOrthogonal(3, 4, 2);
  });
  test("makes a unit vector of a tensor of rank 1", () => {
    fresh();
    let tensor = filled(initializers.orthogonal(), 5, 0);
    let sum: f64 = 0;
    for (let i = 0; i < 5; i++) sum += get(tensor.value, i) * get(tensor.value, i);
    expectClose("length", sum, 1);
  });
});

describe("initialisers", () => {
  test("fill alike from the same stream and otherwise from another", () => {
    fresh();
    let first = filled(initializers.heNormal(), 4, 4), again = filled(initializers.heNormal(), 4, 4);
    let other = filled(initializers.heNormal(), 4, 4, 1);
    expectSame("again", again.value, copyOf(first.value, 64), 16);
    expectTrue("another place", memory.compare(first.value, other.value, 64) != 0);
  });
});
