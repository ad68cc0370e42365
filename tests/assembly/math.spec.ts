// A few values of each function of assembly/math, checked inside WebAssembly. tests/math.test.ts has the error bounds.

import { erf4, erfc4 } from "../../assembly/math/erf";
import { exp4 } from "../../assembly/math/exp";
import { expm14 } from "../../assembly/math/expm1";
import { log1p4, log4 } from "../../assembly/math/log";
import { cosTurn, exp64, log64, power64, sinTurn } from "../../assembly/math/scalar";
import { sigmoid4 } from "../../assembly/math/sigmoid";
import { softplus4 } from "../../assembly/math/softplus";
import { tanh4 } from "../../assembly/math/tanh";
import { expectClose } from "./helpers";

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

  // The bounds are those that assembly/math/scalar.ts states; the references' own errors are below 1e-15.
  test("exp64 is within 2e-13 of every size, and stops at its ends", () => {
    for (let x = -708.0; x <= 709; x += 0.37) expectClose("exp64(" + x.toString() + ")", exp64(x), Math.exp(x), 2e-13);
    expect(exp64(0)).toBe(1);
    expect(exp64(1e300)).toBe(exp64(709));
    expect(exp64(-1e300)).toBe(exp64(-708));
  });

  test("log64 is within 1e-13 over all exponents and around 1 and √½", () => {
    for (let x = 2.3e-308; x < 1e308; x *= 1.37) expectClose("log64(" + x.toString() + ")", log64(x), Math.log(x), 1e-13);
    for (let x = 0.70; x < 1.42; x += 0.00037) expectClose("log64(" + x.toString() + ")", log64(x), Math.log(x), 1e-13);
    for (let d = 0.1; d > 1e-15; d /= 2) {
      expectClose("log64 above 1", log64(1 + d), Math.log(1 + d), 1e-13);
      expectClose("log64 below 1", log64(1 - d), Math.log(1 - d), 1e-13);
    }
    expect(log64(1)).toBe(0);
  });

  test("power64 is within 1e-12 of the powers that rules take", () => {
    for (let t = 1.0; t < 1e9; t = Math.floor(t * 1.7) + 1) {
      expectClose("t^-0.8", power64(t, -0.8), Math.pow(t, -0.8), 1e-12);
      expectClose("t^2", power64(t, 2), t * t, 1e-12);
      let y = min(t, 1e5) * 0.004;
      expectClose("0.96^(t/250)", power64(0.96, y), Math.pow(0.96, y), 1e-12);
    }
    expect(power64(3, 0)).toBe(1);
    expect(power64(0, 0)).toBe(1);
    expect(power64(0, 2)).toBe(0);
  });

  test("sinTurn and cosTurn are within 1e-15·(1 + |u|) of sine and cosine, in every quarter", () => {
    for (let u = -3.0; u <= 5; u += 0.0078125) {
      // The reference takes the turns off first, exactly, as these u are multiples of 1/128.
      let t = 2 * Math.PI * (u - nearest(u));
      let bound = 1e-15 * (1 + abs(u));
      expectClose("sinTurn(" + u.toString() + ")", sinTurn(u), Math.sin(t), 0, bound);
      expectClose("cosTurn(" + u.toString() + ")", cosTurn(u), Math.cos(t), 0, bound);
    }
  });
});
