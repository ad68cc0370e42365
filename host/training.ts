// How a model is trained: the rule, rules of single layers, and what is put around them. Plain JSON, checked here.
import { show, TrainletError } from "./errors.ts";
import { checkSpec, clonePlain, type Spec } from "./make-spec.ts";
import { kinds, resolve, type Step } from "./network-spec.ts";
import type { PlanRequest } from "./plan.ts";
import { baseRate } from "./rates.ts";
import { optionsOf } from "./rows.ts";

/** Layers that are trained in another way than the rest. */
export interface Group {
  /** Positions or names of the layers. */
  layers: readonly (number | string)[];
  /** A rule of their own; the run's rule unless given. */
  optimizer?: Spec | { type: string };
  /** A learning rate of their own; schedules scale it with the rest. */
  lr?: number;
  /** A decay of their own. */
  weightDecay?: number;
}

export interface TrainingOptions {
  /** The update rule. */
  optimizer: Spec | { type: string };
  groups?: readonly Group[];
  /** Whether weight decay applies to biases and normalisation parameters too. Default true. */
  decayBiases?: boolean;
  /** Bound on the norm of all gradients together. */
  clipNorm?: number;
  /** Bound on each gradient. */
  clipValue?: number;
  /** Bound on the norm of each tensor's gradient. */
  clipTensorNorm?: number;
  /** Adaptive clipping: bound on each unit's gradient norm relative to its weights' (0.01 in the paper). */
  clipAdaptive?: number;
  /** Batches whose gradients are averaged for one update. Default 1. */
  accumulate?: number;
  /** Whether an update with a gradient that is not finite is left out. Default false. */
  skipNonFinite?: boolean;
  /** Sharpness-aware minimisation: two passes a step, the gradient taken `rho` uphill (0.05 in the paper). */
  sam?: { rho?: number };
  /** Lookahead: every `every` updates (5) the slow weights go `alpha` (0.5) of the way to the fast ones. */
  lookahead?: { every?: number; alpha?: number };
  /** Exponential moving average of the weights, used for inference: decay 0.999, and in the first updates less, (1 + t)/(10 + t)
   * after update t, so that an average of a short run is not of the weights that it began with. A decay that is given holds
   * from the first update on, unless `warmup` is true; `{ warmup: false }` has none. */
  ema?: { decay?: number; warmup?: boolean };
}

/** What the plan needs. */
export interface Training {
  /** As they were given, for a file. */
  options: TrainingOptions;
  rules: { spec: Spec; layers: readonly (number | string)[] | undefined; lrFactor: number }[];
  decayBiases: boolean;
  /** Values of the trainer's fields. */
  fields: Record<string, number | boolean>;
  /** Arrays that the trainer needs, each as long as the parameters. */
  arrays: ("sums" | "slow" | "average" | "kept")[];
}

/** The options as a row (rows.ts). */
export const trainingOptions =
  "optimizer:any groups:any decayBiases:bool clipNorm(0,inf) clipValue(0,inf) clipTensorNorm(0,inf) clipAdaptive(0,inf) accumulate:i32[1,inf) skipNonFinite:bool sam:any lookahead:any ema:any";
const groupOptions = "layers:any optimizer:any lr[0,inf) weightDecay[0,inf)";

