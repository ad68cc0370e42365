// What training keeps beside the weights, by name: state of the rules, the arrays around them, counters. It goes along
// when a plan grows, and into a file when someone asks for that.
import { show, TrainletError } from "./errors.ts";
import type { Memory } from "./memory.ts";
import type { Plan } from "./plan.ts";
import type { RuleMembers } from "./rule-plan.ts";
import type { ScheduleState } from "./schedules/schedule.ts";
import type { TrainingOptions } from "./training.ts";

/** A stretch of linear memory that is kept: float32 of a parameter's shape, or bytes that only the rule understands. */
export interface Kept {
  name: string;
  shape: readonly number[];
  at: number;
  length: number;
  raw?: boolean;
}
export interface KeptTensor {
  name: string;
  shape: readonly number[];
  data: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
}
/** Steps of each rule, and what the trainer counts. */
export interface Counters {
  rules: number[];
  trainer: Record<(typeof counted)[number], number>;
  /** Sums over an epoch that is under way: losses times weights, and weights. */
  epoch?: readonly number[];
}
const counted = ["waiting", "updates", "averaged", "skipped", "waitingWeight", "waitingUnit"] as const;
/** Those that are whole numbers. */
const whole = counted.slice(0, 4);
const sums = ["epochLoss", "epochWeight"] as const;

/** Everything that the rules keep: `0.weight.state.0` for arrays, `0.weight.extra` for what a tensor has beside them,
 * `rule.0` for the rule as a whole. One after the other, as a file may claim more of them than there is room for. */
export function* keptByRules(memory: Memory, rules: readonly RuleMembers[]): Generator<Kept> {
  const { core } = memory;
  for (const [place, { rule, members }] of rules.entries()) {
    const stride = memory.get("Rule", rule, "stride");
    for (const { object, name, shape, length } of members) {
      const first = memory.get("Parameter", object, "state");
      for (let i = 0; i < core.states(rule); i++) {
        yield { name: `${name}.state.${i}`, shape, at: first + i * stride, length };
      }
      const extra = core.tensorBytes(rule, object);
      const at = memory.get("Parameter", object, "extra");
      if (extra) yield { name: `${name}.extra`, shape: [extra], at, length: extra, raw: true };
    }
    const shared = core.sharedBytes(rule);
    const at = memory.get("Rule", rule, "shared");
    if (shared) yield { name: `rule.${place}`, shape: [shared], at, length: shared, raw: true };
  }
}

/** The same and what stands around the rules: `0.weight.slow`, `.average`, `.sums`. */
export function* keptByPlan(memory: Memory, plan: Plan): Generator<Kept> {
  yield* keptByRules(memory, plan.rules);
  for (const array of plan.request.training?.arrays ?? []) {
    if (array === "kept") continue;
    const start = memory.get("Trainer", plan.trainer, array);
    for (const { name, shape, at, length } of plan.parameters) {
      yield { name: `${name}.${array}`, shape, at: start + (at - plan.values.at), length };
    }
  }
}

/** Throws where a rule could not go on from the state that stands there: counts that it cannot hold, NaN. */
export function checkSound(
  memory: Memory,
  rules: readonly RuleMembers[],
  code: "INVALID_FILE" | "NON_FINITE_DATA" = "INVALID_FILE",
): void {
  for (const { rule, spec, members } of rules) {
    if (memory.core.sound(rule, members[0]!.object)) continue;
    throw new TrainletError(code, `the state of ${spec.type} counts what it cannot hold, or is not finite`);
  }
}
/** Throws unless all that is float32 is finite. */
export function checkFinite(memory: Memory, list: readonly Kept[], remedy: string): void {
  const bad = list.find(({ at, length, raw }) => !raw && memory.core.firstNonFinite(at, length) >= 0);
  if (!bad) return;
  throw new TrainletError("NON_FINITE_DATA", `the tensor ${show(bad.name)} has a number that is not finite${remedy}`);
}
/** What stands there. */
export function viewsOf(memory: Memory, list: readonly Kept[]): KeptTensor[] {
  return list.map(({ name, shape, at, length, raw }) => ({
    name,
    shape,
    data: raw ? memory.u8(at, length) : memory.f32(at, length),
  }));
}
/** Copies of it. */
export function readKept(memory: Memory, list: readonly Kept[]): KeptTensor[] {
  return viewsOf(memory, list).map(({ data, ...tensor }) => ({ ...tensor, data: data.slice() }));
}
/** Puts copies back; throws, with nothing changed, unless there is one of the right kind and size for each. */
export function writeKept(memory: Memory, list: readonly Kept[], tensors: readonly KeptTensor[]): void {
  const given = new Map(tensors.map(t => [t.name, t.data]));
  for (const { name, length, raw } of list) {
    const data = given.get(name);
    if (!data) throw new TrainletError("INVALID_FILE", `the state ${show(name)} is missing`);
    if (data.length !== length || data instanceof Uint8Array !== (raw ?? false)) {
      const message = `the state ${show(name)} has ${data.length} elements; the rule keeps ${length}`;
      throw new TrainletError("INVALID_FILE", message);
    }
  }
  const names = new Set(list.map(k => k.name));
  for (const name of given.keys()) {
    if (!names.has(name)) throw new TrainletError("INVALID_FILE", `the rule keeps no state ${show(name)}`);
  }
  for (const { name, at, length, raw } of list) {
    if (raw) memory.u8(at, length).set(given.get(name)! as Uint8Array);
    else memory.f32(at, length).set(given.get(name)! as Float32Array);
  }
}

