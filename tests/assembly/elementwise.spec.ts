// Every elementwise activation against its float64 formula: value and derivative at points of all sizes, in place, in any
// split of the range.
import * as activations from "../../assembly/activations";
import { Layer } from "../../assembly/layer";
import {
  fresh, get, set, copyOf, garbage, phi, panelCount, sizes,
  expectClose, expectSame, expectTrue, guardsHold,
} from "./helpers";
import { SlopeFields, place, forward, backward } from "./layer-harness";

/** Zero, tiny, around every kink, large; 32 numbers, a whole count of panels. */
const POINTS: f64[] = [
  0, -0.0, 1e-30, -1e-30, 1e-5, -1e-5, 0.01, -0.01, 0.3, -0.3, 1, -1, 2.5, -2.5, 2.99999, -2.99999,
  3, -3, 3.00001, -3.00001, 5.99999, -4, 6, -6, 6.00001, -8, 20.5, -12, 100, -100, 1e18, -1e18,
];

function sigmoid(x: f64): f64 {
  return 1 / (1 + Math.exp(-x));
}
function density(x: f64): f64 {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}
/** tanh of GELU's tanh form, and what the derivative needs. */
function inner(x: f64): f64 {
  return Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
}
/** 1 - tanh² */
function fall(t: f64): f64 {
  return 1 - t * t;
}
/** tanh(ln(1 + eˣ)) without the cancellation for negative x. */
function gate(x: f64): f64 {
  if (x > 30) return 1;
  let n = Math.exp(x) * (Math.exp(x) + 2);
  return n / (n + 2);
}

/**
 * y at the points within `relative` and `absolute`; dx = dy·f' with f' within 2e-6·|f'| + `slope`, since a derivative
 * that is made from y in float32 (1 - y², y + α) keeps its absolute accuracy only.
 */
function check(layer: Layer, f: (x: f64) => f64, derivative: (x: f64) => f64, relative: f64 = 1e-6, absolute: f64 = 0, slope: f64 = 3e-7): void {
  place(layer, 8, 4);
  for (let i = 0; i < POINTS.length; i++) set(layer.x, i, POINTS[i]);
  forward(layer);
  backward(layer);
  for (let i = 0; i < POINTS.length; i++) {
    // The formula's point is the float32 that the layer saw; results below 2⁻¹⁰⁰ may be 0.
    let x = get(layer.x, i), dy = get(layer.dy, i);
    expectClose("f(" + x.toString() + ")", get(layer.y, i), f(x), relative, absolute + 7.9e-31);
    expectClose("f'(" + x.toString() + ")·dy", get(layer.dx, i), dy * derivative(x), 2e-6, slope * abs(dy) + 7.9e-31);
  }
  guardsHold("at the points");
  checkSplits(layer);
  // NaN comes out as NaN, so that a diverged network is seen.
  set(layer.x, 5, NaN);
  forward(layer);
  expectTrue("f(NaN) is NaN", isNaN(get(layer.y, 5)));
}
/** Ranges of rows and in place, dx = dy, at one row of lanes, below, at and above two panels. */
function checkSplits(layer: Layer): void {
  expectTrue("as many outputs, dx may be dy", layer.outputs == layer.inputs && !layer.separate());
  const rows: i32[] = [1, 8, 9, 17];
  for (let r = 0; r < rows.length; r++) {
    for (let features = 1; features <= 5; features += 2) {
      place(layer, rows[r], features, -7, 7);
      let count = panelCount(rows[r], features);
      forward(layer);
      backward(layer);
      let y = copyOf(layer.y, <usize>count << 2), dx = copyOf(layer.dx, <usize>count << 2);
      garbage(layer.y, count);
      garbage(layer.dx, count);
      forward(layer, 3);
      backward(layer, 3);
      expectSame("y of " + sizes(rows[r], features) + " in three ranges", layer.y, y, count);
      expectSame("dx of " + sizes(rows[r], features) + " in three ranges", layer.dx, dx, count);
      layer.dx = layer.dy;
      backward(layer, 2);
      expectSame("dx in place of dy, " + sizes(rows[r], features), layer.dy, dx, count);
    }
  }
}

