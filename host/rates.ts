// Where learning rates and momenta come from: a rule's own, or a schedule over them.
import type { Option, Spec } from "./make-spec.ts";
import { kinds } from "./network-spec.ts";

/** The rate that an optimizer's spec asks for. */
export function baseRate(optimizer: Spec): number {
  return (optimizer.lr as number | undefined) ?? (kinds.optimizer[optimizer.type]!.options.lr!.default as number);
}

/** The option that a schedule of the momentum sets, and the value that the spec asks for; nothing where a rule has none. */
export function momentumOf(optimizer: Spec): { name: string; option: Option; value: number } | undefined {
  const found = Object.entries(kinds.optimizer[optimizer.type]!.options).find(([, option]) => option.momentum);
  if (!found) return undefined;
  const [name, option] = found;
  return { name, option, value: Number(optimizer[name] ?? option.default) };
}
