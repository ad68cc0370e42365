// Functions of two parameters on which the path of a rule can be looked at: closed forms in float64.

export type Point = readonly [x: number, y: number];

export interface Surface {
  readonly formula: string;
  /** Where paths usually start. */
  readonly start: Point;
  /** The lowest point; the first of `minima` where several are as low. */
  readonly minimum: Point;
  readonly minima: readonly Point[];
  /** The part worth looking at: [least x, greatest x, least y, greatest y]. */
  readonly view: readonly [number, number, number, number];
  value(x: number, y: number): number;
  gradient(x: number, y: number): [number, number];
}

function surface(made: Omit<Surface, "minimum">): Surface {
  return { ...made, minimum: made.minima[0]! };
}

/** A bowl twenty times as steep across as along: large rates bounce off its walls, small ones creep along its floor. */
const ravine = /* @__PURE__ */ surface({
  formula: "x²/10 + 2y²",
  start: [-5, -2],
  minima: [[0, 0]],
  view: [-6, 3, -3, 3],
  value: (x, y) => 0.1 * x * x + 2 * y * y,
  gradient: (x, y) => [0.2 * x, 4 * y],
});

/** A bent valley with an almost flat floor. Rosenbrock 1960. */
const rosenbrock = /* @__PURE__ */ surface({
  formula: "(1 - x)² + 100(y - x²)²",
  start: [-1.2, 1],
  minima: [[1, 1]],
  view: [-2, 2, -1, 3],
  value: (x, y) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: (x, y) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
});

/** Flat in the middle, with walls at the edges. Beale 1958. */
const beale = /* @__PURE__ */ surface({
  formula: "(1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²",
  start: [1, 1],
  minima: [[3, 0.5]],
  view: [-1, 4.5, -2, 2],
  value: (x, y) => (1.5 - x + x * y) ** 2 + (2.25 - x + x * y * y) ** 2 + (2.625 - x + x * y * y * y) ** 2,
  gradient: (x, y) => {
    const a = 1.5 - x + x * y;
    const b = 2.25 - x + x * y * y;
    const c = 2.625 - x + x * y * y * y;
    return [
      2 * a * (y - 1) + 2 * b * (y * y - 1) + 2 * c * (y * y * y - 1),
      2 * a * x + 4 * b * x * y + 6 * c * x * y * y,
    ];
  },
});

/** Four minima, all as low. Himmelblau 1972. */
const himmelblau = /* @__PURE__ */ surface({
  formula: "(x² + y - 11)² + (x + y² - 7)²",
  start: [0, 0],
  minima: [
    [3, 2],
    [-2.8051180869527448, 3.131312518250573],
    [-3.779310253377747, -3.2831859912861696],
    [3.5844283403304917, -1.8481265269644036],
  ],
  view: [-5, 5, -5, 5],
  value: (x, y) => (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
  gradient: (x, y) => {
    const a = x * x + y - 11;
    const b = x + y * y - 7;
    return [4 * a * x + 2 * b, 2 * a + 4 * b * y];
  },
});

/** A saddle at the origin between two minima; the path starts almost on the ridge that leads into it. */
const saddle = /* @__PURE__ */ surface({
  formula: "x²/2 + y⁴/4 - y²/2",
  start: [-1, 0.01],
  minima: [
    [0, 1],
    [0, -1],
  ],
  view: [-1.5, 1.5, -1.5, 1.5],
  value: (x, y) => 0.5 * x * x + 0.25 * y * y * y * y - 0.5 * y * y,
  gradient: (x, y) => [x, y * y * y - y],
});

/** Test surfaces by name. */
export const surfaces = { ravine, rosenbrock, beale, himmelblau, saddle } as const satisfies Record<string, Surface>;
export type SurfaceName = keyof typeof surfaces;
