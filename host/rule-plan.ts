// Parameters, gradients and state of a rule in linear memory: equal-length arrays, tensors alike in each.
import type { Spec } from "./make-spec.ts";
import type { Memory } from "./memory.ts";
import { kinds } from "./network-spec.ts";

/** A rule's object, its spec, and the parameters that it updates: the core's objects with their lengths in elements. */
export interface RuleMembers {
  rule: number;
  spec: Spec;
  members: readonly { object: number; length: number; name: string; shape: readonly number[] }[];
}

/** Throws, before anything is placed, where parameters, gradients and what rules keep for them and work in need more
 * memory than there can be. */
export function admitRules(memory: Memory, rules: readonly RuleMembers[]): void {
  const { core } = memory;
  let bytes = 0;
  let work = 0;
  for (const { rule, members } of rules) {
    for (const { object, length } of members) {
      bytes += (2 + core.states(rule)) * length * 4 + core.tensorBytes(rule, object);
      work = Math.max(work, core.workBytes(rule, object));
    }
  }
  memory.admit(bytes + work, `${rules[0]?.spec.type}: `);
}

/** Places what rules keep for their parameters, and their work room. */
export function placeRuleState(memory: Memory, rules: readonly RuleMembers[]): void {
  const { core } = memory;
  for (const { rule, members } of rules) {
    // Tensors stand in a state array as values do, one after the other, each from a line's start.
    const offsets: number[] = [];
    let stride = 0;
    for (const { length } of members) {
      offsets.push(stride);
      stride += memory.room(length * 4);
    }
    const first = memory.place(core.states(rule) * stride);
    members.forEach(({ object }, i) => {
      memory.set("Parameter", object, { rule, state: first + offsets[i]! });
      const extra = core.tensorBytes(rule, object);
      if (extra) memory.set("Parameter", object, { extra: memory.place(extra) });
    });
    memory.set("Rule", rule, { stride, shared: memory.place(core.sharedBytes(rule)) });
  }
  let most = 0;
  for (const { rule, members } of rules) {
    for (const { object } of members) most = Math.max(most, core.workBytes(rule, object));
  }
  const work = memory.place(most);
  rules.forEach(({ rule }, i) => {
    memory.set("Rule", rule, { work, next: rules[i + 1]?.rule ?? 0 });
  });
}

export interface PlannedRule {
  trainer: number;
  rules: RuleMembers[];
  /** Where the values start, and how many bytes they take. */
  values: number;
  /** Room for the weights meant for inference. */
  inference: number;
  tensors: { name: string; shape: readonly number[]; at: number; grad: number; length: number }[];
}

/** A network without layers: parameters of these shapes and their rule. */
export function planRule(memory: Memory, spec: Spec, shapes: readonly (readonly number[])[]): PlannedRule {
  const { core } = memory;
  core.reset();
  const trainer = core.trainer();
  const rule = makeObject(memory, "optimizer", spec);
  const objects = shapes.map(([rows, ...rest]) =>
    core.parameter(rows!, rest.length ? rest.reduce((a, b) => a * b, 1) : 0),
  );
  const tensors = shapes.map((shape, i) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return { name: `${i}`, shape: [...shape], at: 0, grad: 0, length };
  });
  const rules = [{ rule, spec, members: objects.map((object, i) => ({ object, ...tensors[i]! })) }];
  admitRules(memory, rules);
  memory.start();
  const values = memory.top;
  for (const t of tensors) t.at = memory.place(t.length * 4);
  const stride = memory.top - values;
  const grads = memory.place(stride);
  tensors.forEach((t, i) => {
    t.grad = grads + (t.at - values);
    memory.set("Parameter", objects[i]!, { value: t.at, grad: t.grad, next: objects[i + 1] ?? 0 });
  });
  placeRuleState(memory, rules);
  const inference = memory.place(stride); // placed now: a memory that grew later would detach the users' views
  memory.set("Trainer", trainer, { rules: rule, parameters: objects[0]!, values, grads, bytes: stride });
  return { trainer, rules, tensors, values, inference };
}

/** An object of the core with its options set. */
export function makeObject(memory: Memory, kind: keyof typeof kinds, spec: Spec): number {
  const object = (memory.core as unknown as Record<string, () => number>)[spec.type]!();
  for (const [name, option] of Object.entries(kinds[kind][spec.type]!.options)) {
    // Without a default: lists, which the plan places, and what it resolves itself.
    if (option.default === undefined || spec[name] === undefined) continue;
    memory.setOption(object, option, spec[name]);
  }
  return object;
}
