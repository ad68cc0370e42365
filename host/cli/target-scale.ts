/** Numbers to predict are trained on as (y - mean) / unit, since a network starts near 0 ± 1 and steps by its learning rate,
 * be the target a share or a price. The saved model, and all that is said, is in the target's own units. */
import type { Dataset } from "../data/index.ts";
import type { DatasetLike } from "../inputs.ts";
import type { Model } from "../model.ts";
import type { Network } from "./network.ts";

export interface TargetScale {
  /** Of each target, over the training rows. */
  means: number[];
  /** Root mean square of the distances from the means, one for all targets, so that the loss weighs them as before. */
  unit: number;
  /** What the loss of scaled targets has to be multiplied by. */
  lossUnit: number;
}

/** Losses that a common factor of targets and outputs multiplies by a power of it, and which. */
const powers: Readonly<Record<string, number>> = { mse: 2, halfMse: 2, mae: 1 };

/** Whether targets are scaled: numbers, under a loss that this does not change. */
export function scalesTargets(data: Dataset, { loss }: Network): boolean {
  return data.y instanceof Float32Array && Object.hasOwn(powers, loss.type);
}

/** How the targets of these rows are scaled; undefined where they are not. */
export function targetScale(train: Dataset, network: Network): TargetScale | undefined {
  if (!scalesTargets(train, network)) return undefined;
  const { y, rows, targets } = train;
  const means = Array.from({ length: targets }, () => 0);
  y.forEach((value, i) => {
    means[i % targets]! += value / rows;
  });
  let squares = 0;
  y.forEach((value, i) => {
    squares += (value - means[i % targets]!) ** 2;
  });
  const unit = Math.sqrt(squares / y.length) || 1; // targets that never change have none
  return { means, unit, lossUnit: unit ** powers[network.loss.type]! };
}

/** The same rows with scaled targets. */
export function withScaledTargets(data: Dataset, scale: TargetScale | undefined): DatasetLike {
  if (!scale) return data;
  const { means, unit } = scale;
  return { ...data, y: Float32Array.from(data.y, (value, i) => (value - means[i % data.targets]!) / unit) };
}

const losses = ["loss", "valLoss", "smoothed"];
const distances = ["rmse", "mae", "valRmse", "valMae"];
/** Numbers by the names that they have in logs, in the target's own units. */
export function inUnits<T extends object>(numbers: T, scale: TargetScale | undefined): T {
  if (!scale) return numbers;
  const factorOf = (name: string) =>
    losses.includes(name) ? scale.lossUnit : distances.includes(name) ? scale.unit : 1;
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, times(value, factorOf(name))]),
  ) as unknown as T;
}
/** A number, or the numbers of a record, as { mean, min, max } is. */
function times(value: unknown, factor: number): unknown {
  if (factor === 1) return value;
  if (typeof value === "number") return value * factor;
  return Object.fromEntries(Object.entries(value as Record<string, number>).map(([key, v]) => [key, v * factor]));
}

/** Makes the last layer give outputs in the target's own units. */
export function unscaleOutputs(model: Model, { layers }: Network, scale: TargetScale | undefined): void {
  if (!scale) return;
  const last = layers.length - 1;
  const own = new Map(model.parameters().map(({ name, value }) => [name, value]));
  model.loadParameters({
    [`${last}.weight`]: own.get(`${last}.weight`)!.map(w => w * scale.unit),
    [`${last}.bias`]: own.get(`${last}.bias`)!.map((b, i) => b * scale.unit + scale.means[i]!),
  });
}
