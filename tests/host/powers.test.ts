// The schedules' own powers and half cosines against the engine's, whose last bits are its own.
import { describe, expect, it } from "vitest";
import { halfCosine, power } from "../../host/schedules/powers.ts";

describe("power", () => {
  it("has a relative error below (y + 60)·2⁻⁵³", () => {
    for (const x of [1e-7, 0.1, 0.5, 0.95, 0.9999, 1, 1.0001, 3, 1e7]) {
      for (const y of [0.1, 1 / 3, 0.5, 1 / 199, 1, 1.7, 2, 7, 20.25, 39.9, 1000.3]) {
        const right = x ** y;
        if (right < 1e-300 || right === Infinity) continue;
        // One more ulp for the engine's own error.
        expect(Math.abs(power(x, y) / right - 1), `${x}^${y}`).toBeLessThan((y + 62) * 2 ** -53);
      }
    }
  });
  it("is exact where nothing is rounded", () => {
    const results = [
      power(2, 10),
      power(0.5, 3),
      power(0.25, 0.5),
      power(9, 1.5),
      power(7, 0),
      power(0, 0),
      power(0, 0.3),
    ];
    expect(results).toEqual([1024, 0.125, 0.5, 27, 1, 1, 0]);
    expect([power(0, 3), power(0.5, 5000), power(2, 5000), power(1, 1e300)]).toEqual([0, 0, Infinity, 1]);
  });
});

describe("halfCosine", () => {
  it("is off by less than 1e-15, and repeats after 2", () => {
    for (let i = 0; i <= 3000; i++) {
      const x = i / 1000;
      expect(Math.abs(halfCosine(x) - (1 + Math.cos(Math.PI * x)) / 2), `${x}`).toBeLessThan(1e-15);
    }
  });
  it("is exact at its top, middle and bottom", () => {
    expect([0, 0.5, 1, 1.5, 2].map(halfCosine)).toEqual([1, 0.5, 0, 0.5, 1]);
  });
});
