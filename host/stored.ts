// The tensors of a model's file: their names there, where they stand in linear memory, and a checksum over them.
import { layOut } from "./files/safetensors-layout.ts";
import type { Memory } from "./memory.ts";
import type { Plan } from "./plan.ts";
import { coders } from "./text-coders.ts";
import { type Kept, keptByPlan, viewsOf } from "./training-state.ts";

/** What the names of tensors that belong to training begin with. */
export const TRAINING = "training.";

export interface StoredParts {
  scaled: boolean;
  /** Whether what training needs to go on comes along. */
  training: boolean;
  /** Weights and statistics that it goes on from, where the model's own are others, meant for inference. */
  own?: readonly Kept[];
}

/** Everything that the file has. */
export function* storedTensors(
  memory: Memory,
  plan: Plan,
  { scaled, training, own = [] }: StoredParts,
): Generator<Kept> {
  const { tensors, scaler, request } = plan;
  yield* tensors;
  yield* own;
  const length = request.inputs;
  for (const [name, at] of scaled ? Object.entries(scaler) : [])
    yield { name: `scaler.${name}`, shape: [length], at, length };
  if (!training) return;
  const averages = request.training!.fields.emaDecay !== 0;
  for (const kept of keptByPlan(memory, plan)) {
    if (averages || !kept.name.endsWith(".average")) yield { ...kept, name: TRAINING + kept.name };
  }
}

/** What the weights or statistics of a tensor that training goes on from are called. */
export function ownName(name: string): string {
  return `${TRAINING}${name}.value`;
}

/** The order of a file: that of the reference writer, by type and then by name. Our names are ASCII. */
export function inOrder(kept: Iterable<Kept>): Kept[] {
  return [...kept].sort((a, b) => Number(!b.raw) - Number(!a.raw) || (a.name < b.name ? -1 : 1));
}

/** Texts of the metadata, by key. */
export type Texts = readonly (readonly [key: string, text: string])[];

/** Begins the checksum of a file (assembly/kernels/checksum.ts) with all that its header says: the texts but the checksum
 * itself, then name and shape of each tensor. The tensors follow one by one. */
export function sumOf(memory: Memory, texts: Texts, list: readonly Pick<Kept, "name" | "shape">[]): bigint {
  const text = JSON.stringify([[...texts].sort(), list.map(({ name, shape }) => [name, shape])]);
  const bytes = new (coders().TextEncoder)().encode(text);
  const at = memory.put(bytes);
  memory.release(at);
  return memory.core.checksum(0n, at, bytes.length);
}
export function hexOf(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, "0");
}

/** The file of these tensors, which stand in linear memory, with a checksum among the texts. */
export function encodeKept(memory: Memory, kept: Iterable<Kept>, texts: Texts): Uint8Array<ArrayBuffer> {
  const list = inOrder(kept);
  let sum = sumOf(memory, texts, list);
  const views = viewsOf(memory, list);
  for (const { data } of views) sum = memory.core.checksum(sum, data.byteOffset, data.byteLength);
  return layOut(views, [...texts, ["checksum", hexOf(sum)] as const].sort());
}
