// Parameters, gradients and state of a rule in linear memory: equal-length arrays, tensors alike in each.
import type { Spec } from "./make-spec.ts";
import type { Memory } from "./memory.ts";
import { kinds } from "./network-spec.ts";

export interface PlannedRule {
  network: number;
  rule: number;
  tensors: { at: number; grad: number; length: number }[];
}

/** A network without layers: parameters of these shapes and their rule. */
export function planRule(memory: Memory, spec: Spec, shapes: readonly (readonly number[])[]): PlannedRule {
  const { core } = memory;
  core.reset();
  const network = core.network();
  const rule = makeObject(memory, "optimizer", spec);
  const objects = shapes.map(([rows, ...rest]) => core.parameter(rows!, rest.length ? rest.reduce((a, b) => a * b, 1) : 0));
  memory.start();
  const values = memory.top;
  const tensors = shapes.map(shape => {
    const length = shape.reduce((a, b) => a * b, 1);
    return { at: memory.place(length * 4), grad: 0, length };
  });
  const stride = memory.top - values;
  const grads = memory.place(stride);
  const states = memory.place(core.states(rule) * stride);
  tensors.forEach((t, i) => {
    t.grad = grads + (t.at - values);
    memory.set("Parameter", objects[i]!, { value: t.at, grad: t.grad, next: objects[i + 1] ?? 0 });
  });
  memory.set("Network", network, { rule, parameters: objects[0]!, values, states, stride });
  return { network, rule, tensors };
}

/** An object of the core with its options set. */
export function makeObject(memory: Memory, kind: keyof typeof kinds, spec: Spec): number {
  const object = (memory.core as unknown as Record<string, () => number>)[spec.type]!();
  for (const [name, option] of Object.entries(kinds[kind][spec.type]!.options)) {
    if (option.offset === undefined || option.type === "Values" || spec[name] === undefined) continue;
    memory.setOption(object, option, spec[name]);
  }
  return object;
}
