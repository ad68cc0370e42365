// Model files with something changed on purpose, without the checksum that would tell.
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../host/files/safetensors.ts";

// biome-ignore lint/suspicious/noExplicitAny: forged on purpose
export type Json = any;

export interface Forgery {
  tensors?: (map: Map<string, Tensor>) => void;
  /** Changes what stands under a key of the metadata as JSON; what it returns stands in its place. */
  spec?: (value: Json) => Json;
  about?: (value: Json) => Json;
  training?: (value: Json) => Json;
}

export function forge(bytes: Uint8Array, { tensors: change, ...texts }: Forgery): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  delete metadata.checksum;
  change?.(tensors);
  for (const [key, by] of Object.entries(texts)) {
    const value = JSON.parse(metadata[key]!);
    const made = by(value);
    metadata[key] = JSON.stringify(made === undefined ? value : made);
  }
  return encodeSafetensors([...tensors.values()], metadata);
}

/** A file without tensors. */
export function bare(layers: unknown, inputs: unknown, more: Record<string, string> = {}): Uint8Array {
  const spec = JSON.stringify({ layers, inputs, loss: { type: "mse" }, seed: 0 });
  return encodeSafetensors([], { trainlet: "1", spec, ...more });
}

/** Sets what stands at a path, as in "layers.0.units". */
export function to(path: string, value: unknown): (root: Json) => void {
  return root => {
    const keys = path.split(".");
    const last = keys.pop()!;
    keys.reduce((at, key) => at[key], root)[last] = value;
  };
}
