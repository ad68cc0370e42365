// What the two sides of `trainlet/worker` say to each other, and how values cross: plain data by structured clone, arrays
// of their own handed over, functions by number.
import { type ErrorCode, show, TrainletError } from "../errors.ts";
import type { History } from "../history.ts";
import { MAX_DEPTH } from "../make-spec.ts";
import { tagOf } from "../tags.ts";

/** From the page: a call, the end of one, or what a function of the page's has answered. */
export type Request =
  | { id: number; call: string; args: unknown[] }
  | { abort: number }
  | { answer: number; value?: unknown; failed?: boolean };

/** From the worker: what a call came to, or a function of the page's to be called. */
export type Reply =
  | { id: number; value?: unknown; failure?: Failure; state?: State }
  | { ask: number; id: number; name: number; args: unknown[]; waits: boolean; state?: State };

/** What the page knows of the model without asking. */
export interface State {
  iterations: number;
  classNames: readonly string[] | undefined;
  schema: unknown;
  /** Of the last `fit`, told when that has ended. */
  history?: History;
}

/** An error as it crosses: classes of one's own do not. */
export interface Failure {
  code?: ErrorCode;
  message: string;
  stack?: string | undefined;
  /** Of the `fit` that it ended. */
  history?: History | undefined;
  /** The call's signal has fired, or a function of the page's has thrown: the page knows what is to be said. */
  ended?: boolean;
}

/** A function that stays in the page while the worker may call it during a call. */
export class Loan {
  readonly call: (...args: unknown[]) => unknown;
  /** Whether the worker waits for what it gives. */
  readonly waits: boolean;
  constructor(call: Loan["call"], waits: boolean) {
    this.call = call;
    this.waits = waits;
  }
}
/** What stands for it there. */
export interface Stub {
  "trainlet:function": number;
  waits: boolean;
}
export function isStub(value: unknown): value is Stub {
  return value !== null && typeof value === "object" && "trainlet:function" in value;
}

export interface Packed {
  value: unknown;
  transfer: ArrayBuffer[];
}

/**
 * A value ready to be posted. Arrays that others may hold are copied, and the copies handed over: to clone a part of a
 * buffer would copy the whole buffer. Loans are added to `lent`, and their places taken by stubs.
 */
export function pack(given: unknown, what: string, copies: boolean, lent: Loan[] = []): Packed {
  const transfer: ArrayBuffer[] = [];
  const walk = (value: unknown, path: string, depth = 0): unknown => {
    if (depth > MAX_DEPTH) throw new TrainletError("INVALID_ARGUMENT", `${what} is nested too deep; give plain data`);
    const inner = (item: unknown, place: string) => walk(item, path + place, depth + 1);
    if (value instanceof Loan) return { "trainlet:function": lent.push(value) - 1, waits: value.waits } satisfies Stub;
    if (typeof value === "function") {
      throw new TrainletError("UNSUPPORTED", `${path} is ${show(value)}, which cannot go to a worker; give plain data`);
    }
    if (typeof value === "symbol") {
      throw new TrainletError("INVALID_ARGUMENT", `${path} is a symbol, which cannot go to a worker; give plain data`);
    }
    if (value === null || typeof value !== "object") return value;
    if (ArrayBuffer.isView(value)) return view(value);
    // A row of numbers, as most lists are, is left to the engine.
    if (Array.isArray(value)) {
      return typeof value[0] === "number" ? value : value.map((item, i) => inner(item, `[${i}]`));
    }
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item, `.${key}`)]));
  };
  const view = (array: ArrayBufferView): ArrayBufferView => {
    const own = !copies && isBuffer(array.buffer) && array.byteLength === array.buffer.byteLength;
    const made = own || !("slice" in array) ? array : (array as Float32Array).slice();
    if (isBuffer(made.buffer) && (own || made !== array)) transfer.push(made.buffer);
    return made;
  };
  return { value: walk(given, what), transfer: [...new Set(transfer)] };
}

/** Whether it can be handed over: memory that is shared cannot. */
function isBuffer(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return tagOf(buffer) === "ArrayBuffer";
}

/** Objects whose fields are all there is to them: plain ones and data sets, but no Date, Map or Blob. */
function isRecord(value: object): boolean {
  return tagOf(value) === "Object";
}

/**
 * What has come, in this realm's classes. In a sandbox, as test runners have for each file, what Node posts is of other
 * classes, whose arrays are no instance of Float32Array there.
 */
export function adopt(value: unknown): unknown {
  if (value === null || typeof value !== "object" || value instanceof Object) return value;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, length } = value as Float32Array;
    const View = (globalThis as unknown as Record<string, typeof Float32Array>)[tagOf(value)]!;
    return new View(buffer, byteOffset, length);
  }
  if (Array.isArray(value)) return Array.from(value, adopt);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, adopt(item)]));
}

export function toFailure(error: unknown): Failure {
  if (tagOf(error) === "Error") {
    const { message, stack } = error as Error;
    if (!(error instanceof TrainletError)) return { message, stack };
    return { code: error.code, message, stack, history: error.history };
  }
  return { message: String(error) };
}
export function fromFailure({ code, message, stack, history }: Failure): Error {
  const error = code ? new TrainletError(code, message) : new Error(message);
  if (history) (error as TrainletError).history = history;
  if (stack) error.stack = `${stack}\n    in the worker of the model`;
  return error;
}
