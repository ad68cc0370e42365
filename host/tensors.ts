// A model's tensors by name: copies out, and checked copies in.
import type { Engine, Snapshot } from "./engine.ts";
import { show, TrainletError } from "./errors.ts";

export interface Parameter {
  /** As in PyTorch's state dict: "0.weight". */
  name: string;
  /** Weights [outputs, inputs]. */
  shape: number[];
  /** A copy. */
  value: Float32Array;
  /** A copy of the last gradient, before clipping. */
  grad: Float32Array;
}
/** What a layer keeps that is not learnt; not `Buffer`, which is another thing in Node. */
export interface KeptBuffer {
  name: string;
  shape: number[];
  /** A copy. */
  value: Float32Array;
}

export function listParameters({ memory, plan }: Engine): Parameter[] {
  memory.core.writeGradients(plan.network);
  return plan.parameters.map(p => ({
    name: p.name,
    shape: [...p.shape],
    value: memory.f32(p.at, p.length).slice(),
    grad: p.grad ? memory.f32(p.grad, p.length).slice() : new Float32Array(p.length),
  }));
}
export function listBuffers({ memory, plan }: Engine): KeptBuffer[] {
  return plan.statistics.map(s => ({ name: s.name, shape: [...s.shape], value: memory.f32(s.at, s.length).slice() }));
}

/** Sets parameters and statistics by name; a wrong name or size throws and changes nothing. */
export function setTensors({ memory, plan }: Engine, tensors: Readonly<Record<string, ArrayLike<number>>>): void {
  if (tensors === null || typeof tensors !== "object") {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `loadParameters: tensors is ${show(tensors)}; give an object, as in { "0.weight": … }`,
    );
  }
  const known = new Map(plan.tensors.map(t => [t.name, t]));
  const ready = Object.entries(tensors).map(([name, values]) => {
    const tensor = known.get(name);
    if (!tensor) {
      const names = [...known.keys()].slice(0, 20).join(", ");
      throw new TrainletError("INVALID_ARGUMENT", `loadParameters: there is no ${show(name)}; the model has ${names}`);
    }
    if (values?.length !== tensor.length) {
      const message = `loadParameters: ${name} has ${values?.length ?? "no"} numbers; its shape is [${tensor.shape.join(", ")}]`;
      throw new TrainletError("SHAPE_MISMATCH", message);
    }
    const numbers = Float32Array.from(values, v => (typeof v === "number" ? v : Number.NaN));
    if (!numbers.every(Number.isFinite)) {
      throw new TrainletError("NON_FINITE_DATA", `loadParameters: ${name} has a number that is not finite`);
    }
    return { tensor, numbers };
  });
  for (const { tensor, numbers } of ready) memory.f32(tensor.at, tensor.length).set(numbers);
}

/** Throws unless it is a snapshot of a model of this shape. */
export function checkSnapshot({ plan }: Engine, snapshot: Snapshot): void {
  const fits = (own: readonly { length: number }[], given: readonly Float32Array[] | undefined) =>
    given?.length === own.length &&
    own.every((t, i) => given[i] instanceof Float32Array && given[i]!.length === t.length);
  if (!Array.isArray(snapshot?.values) || !Array.isArray(snapshot.statistics)) {
    throw new TrainletError("INVALID_ARGUMENT", `restore: snapshot is ${show(snapshot)}; give what snapshot() gave`);
  }
  if (!fits(plan.parameters, snapshot.values) || !fits(plan.statistics, snapshot.statistics)) {
    throw new TrainletError("SHAPE_MISMATCH", "restore: the snapshot's tensors are not of this model's shapes");
  }
}
