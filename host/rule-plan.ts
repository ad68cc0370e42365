// Parameters, gradients and state of a rule in linear memory: equal-length arrays, tensors alike in each.
import type { Spec } from "./make-spec.ts";
import type { Memory } from "./memory.ts";
import { kinds } from "./network-spec.ts";

export interface RuleState {
  /** Everything that the rule keeps stands in one stretch: arrays, tensors' own, shared. */
  at: number;
  bytes: number;
  stride: number;
}

/** Places what a rule keeps for these parameters, and its work room. */
export function placeRuleState(memory: Memory, rule: number, parameters: readonly number[], stride: number): RuleState {
  const { core } = memory;
  const at = memory.place(core.states(rule) * stride);
  for (const p of parameters) {
    const bytes = core.tensorBytes(rule, p);
    if (bytes) memory.set("Parameter", p, { extra: memory.place(bytes) });
  }
  memory.set("Rule", rule, { shared: memory.place(core.sharedBytes(rule)) });
  const bytes = memory.top - at;
  memory.set("Rule", rule, { work: memory.place(Math.max(0, ...parameters.map(p => core.workBytes(rule, p)))) });
  return { at, bytes, stride };
}

export interface PlannedRule {
  network: number;
  rule: number;
  /** Where the values start, and how many bytes they take. */
  values: number;
  /** Room for the weights meant for inference. */
  inference: number;
  state: RuleState;
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
  tensors.forEach((t, i) => {
    t.grad = grads + (t.at - values);
    memory.set("Parameter", objects[i]!, { value: t.at, grad: t.grad, next: objects[i + 1] ?? 0 });
  });
  const state = placeRuleState(memory, rule, objects, stride);
  const inference = memory.place(stride); // placed now: a memory that grew later would detach the users' views
  memory.set("Network", network, { rule, parameters: objects[0]!, values, grads, states: state.at, stride });
  return { network, rule, tensors, values, inference, state };
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
