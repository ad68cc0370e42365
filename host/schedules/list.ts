// Every schedule by name.
import { cosineWarmRestarts, cyclic } from "./cycles.ts";
import {
  constantFactor,
  cosine,
  exponential,
  inverseSqrt,
  inverseTime,
  linear,
  multiStep,
  piecewise,
  polynomial,
  rex,
  stepDecay,
} from "./decays.ts";
import type { Form } from "./form.ts";
import { manual } from "./manual.ts";
import { oneCycle } from "./one-cycle.ts";
import { reduceOnPlateau } from "./plateau.ts";
import { sequence } from "./sequence.ts";
import { warmup } from "./warmup.ts";
import { noam, warmupStableDecay } from "./with-warmup.ts";

const factories = {
  inverseTime,
  exponential,
  inverseSqrt,
  stepDecay,
  multiStep,
  piecewise,
  constantFactor,
  linear,
  polynomial,
  cosine,
  rex,
  cosineWarmRestarts,
  cyclic,
  oneCycle,
  noam,
  warmupStableDecay,
  manual,
  reduceOnPlateau,
  sequence,
  warmup,
};
export const forms = /* @__PURE__ */ formsOf(factories);

function formsOf(list: Record<string, { form(): Form }>): Readonly<Record<string, Form>> {
  return Object.fromEntries(Object.entries(list).map(([name, { form }]) => [name, form()]));
}
