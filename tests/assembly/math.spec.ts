// A few values of each function of assembly/math, checked inside WebAssembly. tests/math.test.ts has the error bounds.

import { erf4, erfc4 } from "../../assembly/math/erf";
import { exp4 } from "../../assembly/math/exp";
import { expm14 } from "../../assembly/math/expm1";
import { log1p4, log4 } from "../../assembly/math/log";
import { sigmoid4 } from "../../assembly/math/sigmoid";
import { softplus4 } from "../../assembly/math/softplus";
import { tanh4 } from "../../assembly/math/tanh";

// a lane that is not the first, so that a function that fills one lane only is found
// @ts-ignore: decorator
@inline
function lane(v: v128): f32 {
  return f32x4.extract_lane(v, 2);
}

function near(actual: f32, expected: f64): void {
  expect(Math.abs(<f64>actual / expected - 1) < 3e-7).toBe(true, actual.toString() + " instead of " + expected.toString());
}

describe("assembly/math", () => {
  test("exp4", () => {
    near(lane(exp4(f32x4.splat(1))), Math.E);
    near(lane(exp4(f32x4.splat(-80))), Math.exp(-80));
    expect(lane(exp4(f32x4.splat(0)))).toBe(1);
    expect(lane(exp4(f32x4.splat(89)))).toBe(Infinity);
    expect(lane(exp4(f32x4.splat(-104)))).toBe(0);
  });

  test("expm14", () => {
    near(lane(expm14(f32x4.splat(2))), Math.expm1(2));
    near(lane(expm14(f32x4.splat(-0.5))), Math.expm1(-0.5));
    near(lane(expm14(f32x4.splat(0.0009765625))), Math.expm1(0.0009765625));
    expect(lane(expm14(f32x4.splat(-100)))).toBe(-1);
  });

  test("log4 and log1p4", () => {
    near(lane(log4(f32x4.splat(10))), Math.LN10);
    near(lane(log1p4(f32x4.splat(1))), Math.LN2);
    near(lane(log1p4(f32x4.splat(0.0009765625))), Math.log1p(0.0009765625));
    expect(lane(log4(f32x4.splat(1)))).toBe(0);
    expect(lane(log4(f32x4.splat(0)))).toBe(-Infinity);
    expect(lane(log4(f32x4.splat(-1)))).toBeNaN();
  });

  test("tanh4", () => {
    near(lane(tanh4(f32x4.splat(0.5))), Math.tanh(0.5));
    near(lane(tanh4(f32x4.splat(-2))), Math.tanh(-2));
    expect(lane(tanh4(f32x4.splat(20)))).toBe(1);
  });

  test("sigmoid4", () => {
    near(lane(sigmoid4(f32x4.splat(2))), 1 / (1 + Math.exp(-2)));
    near(lane(sigmoid4(f32x4.splat(-80))), Math.exp(-80));
    expect(lane(sigmoid4(f32x4.splat(0)))).toBe(0.5);
  });

  test("softplus4", () => {
    near(lane(softplus4(f32x4.splat(0))), Math.LN2);
    near(lane(softplus4(f32x4.splat(-80))), Math.exp(-80));
    expect(lane(softplus4(f32x4.splat(100)))).toBe(100);
  });

  test("erf4 and erfc4", () => {
    near(lane(erf4(f32x4.splat(0.5))), 0.5204998778130465);
    near(lane(erf4(f32x4.splat(-1))), -0.8427007929497149);
    near(lane(erfc4(f32x4.splat(1))), 0.15729920705028513);
    near(lane(erfc4(f32x4.splat(9))), 4.13703174651381e-37);
    near(lane(erfc4(f32x4.splat(-1))), 1.842700792949715);
  });
});
