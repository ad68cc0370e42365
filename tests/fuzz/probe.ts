// Makes calls of an input and judges what becomes of them: they may succeed, or refuse with a TrainletError, in time.
import { TrainletError } from "../../host/errors.ts";
import { CallersError } from "./recipe.ts";

/** The package under test: the sources, or what has been built of them. */
export interface Library {
  trainlet: typeof import("../../host/index.ts");
  data: typeof import("../../host/data/index.ts");
}

/** Something that must not be. */
export class Fault extends Error {
  constructor(
    readonly call: string,
    problem: string,
    cause?: unknown,
  ) {
    super(`${call}: ${problem}`, { cause });
  }
}

/** A call of the package, and how long it took at most. */
export class Probe {
  /** Milliseconds of the slowest call, and which it was. */
  slowest = { call: "", ms: 0 };
  /** What was last said in refusal. */
  message = "";
  /** Error codes by how often they came. */
  readonly refused = new Map<string, number>();

  /** What the call gives, or undefined where it refused; `codes` are those that may be. */
  async call<T>(name: string, action: () => T | Promise<T>, codes?: readonly string[]): Promise<T | undefined> {
    const started = performance.now();
    try {
      const result = await action();
      return result;
    } catch (error) {
      this.#judge(name, error, codes);
      return undefined;
    } finally {
      const ms = performance.now() - started;
      if (ms > this.slowest.ms) this.slowest = { call: name, ms };
    }
  }
  /** Whether the call did not refuse. */
  async accepts(name: string, action: () => unknown, codes?: readonly string[]): Promise<boolean> {
    return (await this.call(name, async () => [await action()], codes)) !== undefined;
  }
  /** What the call gives; it has no reason to refuse. */
  async must<T>(name: string, action: () => T | Promise<T>): Promise<T> {
    const result = await this.call(name, async () => ({ value: await action() }), []);
    return result!.value;
  }

  #judge(name: string, error: unknown, codes: readonly string[] | undefined): void {
    if (error instanceof Fault) throw error;
    if (isCallers(error)) return;
    if (!(error instanceof TrainletError)) {
      const { name: type, message } = (error ?? {}) as Error;
      throw new Fault(name, `${type ?? typeof error}: ${String(message ?? error).slice(0, 300)}`, error);
    }
    const { code, message } = error;
    this.message = message;
    if (message.length > 5000)
      throw new Fault(name, `a message of ${message.length} characters: ${message.slice(0, 200)}`, error);
    if (/the core stopped itself/.test(message)) throw new Fault(name, message, error);
    if (codes && !codes.includes(code)) throw new Fault(name, `${code}: ${message.slice(0, 300)}`, error);
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }
}

/** Thrown by what the caller handed over: a getter or trap of ours, or the engine, of a proxy that has been revoked. */
function isCallers(error: unknown): boolean {
  return error instanceof CallersError || (error instanceof TypeError && /revoked/.test(error.message));
}

/** Throws a fault unless the condition holds. */
export function expect(call: string, holds: boolean, problem: string): void {
  if (!holds) throw new Fault(call, problem);
}
/** Whether arrays have the same bits, NaN among them. */
export function sameBits(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = (v: ArrayBufferView) => Buffer.from(v.buffer, v.byteOffset, v.byteLength);
  return bytes(a).equals(bytes(b));
}
