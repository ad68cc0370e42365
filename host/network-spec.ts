// From what a user wrote to what a plan needs: layers with their activations apart, initialisers chosen, names checked.
import { show, TrainletError } from "./errors.ts";
import { initializers, layers, losses, optimizers } from "./generated/core.ts";
import { checkSpec, type Entry, type LayerSettings, type Spec, settingsOf, unknownName } from "./make-spec.ts";

/** A layer as the core has it: a `dense` with an activation is two of them, with one index. */
export interface Step {
  spec: Spec;
  /** Position in the user's list. */
  index: number;
  /** What precedes the tensor's name: "0" or, for an activation inside a layer, "0.activation". */
  prefix: string;
  settings: LayerSettings;
}

type Table = Readonly<Record<string, Entry>>;

/** The kinds of things that a spec can name. */
export const kinds = {
  layer: layers as Table,
  loss: losses as Table,
  optimizer: optimizers as Table,
  initializer: initializers as Table,
} as const;

/** A spec from a name or a spec, checked. */
export function resolve(kind: keyof typeof kinds, given: unknown, owner: string): Spec {
  const spec = (typeof given === "string" ? { type: given } : given) as Spec;
  if (spec === null || typeof spec !== "object" || typeof spec.type !== "string") {
    const example = { layer: "dense(10)", loss: "crossEntropy()", optimizer: "adam()", initializer: '"heNormal"' }[
      kind
    ];
    throw new TrainletError("INVALID_ARGUMENT", `${owner} is ${show(given)}; give a spec, as in ${example}`);
  }
  const table = kinds[kind];
  if (!Object.hasOwn(table, spec.type)) throw unknownName(owner, kind, spec.type, Object.keys(table));
  checkSpec(spec.type, spec, settingsOf(table[spec.type]!));
  return spec;
}

/** Throws unless there is a list with something in it. */
export function checkList(layers: unknown): readonly unknown[] {
  if (Array.isArray(layers) && layers.length > 0) return layers;
  throw new TrainletError("INVALID_ARGUMENT", `layers is ${show(layers)}; give a list with at least one layer`);
}

/** The user's list, expanded and checked. */
export function expand(list: readonly unknown[]): Step[] {
  return Array.from(list).flatMap((given, index) => {
    const spec = resolve("layer", given, `layer ${index}`);
    for (const option of ["init", "biasInit"]) {
      const isInitializer = kinds.layer[spec.type]!.options[option]?.type === "Initializer";
      if (isInitializer && spec[option] !== undefined)
        resolve("initializer", spec[option], `layer ${index}: ${option}`);
    }
    const settings = spec as LayerSettings;
    const steps: Step[] = [{ spec, index, prefix: String(index), settings }];
    if (spec.activation !== undefined && spec.activation !== "linear") {
      const activation = resolve("layer", spec.activation, `layer ${index}: activation`);
      if (["dense", "dropout", "batchNorm", "layerNorm"].includes(activation.type)) {
        const message = `layer ${index}: activation is ${show(activation.type)}, which is a layer of its own; list it after this one`;
        throw new TrainletError("INVALID_ARGUMENT", message);
      }
      steps.push({ spec: activation, index, prefix: `${index}.activation`, settings });
    }
    return steps;
  });
}

/** Which initialiser suits weights whose sums go into `next`: He for the ReLU family, LeCun for SELU, else Glorot. */
export function defaultInitializer(next: string | undefined): string {
  switch (next) {
    case "relu":
    case "relu6":
    case "leakyRelu":
    case "prelu":
    case "elu":
    case "celu":
    case "gelu":
    case "geluTanh":
    case "silu":
    case "mish":
    case "hardSwish":
      return "heUniform";
    case "selu":
      return "lecunNormal";
    default:
      return "glorotUniform";
  }
}
