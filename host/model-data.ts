// Data as a model takes it: checked against its shapes and against the names that it learnt.
import type { Engine } from "./engine.ts";
import { show, TrainletError } from "./errors.ts";
import { type DatasetLike, type FlatData, flattenData } from "./inputs.ts";
import type { About } from "./model-file.ts";
import { sampleWeights } from "./weights.ts";

export type Scaling = "none" | "standard" | "minmax";

/** Rows of data as flat arrays; throws unless they fit the network and its loss. */
export function flattenFor(
  { memory, plan }: Engine,
  about: About,
  data: unknown,
  name: string,
  weights?: ArrayLike<number>,
): FlatData {
  const { core } = memory;
  if (data !== null && typeof data === "object") checkNames(about, data as Partial<DatasetLike>, name || "data");
  const shape = {
    inputs: plan.request.inputs,
    outputs: plan.outputs,
    indices: core.accepts(plan.loss, core.indexTarget()) !== 0,
  };
  const flat = flattenData(data, shape, name || "data");
  if (flat.targets && !core.accepts(plan.loss, core.valueTarget())) {
    const { type } = plan.request.loss;
    const message = `y holds numbers; ${type} needs class indices: an Int32Array or a list of whole numbers`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  const sampleWeight = sampleWeights(weights === undefined ? (data as DatasetLike).sampleWeight : weights, flat.rows);
  return sampleWeight ? { ...flat, sampleWeight } : flat;
}

/** Throws when data that names its classes or features names others than the model learnt, or in another order. */
export function checkNames(about: About, data: Partial<DatasetLike>, name: string): void {
  const pairs = [
    ["classes", about.classNames, data.classNames, "UNKNOWN_LABEL"],
    ["features", about.featureNames, data.featureNames, "SHAPE_MISMATCH"],
  ] as const;
  for (const [what, own, given, code] of pairs) {
    if (!own || !given || (own.length === given.length && own.every((n, i) => n === given[i]))) continue;
    const list = (names: readonly string[]) =>
      names.length > 8 ? `${names.slice(0, 8).join(", ")}, …` : names.join(", ");
    const message = `${name} has the ${what} ${list(given)}; the model learnt ${list(own)}, in that order. Read a table with csv(…, { schema: model.schema })`;
    throw new TrainletError(code, message);
  }
}

/** The scaling that data asks for. */
export function scalingOf({ scale = "none" }: DatasetLike): Scaling {
  if (["none", "standard", "minmax"].includes(scale)) return scale;
  throw new TrainletError(
    "INVALID_ARGUMENT",
    `data.scale is ${show(scale)}; it should be "none", "standard" or "minmax"`,
  );
}
