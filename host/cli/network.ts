/** Layers and loss for a data set: an output for each class or target, unless the loss wants it otherwise. */
import type { Dataset } from "../data/index.ts";
import { show, TrainletError } from "../errors.ts";
import type { Spec } from "../make-spec.ts";
import { kinds } from "../network-spec.ts";
import type { TrainOptions } from "./settings.ts";

/** The losses that tell classes apart, and what they want of the network. */
const classLosses: Readonly<Record<string, { outputs?: 1; last?: string }>> = {
  crossEntropy: {},
  multiMargin: {},
  nll: { last: "logSoftmax" },
  klDivergence: { last: "logSoftmax" },
  binaryCrossEntropy: { outputs: 1 },
  hinge: { outputs: 1 },
  squaredHinge: { outputs: 1 },
};

export function isClassLoss(loss: Spec): boolean {
  return Object.hasOwn(classLosses, loss.type);
}

export interface Network {
  layers: Spec[];
  loss: Spec;
  outputs: number;
}

export function networkFor(data: Dataset, options: TrainOptions): Network {
  const classes = data.y instanceof Int32Array;
  const loss = options.loss ?? { type: classes ? "crossEntropy" : "mse" };
  const wants = isClassLoss(loss) ? classLosses[loss.type]! : undefined;
  if (wants && !classes) {
    const message = `--loss ${loss.type} tells classes apart, but the target is numbers; use mse, mae or huber, or --task classification`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  if (wants?.outputs === 1 && data.classes > 2) {
    const message = `--loss ${loss.type} tells two classes apart, but there are ${data.classes}; use crossEntropy or multiMargin`;
    throw new TrainletError("INVALID_ARGUMENT", message);
  }
  const outputs = wants?.outputs ?? data.classes;
  const { activation, dropout } = options;
  const hidden = options.layers.flatMap(units => [
    { type: "dense", units, activation: Object.keys(activation).length === 1 ? activation.type : activation },
    ...(dropout > 0 ? [{ type: "dropout", rate: dropout }] : []),
  ]);
  const last = loss.fromLogits === false ? "sigmoid" : wants?.last;
  const layers: Spec[] = [...hidden, { type: "dense", units: outputs }, ...(last ? [{ type: last }] : [])];
  return { layers, loss, outputs };
}

/** What `sequential` is told beside the layers. */
export function modelOptions(
  data: Dataset,
  { loss }: Network,
  { threads, arithmetic }: Pick<TrainOptions, "threads" | "arithmetic">,
  seed: number,
) {
  return { inputs: data.features, loss, seed, ...(threads && { threads }), ...(arithmetic && { arithmetic }) };
}

/** The rule with the rate that was asked for, and the schedule that starts from it. */
export function rule(options: TrainOptions): { optimizer: Spec; schedule: Spec | undefined; lr: number } {
  const { lr: asked } = options;
  const optimizer = asked === undefined ? options.optimizer : { ...options.optimizer, lr: asked };
  const lr = (optimizer.lr ?? kinds.optimizer[optimizer.type]!.options.lr!.default) as number;
  return { optimizer, schedule: options.schedule && risingTo(lr, options.schedule), lr };
}
/** oneCycle rises to the rate that was asked for, also behind a warm-up, unless it says more itself. */
function risingTo(lr: number, schedule: Spec): Spec {
  if (schedule.after !== undefined) return { ...schedule, after: risingTo(lr, schedule.after as Spec) };
  return schedule.type === "oneCycle" ? { ...schedule, maxLr: schedule.maxLr ?? lr } : schedule;
}

/** "64 → 32 relu → 10" */
export function networkLine(inputs: number, layers: readonly Spec[]): string {
  const names = layers.map(({ type, units, activation, rate }) => {
    const name = type === "dense" ? String(units) : type === "dropout" ? `dropout ${rate}` : type;
    return activation === undefined ? name : `${name} ${specLine(activation)}`;
  });
  return [String(inputs), ...names].join(" → ");
}
/** "sgd momentum 0.9" */
export function specLine(spec: unknown): string {
  if (typeof spec === "string") return spec;
  const { type, ...options } = spec as Spec;
  return [type, ...Object.entries(options).map(([name, value]) => `${name} ${optionText(value)}`)].join(" ");
}
function optionText(value: unknown): string {
  if (Array.isArray(value)) return value.join("/");
  if (typeof (value as Spec | null)?.type === "string") return specLine(value);
  return typeof value === "object" ? show(value) : String(value);
}
