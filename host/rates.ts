// Where learning rates come from: a rule's own rate, or a schedule over it.
import type { Spec } from "./make-spec.ts";
import { kinds } from "./network-spec.ts";

/** The rate that an optimizer's spec asks for. */
export function baseRate(optimizer: Spec): number {
  return (optimizer.lr as number | undefined) ?? (kinds.optimizer[optimizer.type]!.options.lr!.default as number);
}
