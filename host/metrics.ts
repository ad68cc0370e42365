// What the core counted, in the terms of the field.
import type { Engine } from "./engine.ts";
import { TrainletError } from "./errors.ts";
import type { Memory } from "./memory.ts";

/** Precision, recall and F1 of one class; 0 where nothing was decided or present. */
export interface ClassReport {
  class: string;
  precision: number;
  recall: number;
  f1: number;
  /** Samples that truly are of the class. */
  support: number;
}

export interface Metrics {
  /** Mean loss over the samples, penalties included. */
  loss: number;
  /** Share of right decisions, for classification. */
  accuracy?: number;
  /** Share of samples whose class is among the k largest outputs, when `topK` is asked for and classes are told by the
   * largest. */
  topKAccuracy?: number;
  /** Mean absolute error, for regression. */
  mae?: number;
  /** Root of the mean squared error, for regression. */
  rmse?: number;
  /** Coefficient of determination, the mean over the outputs, for regression; NaN where a target never changes. */
  r2?: number;
  /** Truth by decision, when a report is asked for: `confusion[truth][decision]`. */
  confusion?: number[][];
  perClass?: ClassReport[];
  /** Unweighted means over the classes, when a report is asked for. */
  macro?: { precision: number; recall: number; f1: number };
}

/** More classes have no report: truth by decision is their square. */
const MAX_REPORT = 4096;

export interface MetricsRequest {
  topK?: number;
  report?: boolean;
  /** Weight of each row in loss and metrics: a row of weight 2 counts as two alike. Default: what the data carries. */
  sampleWeight?: ArrayLike<number>;
}

/** How outputs become decisions: as the loss says, but by the largest where class indices are given for several outputs:
 * one that says no to all of ten classes is not right in nine. */
export function decisionFor(engine: Engine, labels: boolean): number {
  const { core } = engine.memory;
  return labels && engine.plan.outputs > 1 ? core.largestDecision() : core.decision(engine.plan.loss);
}

/** Sets the core to count, from zero. */
export function beginMetrics(engine: Engine, labels: boolean, request: MetricsRequest, weighted = false): void {
  const { memory, plan } = engine;
  if (request.report && plan.outputs > MAX_REPORT)
    throw new TrainletError("INVALID_ARGUMENT", `report: ${plan.outputs} classes are too many; at most ${MAX_REPORT}`);
  const decision = decisionFor(engine, labels);
  memory.set("Metrics", plan.metrics, {
    decision,
    weighted,
    topK: request.topK ?? 0,
    // As many numbers as outputs squared: placed only where a report is asked for.
    confusion: request.report ? memory.place(Math.max(plan.outputs, 2) ** 2 * 8) : 0,
    errors: decision === memory.core.noDecision() ? plan.errors : 0,
  });
  memory.core.resetMetrics(plan.network);
  memory.set("Network", plan.network, { lossSum: 0, weightSum: 0 });
}

/** What was counted since. */
export function readMetrics(engine: Engine, request: MetricsRequest = {}): Metrics {
  const { memory, plan } = engine;
  const get = (name: "decision" | "count" | "right" | "topCount") => memory.get("Metrics", plan.metrics, name);
  const weight = memory.get("Network", plan.network, "weightSum");
  const result: Metrics = { loss: memory.get("Network", plan.network, "lossSum") / weight };
  if (get("decision") === memory.core.noDecision()) return { ...result, ...regression(memory, plan) };
  result.accuracy = get("right") / get("count");
  if (request.topK && get("decision") === memory.core.largestDecision())
    result.topKAccuracy = get("topCount") / get("count");
  if (request.report && (get("decision") === memory.core.largestDecision() || plan.outputs === 1)) {
    const classes = Math.max(plan.outputs, 2);
    const counts = memory.f64(memory.get("Metrics", plan.metrics, "confusion"), classes * classes);
    result.confusion = Array.from({ length: classes }, (_, i) =>
      Array.from(counts.subarray(i * classes, (i + 1) * classes)),
    );
  }
  return result;
}

function regression(memory: Memory, plan: Engine["plan"]): Pick<Metrics, "mae" | "rmse" | "r2"> {
  const n = memory.get("Metrics", plan.metrics, "samples");
  const width = memory.core.errorBytes(1) / 8;
  const sums = memory.f64(plan.errors, plan.outputs * width);
  const columns = Array.from({ length: plan.outputs }, (_, i) => sums.subarray(i * width, (i + 1) * width));
  const total = (k: number) => sum(columns.map(c => c[k]!));
  const r2 = columns.map(([, squared, t, tt]) => 1 - squared! / (tt! - (t! * t!) / n));
  return {
    mae: total(0) / (n * plan.outputs),
    rmse: Math.sqrt(total(1) / (n * plan.outputs)),
    r2: sum(r2.map(v => (Number.isFinite(v) ? v : Number.NaN))) / plan.outputs,
  };
}

function sum(list: readonly number[]): number {
  return list.reduce((a, b) => a + b, 0);
}
