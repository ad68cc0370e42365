// The path of a rule over a surface of two parameters: gradients in float64, parameters and updates in the core's float32.
import { show, TrainletError } from "./errors.ts";
import { checkSpec, type Spec } from "./make-spec.ts";
import { createOptimizer } from "./optimizer.ts";
import type { Point, Surface } from "./surfaces.ts";

export interface SurfacePathOptions {
  /** Steps to take. Default 2000. */
  steps?: number;
  /** Distance at which a minimum counts as reached. Default 0.01. */
  tolerance?: number;
  /** Where to start; the surface's usual start unless given. */
  start?: Point;
}

export interface SurfacePath {
  /** The start, and the point after each step: where a rule keeps weights for inference apart, those. */
  path: [number, number][];
  /** Steps until a minimum was first within the tolerance; undefined where none came to be. */
  reached: number | undefined;
  /** The step that left a coordinate or a value that is not finite; the path ends before it. */
  diverged: number | undefined;
  /** Value at the last point. */
  value: number;
  /** Distance from there to the nearest minimum. */
  distance: number;
}

const table = "steps:i32[1,inf) tolerance(0,inf) start:Values";

/** Follows a rule over a surface; rejects where the rule cannot run on gradients alone. */
export async function surfacePath(
  rule: Spec | { type: string },
  surface: Surface,
  options: SurfacePathOptions = {},
): Promise<SurfacePath> {
  checkSpec("surfacePath", options, table);
  const { steps = 2000, tolerance = 0.01, start = surface.start } = options;
  if (start.length !== 2) {
    throw new TrainletError("SHAPE_MISMATCH", `surfacePath: start is ${show(start)}; give two numbers, [x, y]`);
  }
  const optimizer = await createOptimizer(rule, [[2]]);
  const parameters = optimizer.params[0]!;
  const gradients = optimizer.grads[0]!;
  parameters.set(start);
  const path: [number, number][] = [[parameters[0]!, parameters[1]!]];
  let diverged: number | undefined;
  for (let step = 1; step <= steps; step++) {
    gradients.set(surface.gradient(parameters[0]!, parameters[1]!));
    optimizer.step();
    const [x, y] = optimizer.evalParams()[0]! as unknown as [number, number];
    if (![...parameters, x, y, surface.value(x, y)].every(Number.isFinite)) {
      diverged = step;
      break;
    }
    path.push([x, y]);
  }
  const distance = ([x, y]: Point) => Math.min(...surface.minima.map(m => Math.hypot(x - m[0], y - m[1])));
  const first = path.findIndex(point => distance(point) <= tolerance);
  const last = path.at(-1)!;
  return {
    path,
    reached: first < 0 ? undefined : first,
    diverged,
    value: surface.value(...last),
    distance: distance(last),
  };
}
