// An update rule on its own, for people who bring their own gradients.
import { instantiate } from "./core.ts";
import { Holder } from "./disposable.ts";
import { show, TrainletError } from "./errors.ts";
import { decodeSafetensors } from "./files/safetensors.ts";
import { checkSpec, clonePlain, type Spec } from "./make-spec.ts";
import type { Memory } from "./memory.ts";
import { resolve } from "./network-spec.ts";
import { baseRate } from "./rates.ts";
import { type PlannedRule, planRule } from "./rule-plan.ts";
import { encodeKept, hexOf, inOrder, sumOf, type Texts } from "./stored.ts";
import {
  checkFinite,
  checkSound,
  type Kept,
  type KeptTensor,
  keptByRules,
  readKept,
  viewsOf,
  writeKept,
} from "./training-state.ts";

/** Version of what `toBytes` writes. */
const FORMAT = "optimizer 1";

/** Parameters and gradients of the given shapes in linear memory, and a rule that updates the ones by the others. */
export async function createOptimizer(
  rule: Spec | { type: string },
  shapes: readonly (readonly number[])[],
): Promise<Optimizer> {
  const spec = resolve("optimizer", clonePlain(rule, "createOptimizer: rule"), "createOptimizer: rule");
  if (!Array.isArray(shapes) || shapes.length === 0) {
    throw new TrainletError(
      "INVALID_ARGUMENT",
      `createOptimizer: shapes is ${show(shapes)}; give a list of shapes, as in [[5, 7], [7]]`,
    );
  }
  [...shapes].forEach((shape, i) => {
    const sound = Array.isArray(shape) && shape.length > 0 && [...shape].every(n => Number.isInteger(n) && n > 0);
    if (sound && shape.reduce((a, b) => a * b, 1) < 2 ** 30) return;
    throw new TrainletError(
      "SHAPE_MISMATCH",
      `createOptimizer: shapes[${i}] is ${Array.isArray(shape) ? `[${shape.slice(0, 8).map(show)}]` : show(shape)}; give whole numbers from 1 on, fewer than 2^30 elements in all`,
    );
  });
  const { memory } = await instantiate();
  const plan = planRule(memory, spec, shapes);
  if (memory.core.drives(plan.rules[0]!.rule)) {
    const message = `createOptimizer: ${spec.type} measures the loss several times a step; use it with fit or trainBatch of a model`;
    throw new TrainletError("UNSUPPORTED", message);
  }
  return new Optimizer(memory, spec, plan);
}

export class Optimizer extends Holder {
  readonly #spec: Spec;
  #parts: { memory: Memory; plan: PlannedRule } | undefined;

  constructor(memory: Memory, spec: Spec, plan: PlannedRule) {
    super();
    this.#spec = spec;
    this.#parts = { memory, plan };
    sumOf(memory, this.#texts(2 ** 32), this.#kept()); // room for that is made now: growth would detach the users' views
  }
  get #alive(): { memory: Memory; plan: PlannedRule } {
    if (!this.#parts) throw new TrainletError("DISPOSED", `${this.#spec.type}: the optimizer has been disposed of`);
    return this.#parts;
  }
  get #memory(): Memory {
    return this.#alive.memory;
  }
  get #plan(): PlannedRule {
    return this.#alive.plan;
  }
  get #rule(): number {
    return this.#plan.rules[0]!.rule;
  }
  /** The parameters: Float32Array views on linear memory, one a shape, row-major. */
  get params(): Float32Array<ArrayBuffer>[] {
    return this.#plan.tensors.map(t => this.#memory.f32(t.at, t.length));
  }
  /** The gradients, alike. */
  get grads(): Float32Array<ArrayBuffer>[] {
    return this.#plan.tensors.map(t => this.#memory.f32(t.grad, t.length));
  }
  /** Steps taken. */
  get steps(): number {
    return this.#memory.get("Rule", this.#rule, "t");
  }
  /** Bytes that a step at least reads and writes: parameters, gradients and state arrays once each. */
  get bytesPerStep(): number {
    const { tensors } = this.#plan;
    const arrays = this.#memory.core.states(this.#rule);
    return tensors.reduce((sum, t) => sum + t.length, 0) * 4 * (3 + 2 * arrays);
  }
  /** Updates the parameters by the gradients that stand there; `lr` replaces the rule's rate for this step. */
  step(options: { lr?: number } = {}): void {
    checkSpec(`${this.#spec.type}: step`, options, "lr[0,inf)");
    const { lr = baseRate(this.#spec) } = options;
    this.#memory.core.update(this.#plan.trainer, lr);
  }
  /** The parameters that the rule means for inference: the parameters themselves, unless it keeps a sequence apart. */
  evalParams(): Float32Array<ArrayBuffer>[] {
    const { tensors, values, inference, trainer } = this.#plan;
    this.#memory.core.inferenceValues(trainer, inference);
    return tensors.map(t => this.#memory.f32(inference + (t.at - values), t.length).slice());
  }

  /** Parameters and state as the bytes of a safetensors file. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const memory = this.#memory;
    const { type } = this.#spec;
    const list = this.#kept();
    checkFinite(memory, list, `; ${type} could not go on from a file of it`);
    checkSound(memory, this.#plan.rules, "NON_FINITE_DATA");
    return encodeKept(memory, list, this.#texts(this.steps));
  }
  /** Goes on from what `toBytes` of the same rule with the same shapes gave; throws and changes nothing where it does not fit. */
  loadBytes(bytes: Uint8Array): void {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const { type } = this.#spec;
    const fail = (what: string) => new TrainletError("INVALID_FILE", `${type}: loadBytes: ${what}`);
    if (metadata.trainlet !== FORMAT) throw fail("these bytes are not from toBytes of an optimizer");
    if (metadata.rule !== type) throw fail(`the state is of ${show(metadata.rule)}`);
    const steps = /^\d+$/.test(metadata.steps ?? "") ? Number(metadata.steps) : -1;
    if (steps < 0 || steps >= 2 ** 32) throw fail(`steps is ${show(metadata.steps)}`);
    const memory = this.#memory;
    const { rules } = this.#plan;
    const list = inOrder(this.#kept());
    const before = readKept(memory, list);
    try {
      writeKept(memory, list, [...tensors.values()] as KeptTensor[]);
      let sum = sumOf(memory, this.#texts(steps), list);
      for (const { data } of viewsOf(memory, list)) sum = memory.core.checksum(sum, data.byteOffset, data.byteLength);
      if (metadata.checksum !== undefined && metadata.checksum !== hexOf(sum))
        throw fail("the file is damaged, or another program has changed it: its content has another checksum");
      checkFinite(memory, list, "");
      checkSound(memory, rules);
    } catch (error) {
      writeKept(memory, list, before);
      throw error instanceof TrainletError ? fail(error.message) : error;
    }
    this.#memory.set("Rule", this.#rule, { t: steps });
  }
  /** Lets go of the memory; the optimizer cannot be used after. Views that were taken before keep it. */
  override dispose(): void {
    this.#parts = undefined;
  }
  #texts(steps: number): Texts {
    return [
      ["rule", this.#spec.type],
      ["steps", String(steps)],
      ["trainlet", FORMAT],
    ];
  }
  #kept(): Kept[] {
    const { tensors, rules } = this.#plan;
    const own = tensors.map(({ name, shape, at, length }) => ({ name, shape, at, length, raw: false }));
    return [...own, ...keptByRules(this.#memory, rules)];
  }
}
