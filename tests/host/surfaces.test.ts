// Test surfaces: their gradients against differences of their values, their minima, and paths of rules over them.
import { describe, expect, it, test } from "vitest";
import * as t from "../../host/index.ts";
import { fails, numbers } from "./support.ts";

describe.each(Object.entries(t.surfaces) as [string, t.Surface][])("%s", (_, surface) => {
  const [left, right, low, high] = surface.view;
  it("has the gradient that central differences give", () => {
    const xs = numbers(40, 1, left, right);
    const ys = numbers(40, 2, low, high);
    for (const [i, x] of xs.entries()) {
      const y = ys[i]!;
      const h = 1e-5;
      const numeric = [
        (surface.value(x + h, y) - surface.value(x - h, y)) / (2 * h),
        (surface.value(x, y + h) - surface.value(x, y - h)) / (2 * h),
      ];
      surface.gradient(x, y).forEach((g, k) => {
        expect(Math.abs(g - numeric[k]!), `at (${x}, ${y})`).toBeLessThan(1e-6 * (1 + Math.abs(g)));
      });
    }
  });
  it("is flat and lowest at each minimum, all of which are in view", () => {
    expect(surface.minima[0]).toBe(surface.minimum);
    const lowest = surface.value(...surface.minimum);
    for (const [x, y] of surface.minima) {
      for (const g of surface.gradient(x, y)) expect(Math.abs(g)).toBeLessThan(1e-12);
      expect(Math.abs(surface.value(x, y) - lowest)).toBeLessThan(1e-25);
      expect(x > left && x < right && y > low && y < high).toBe(true);
      for (const [dx, dy] of [
        [0.01, 0],
        [-0.01, 0],
        [0, 0.01],
        [0, -0.01],
      ] as const) {
        expect(surface.value(x + dx, y + dy)).toBeGreaterThan(lowest);
      }
    }
    expect(surface.value(...surface.start)).toBeGreaterThan(lowest);
  });
});

describe("surfacePath", () => {
  it("follows gradient descent step by step", async () => {
    const { path, reached } = await t.surfacePath(t.sgd({ lr: 0.1 }), t.surfaces.ravine, { steps: 3 });
    // x falls by 1 - 0.1·0.2 a step, y by 1 - 0.1·4.
    const worked = [0, 1, 2, 3].map(k => [-5 * 0.98 ** k, -2 * 0.6 ** k]);
    expect(path).toHaveLength(4);
    path.forEach((point, k) => point.forEach((value, i) => expect(value).toBeCloseTo(worked[k]![i]!, 6)));
    expect(reached).toBeUndefined();
  });
  it("counts the steps to the nearest minimum, and says where and how high it ended", async () => {
    const options = { steps: 200, tolerance: 0.1 };
    const { path, reached, value, distance } = await t.surfacePath(t.sgd({ lr: 0.25 }), t.surfaces.ravine, options);
    // With lr 0.25 y is at its minimum after one step, and x falls by 0.95 a step: 5·0.95^k ≤ 0.1 from k = 77 on.
    expect(reached).toBe(77);
    expect(distance).toBeCloseTo(Math.hypot(...path.at(-1)!), 9);
    expect(value).toBeCloseTo(0.1 * path.at(-1)![0] ** 2, 12);
    const other = await t.surfacePath(t.sgd({ lr: 0.01 }), t.surfaces.himmelblau, { start: [-3, -3], steps: 300 });
    expect(other.path.at(-1)![0]).toBeCloseTo(-3.7793, 3);
    expect(other.distance).toBeLessThan(1e-5);
  });
  it("names the step that diverged, and keeps the finite part", async () => {
    const { diverged, path } = await t.surfacePath(t.sgd({ lr: 1 }), t.surfaces.rosenbrock);
    expect(diverged).toBe(path.length);
    expect(diverged).toBeLessThan(10);
    expect(path.flat().every(Number.isFinite)).toBe(true);
  });
  test("refuses wrong options and rules that measure for themselves", async () => {
    const { ravine } = t.surfaces;
    await fails(() => t.surfacePath(t.sgd(), ravine, { steps: 0 }), "INVALID_ARGUMENT", /steps is 0/);
    await fails(() => t.surfacePath(t.sgd(), ravine, { start: [1] as never }), "SHAPE_MISMATCH", /start/);
    await fails(() => t.surfacePath(t.lbfgs(), ravine), "UNSUPPORTED", /lbfgs/);
  });
});