export function readCounters(memory: Memory, plan: Pick<Plan, "rules" | "trainer">): Counters {
  const read = counted.map(name => [name, memory.get("Trainer", plan.trainer, name)]);
  return {
    rules: plan.rules.map(r => memory.get("Rule", r.rule, "t")),
    trainer: Object.fromEntries(read) as Counters["trainer"],
    epoch: sums.map(name => memory.get("Trainer", plan.trainer, name)),
  };
}
export function writeCounters(memory: Memory, plan: Pick<Plan, "rules" | "trainer">, counters: Counters): void {
  plan.rules.forEach((r, i) => memory.set("Rule", r.rule, { t: counters.rules[i]! }));
  const [epochLoss = 0, epochWeight = 0] = counters.epoch ?? [];
  memory.set("Trainer", plan.trainer, { ...counters.trainer, epochLoss, epochWeight });
}

/** What a file says of training, beside the tensors. */
export interface TrainingRecord {
  /** As `compile` or `fit` had them. */
  options: TrainingOptions;
  /** Steps of the model, which random masks follow. */
  step: number;
  counters: Counters;
  /** Of `compile` or `fitSteps`: where it stands, and the steps of the run that a length left out is taken from. */
  schedule?: { spec: unknown; state: ScheduleState; steps?: number };
  /** Of the last `fit`, for one that goes on with `initialEpoch`. */
  fitted?: { spec: unknown; state: ScheduleState };
}

/** For a file, where an average over epochs belongs to one `fit` and stays out. */
export function recordOf(memory: Memory, plan: Plan): TrainingRecord {
  const { trainer, ...counters } = readCounters(memory, plan);
  return {
    options: plan.request.training!.options,
    step: memory.get("Batch", plan.batch, "step"),
    counters: { ...counters, trainer: { ...trainer, averaged: 0 } },
  };
}
/** Counts on from a file; throws unless a plan made for its options can have counted so. */
export function resumeRecord(memory: Memory, plan: Plan, { counters: given, step }: TrainingRecord): void {
  // Files from before batches were weighed: each that waits counts as one.
  const trainer = { waitingUnit: 0, waitingWeight: given?.trainer?.waiting, ...(given?.trainer as object) };
  const counters = { ...given, trainer: trainer as Counters["trainer"] };
  checkCounters(counters, plan.rules.length, memory.get("Trainer", plan.trainer, "accumulate"));
  if (!isCount(step)) throw new TrainletError("INVALID_FILE", `the step of training is ${show(step)}`);
  writeCounters(memory, plan, counters);
  memory.set("Batch", plan.batch, { step });
}

/** Throws unless counters from a file are what a plan can have counted, and nothing else: they name fields of the core. */
function checkCounters(given: Partial<Counters> | undefined, rules: number, accumulate: number): void {
  const { rules: steps, trainer, epoch = [] } = given ?? {};
  const sound =
    Array.isArray(steps) &&
    steps.length === rules &&
    steps.every(isCount) &&
    whole.every(name => isCount(trainer?.[name])) &&
    Object.keys(trainer!).length === counted.length &&
    trainer!.waiting < accumulate &&
    trainer!.averaged === 0 &&
    trainer!.waitingWeight >= -1 &&
    trainer!.waitingUnit >= 0 &&
    Array.isArray(epoch) &&
    epoch.length <= sums.length &&
    [...epoch, trainer!.waitingWeight, trainer!.waitingUnit].every(Number.isFinite);
  if (!sound) throw new TrainletError("INVALID_FILE", "the counters of training do not fit its rules");
}
function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}
