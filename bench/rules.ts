// A row for every update rule in the core's list: what a parameter costs, and the bytes moved against a plain copy.

import { optimizers } from "../host/generated/core.ts";
import { createOptimizer, dense, mse, sequential } from "../host/index.ts";
import { best } from "./time.ts";
import { noise } from "./workloads.ts";

export interface RuleFigure {
  name: string;
  parameters: number;
  nsPerParameter: number;
  /** Read and written: weights, gradients and state once each. 0 where that says nothing. */
  gigabytesPerSecond: number;
  /** Share of what a plain copy of as many bytes moves in a second. */
  share: number;
}

/** Rules whose cost is in products of matrices are timed on one that a layer might have. */
const MATRIX_RULES = new Set(["muon", "soap"]);

/** Every rule has a row. */
export const ruleRows = Object.keys(optimizers);

export interface RuleRequest {
  /** Bytes a second that a plain copy of so many bytes moves. */
  copy: (bytes: number) => number;
  parameters?: number;
  /** How long to measure, in milliseconds. */
  budget?: number;
}

export async function measureRule(name: string, request: RuleRequest): Promise<RuleFigure> {
  const { copy, parameters = 10_000_000, budget = 400 } = request;
  if (optimizers[name as keyof typeof optimizers].drives) return measureDriving(name, budget);
  return measureAlone(name, {
    copy,
    budget,
    parameters: MATRIX_RULES.has(name) ? Math.min(parameters, 512 * 512) : parameters,
  });
}

async function measureAlone(name: string, { copy, parameters, budget }: Required<RuleRequest>): Promise<RuleFigure> {
  const columns = Math.floor(Math.sqrt(parameters));
  const optimizer = await createOptimizer({ type: name }, [[Math.floor(parameters / columns), columns]]);
  const count = optimizer.params[0]!.length;
  optimizer.params[0]!.set(noise(count, 1));
  optimizer.grads[0]!.set(noise(count, 2).map(g => g * 1e-3));
  optimizer.step();
  optimizer.step();
  if (!optimizer.params[0]!.every(Number.isFinite)) throw new Error(`${name} gives numbers that are not finite`);
  const seconds = best(() => optimizer.step({ lr: 1e-6 }), budget);
  const bytes = optimizer.bytesPerStep;
  const gigabytesPerSecond = MATRIX_RULES.has(name) ? 0 : bytes / seconds / 1e9;
  const share = gigabytesPerSecond ? (gigabytesPerSecond * 1e9) / copy(Math.min(count * 4, 2 ** 27)) : 0;
  return { name, parameters: count, nsPerParameter: (seconds / count) * 1e9, gigabytesPerSecond, share };
}

/** Rules that measure the loss for themselves: a step of a small regression, the passes included. */
async function measureDriving(name: string, budget: number): Promise<RuleFigure> {
  const model = await sequential([dense(64, { activation: "tanh" }), dense(1)], { inputs: 13, loss: mse(), seed: 1 });
  model.compile({ optimizer: { type: name } });
  const [x, y] = [noise(13 * 64, 1), noise(64, 2)];
  model.trainBatch(x, y);
  const count = model.parameters().reduce((sum, p) => sum + p.value.length, 0);
  const seconds = best(() => model.trainBatch(x, y), budget);
  return { name, parameters: count, nsPerParameter: (seconds / count) * 1e9, gigabytesPerSecond: 0, share: 0 };
}