/** Checks the options of `call` (fit or compile) that are about training. `average`: weights are averaged over epochs. */
export function resolveTraining(
  call: string,
  given: TrainingOptions,
  { steps, loss }: Pick<PlanRequest, "steps" | "loss">,
  average = false,
): Training {
  // A copy: what becomes of the caller's objects later is no longer the model's affair.
  const known = Object.keys(optionsOf(trainingOptions)) as (keyof TrainingOptions)[];
  const named = known.filter(name => given[name] !== undefined).map(name => [name, given[name]]);
  const options = clonePlain(Object.fromEntries(named), call) as TrainingOptions;
  const optimizer = resolve("optimizer", options.optimizer, `${call}: optimizer`);
  const groups = options.groups ?? [];
  if (!Array.isArray(groups))
    throw new TrainletError("INVALID_ARGUMENT", `${call}: groups is ${show(groups)}; give a list of { layers, … }`);
  const sam = nested(call, "sam", options.sam, "rho(0,inf)");
  const lookahead = nested(call, "lookahead", options.lookahead, "every:i32[1,inf) alpha(0,1]");
  const ema = nested(call, "ema", options.ema, "decay[0,1) warmup:bool");
  if (ema && average)
    throw new TrainletError("INVALID_ARGUMENT", `${call}: ema and swa both average the weights; give one of them`);
  const accumulate = options.accumulate ?? 1;
  const decayBiases = options.decayBiases ?? true;
  const training: Training = {
    options,
    rules: [
      { spec: optimizer, layers: undefined, lrFactor: 1 },
      ...groups.map((g, i) => resolveGroup(`${call}: groups[${i}]`, g, optimizer, steps)),
    ],
    decayBiases,
    fields: {
      clipNorm: options.clipNorm ?? 0,
      clipValue: options.clipValue ?? 0,
      clipTensorNorm: options.clipTensorNorm ?? 0,
      clipAdaptive: options.clipAdaptive ?? 0,
      accumulate,
      skipNonFinite: options.skipNonFinite ?? false,
      samRho: sam ? ((sam.rho as number | undefined) ?? 0.05) : 0,
      lookaheadEvery: lookahead ? ((lookahead.every as number | undefined) ?? 5) : 0,
      lookaheadAlpha: (lookahead?.alpha as number | undefined) ?? 0.5,
      emaDecay: ema ? ((ema.decay as number | undefined) ?? 0.999) : 0,
      emaWarmup: (ema?.warmup as boolean | undefined) ?? ema?.decay === undefined,
    },
    arrays: [
      ...(accumulate > 1 ? (["sums"] as const) : []),
      ...(lookahead ? (["slow"] as const) : []),
      ...(ema || average ? (["average"] as const) : []),
      ...(sam ? (["kept"] as const) : []),
    ],
  };
  checkDrive(training, steps);
  const blind = kinds.loss[loss.type]!.flat && training.rules.find(r => !kinds.optimizer[r.spec.type]!.probes);
  if (blind) {
    const message = `${call}: ${loss.type} has no gradient for ${blind.spec.type}; use finiteDifferences or augmentedRandomSearch`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  return training;
}

/** Refuses what a rule that measures for itself could not honour. */
function checkDrive({ rules, fields, decayBiases }: Training, steps: readonly Step[]): void {
  const driver = rules.find(r => kinds.optimizer[r.spec.type]!.drives);
  if (!driver) return;
  const clips = ["clipNorm", "clipValue", "clipTensorNorm", "clipAdaptive"] as const;
  const clashes: [string, boolean][] = [
    ["groups", rules.length > 1],
    ["decayBiases", !decayBiases],
    ["lrScale", steps.some(s => (s.settings.lrScale ?? 1) !== 1)],
    ["accumulate", (fields.accumulate as number) > 1],
    ["sam", fields.samRho !== 0],
    ["skipNonFinite", fields.skipNonFinite === true],
    ...clips.map(c => [c, fields[c] !== 0] as [string, boolean]),
  ];
  const clash = clashes.find(([, is]) => is);
  if (!clash) return;
  throw new TrainletError(
    "INVALID_ARGUMENT",
    `${clash[0]} does not go with ${driver.spec.type}, which measures the loss for itself; leave it out`,
  );
}

function nested(call: string, name: string, given: unknown, row: string): Record<string, unknown> | undefined {
  if (given === undefined) return undefined;
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `${call}: ${name} is ${show(given)}; give an object, as in { ${Object.keys(optionsOf(row)).join(", ")} }`,
    );
  }
  checkSpec(`${call}: ${name}`, given, row);
  return given as Record<string, unknown>;
}

function resolveGroup(label: string, group: Group, base: Spec, steps: readonly Step[]): Training["rules"][number] {
  if (group === null || typeof group !== "object" || !Array.isArray(group.layers) || group.layers.length === 0) {
    throw new TrainletError("INVALID_ARGUMENT", `${label} is ${show(group)}; give { layers: [positions or names], … }`);
  }
  checkSpec(label, group, groupOptions);
  for (const layer of group.layers) {
    if (!steps.some(s => s.index === layer || (layer !== undefined && s.settings.name === layer))) {
      const known = [...new Set(steps.flatMap(s => [s.index, s.settings.name].filter(v => v !== undefined)))];
      throw new TrainletError(
        "INVALID_ARGUMENT",
        `${label}: there is no layer ${show(layer)}; known: ${known.join(", ")}`,
      );
    }
  }
  let spec = group.optimizer === undefined ? base : resolve("optimizer", group.optimizer, `${label}: optimizer`);
  if (group.weightDecay !== undefined) {
    if (!kinds.optimizer[spec.type]!.options.weightDecay) {
      throw new TrainletError("UNKNOWN_OPTION", `${label}: ${spec.type} has no weightDecay`);
    }
    spec = { ...spec, weightDecay: group.weightDecay };
  }
  const rate = group.lr ?? baseRate(spec);
  const own = baseRate(base);
  if (own === 0 && rate > 0) {
    const message = `${label}: lr is ${rate}, but the run's rate, which schedules scale it with, is 0; give the run a rate and freeze other layers with trainable: false`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  return { spec, layers: group.layers, lrFactor: own > 0 ? rate / own : 1 };
}