describe("activations: value, derivative, ranges, in place", () => {
  beforeEach(fresh);

  test("relu", () => check(activations.relu(), (x: f64): f64 => max(x, 0), (x: f64): f64 => x > 0 ? 1 : 0, 0, 0, 0));
  test("relu6", () =>
    check(activations.relu6(), (x: f64): f64 => min(max(x, 0), 6), (x: f64): f64 => x > 0 && x < 6 ? 1 : 0, 0, 0, 0));
  test("leakyRelu, slope 0.01 by default", () =>
    check(activations.leakyRelu(), (x: f64): f64 => x > 0 ? x : 0.01 * x, (x: f64): f64 => x > 0 ? 1 : 0.01, 1e-6, 0, 0));
  test("leakyRelu, slope 0.3", () => {
    let layer = activations.leakyRelu();
    changetype<SlopeFields>(layer).slope = 0.3;
    check(layer, (x: f64): f64 => x > 0 ? x : 0.3 * x, (x: f64): f64 => x > 0 ? 1 : 0.3, 1e-6, 0, 0);
  });
  test("elu, α = 1 by default", () =>
    check(activations.elu(), (x: f64): f64 => x > 0 ? x : Math.expm1(x), (x: f64): f64 => x > 0 ? 1 : Math.exp(x)));
  test("elu, α = 0.5", () => {
    let layer = activations.elu();
    changetype<SlopeFields>(layer).slope = 0.5;
    check(layer, (x: f64): f64 => x > 0 ? x : 0.5 * Math.expm1(x), (x: f64): f64 => x > 0 ? 1 : 0.5 * Math.exp(x));
  });
  test("celu, α = 1 by default", () =>
    check(activations.celu(), (x: f64): f64 => x > 0 ? x : Math.expm1(x), (x: f64): f64 => x > 0 ? 1 : Math.exp(x)));
  test("celu, α = 2", () => {
    let layer = activations.celu();
    changetype<SlopeFields>(layer).slope = 2;
    check(layer, (x: f64): f64 => x > 0 ? x : 2 * Math.expm1(x / 2), (x: f64): f64 => x > 0 ? 1 : Math.exp(x / 2));
  });
  test("selu", () =>
    check(
      activations.selu(),
      (x: f64): f64 => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
      (x: f64): f64 => 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * Math.exp(x)),
    ));
  test("sigmoid", () => check(activations.sigmoid(), sigmoid, (x: f64): f64 => sigmoid(x) * sigmoid(-x)));
  test("tanh", () => check(activations.tanh(), (x: f64): f64 => Math.tanh(x), (x: f64): f64 => fall(Math.tanh(x))));
  test("softplus", () =>
    check(activations.softplus(), (x: f64): f64 => max(x, 0) + Math.log1p(Math.exp(-abs(x))), sigmoid, 1e-6, 0, 0));
  test("softsign", () =>
    check(activations.softsign(), (x: f64): f64 => x / (1 + abs(x)), (x: f64): f64 => 1 / ((1 + abs(x)) * (1 + abs(x))), 1e-6, 0, 0));
  test("silu", () =>
    check(activations.silu(), (x: f64): f64 => x * sigmoid(x), (x: f64): f64 => sigmoid(x) * (1 + x * sigmoid(-x))));
  test("mish", () =>
    check(activations.mish(), (x: f64): f64 => x * gate(x), (x: f64): f64 => gate(x) + x * sigmoid(x) * fall(gate(x))));
  // Far to the left the argument's last bit weighs x² times as much in Φ: 144·6e-8 at -12.
  test("gelu", () => check(activations.gelu(), (x: f64): f64 => x * phi(x), (x: f64): f64 => phi(x) + x * density(x), 1.5e-5));
  // 1 + tanh cancels to the left.
  test("geluTanh", () =>
    check(
      activations.geluTanh(),
      (x: f64): f64 => 0.5 * x * (1 + inner(x)),
      (x: f64): f64 => abs(x) > 30 ? (x > 0 ? 1 : 0) : 0.5 * (1 + inner(x)) + 0.5 * x * fall(inner(x)) * Math.sqrt(2 / Math.PI) * (1 + 0.134145 * x * x),
      1e-6, 5e-7, 2e-6,
    ));
  test("hardSigmoid", () =>
    check(activations.hardSigmoid(), (x: f64): f64 => min(max(x + 3, 0), 6) / 6, (x: f64): f64 => abs(x) < 3 ? 1.0 / 6 : 0, 1e-6, 1e-7, 0));
  test("hardSwish", () =>
    check(
      activations.hardSwish(),
      (x: f64): f64 => (x * min(max(x + 3, 0), 6)) / 6,
      (x: f64): f64 => x >= 3 ? 1 : x <= -3 ? 0 : x / 3 + 0.5,
      1e-6, 2e-7,
    ));
});

describe("activations at the ends of float32", () => {
  beforeEach(fresh);

  test("every value and derivative at ±1e30 and ±3e38 is a number", () => {
    const all: Layer[] = [
      activations.celu(), activations.elu(), activations.gelu(), activations.geluTanh(), activations.hardSigmoid(), activations.hardSwish(),
      activations.leakyRelu(), activations.mish(), activations.relu(), activations.relu6(), activations.selu(), activations.sigmoid(),
      activations.silu(), activations.softplus(), activations.softsign(), activations.tanh(),
    ];
    const names: string[] = [
      "celu", "elu", "gelu", "geluTanh", "hardSigmoid", "hardSwish", "leakyRelu", "mish", "relu", "relu6", "selu", "sigmoid",
      "silu", "softplus", "softsign", "tanh",
    ];
    const ends: f64[] = [1e30, -1e30, 3e38, -3e38];
    let failures = "";
    for (let i = 0; i < all.length; i++) {
      fresh();
      let layer = place(all[i], 4, 1);
      for (let e = 0; e < 4; e++) set(layer.x, e, ends[e]);
      forward(layer);
      backward(layer);
      for (let e = 0; e < 4; e++) {
        if (isNaN(get(layer.y, e))) failures += names[i] + "(" + ends[e].toString() + ") ";
        if (isNaN(get(layer.dx, e))) failures += names[i] + "'(" + ends[e].toString() + ") ";
      }
    }
    expectTrue("NaN: " + failures, failures.length == 0);
  });
});
