// The worker's end of the line: holds one model, does what it is asked, and calls back. A file of its own without
// imports at run time but the core, so that every bundler can make a worker of it.

import { builtin } from "../builtin.ts";
import type { StepsLog } from "../index.ts";
import { findLearningRate, fromBytes, type Model, sequential } from "../index.ts";
import { tagOf } from "../tags.ts";
import { isStub, pack, type Reply, type Request, type State, toFailure } from "./messages.ts";

interface Port {
  postMessage(message: Reply, transfer: ArrayBuffer[]): void;
  on?(event: "message", listener: (message: Request) => void): void;
  onmessage?: (event: { data: Request }) => void;
}
const node = builtin<{ parentPort: Port | null }>("node:worker_threads");
const port: Port = node?.parentPort ?? (globalThis as unknown as Port);

/** Why a call ends that the page has given up: it knows the reason. */
class Ended extends Error {}

let model: Model | undefined;
const controllers = new Map<number, AbortController>();
const generators = new Map<number, AsyncGenerator<StepsLog, void, undefined>>();
const asked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
let asks = 0;

type Options = Record<string, unknown>;
interface Call {
  id: number;
  signal: AbortSignal;
}

const calls: Record<string, (call: Call, ...args: never[]) => unknown> = {
  sequential: async (_, ...args: Parameters<typeof sequential>) => made(await sequential(...args)),
  fromBytes: async (_, ...args: Parameters<typeof fromBytes>) => made(await fromBytes(...args)),
  fit: (call, data: never, options: Options) => model!.fit(data, { signal: call.signal, ...options }),
  fitSteps: (call, data: never, options: Options) => {
    generators.set(call.id, model!.fitSteps(data, { signal: call.signal, ...options } as never));
    return call.id;
  },
  nextSteps: (call, run: number) => {
    call.signal.addEventListener("abort", () => controllers.get(run)?.abort(call.signal.reason));
    return generators.get(run)!.next();
  },
  endSteps: async (_, run: number) => {
    await generators.get(run)?.return();
    generators.delete(run);
    controllers.delete(run);
  },
  findLearningRate: (call, data: never, options: Options) =>
    findLearningRate(model!, data, { signal: call.signal, ...options } as never),
};
/** What the model does just so. */
for (const name of [
  "compile",
  "trainBatch",
  "evaluate",
  "predict",
  "parameters",
  "buffers",
  "loadParameters",
  "snapshot",
  "restore",
  "toBytes",
  "summary",
] as const) {
  calls[name] = (_, ...args: unknown[]) => (model![name] as (...args: unknown[]) => unknown)(...args);
}

function made(next: Model): unknown {
  model = next;
  return { spec: next.spec, outputs: next.outputs };
}
function state(): State | undefined {
  return model && { iterations: model.iterations, classNames: model.classNames, schema: model.schema };
}
function say(reply: Reply, transfer: ArrayBuffer[] = [], more: Partial<State> = {}): void {
  const now = state();
  port.postMessage(now ? { ...reply, state: { ...now, ...more } } : reply, transfer);
}

async function take(request: Request): Promise<void> {
  if ("abort" in request) return controllers.get(request.abort)?.abort(new Ended());
  if ("answer" in request) {
    const waiting = asked.get(request.answer);
    asked.delete(request.answer);
    return request.failed ? waiting?.reject(new Ended()) : waiting?.resolve(request.value);
  }
  const { id, call, args } = request;
  const controller = new AbortController();
  controllers.set(id, controller);
  try {
    const given = args.map(arg => unstub(id, arg)) as never[];
    const result = await calls[call]!({ id, signal: controller.signal }, ...given);
    const { value, transfer } = pack(result, call, false);
    say({ id, value }, transfer, told(call));
  } catch (error) {
    const failure = error instanceof Ended ? { message: "ended", ended: true } : toFailure(error);
    say({ id, failure }, [], told(call));
  } finally {
    if (!generators.has(id)) controllers.delete(id);
  }
}

/** What the page is told of the model when a call has ended, beside what each reply says. */
function told(call: string): Partial<State> {
  return call === "fit" && model?.history ? { history: model.history } : {};
}

/** Puts functions that call the page's in the place of what stands for those. */
function unstub(id: number, value: unknown): unknown {
  if (isStub(value)) {
    const { "trainlet:function": name, waits } = value;
    return (...args: unknown[]) => callBack(id, name, args, waits);
  }
  if (Array.isArray(value)) return typeof value[0] === "object" ? value.map(item => unstub(id, item)) : value;
  if (value === null || tagOf(value) !== "Object") return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, unstub(id, item)]));
}
/** The first argument of a callback is plain; the second is the model, which the page has its own of. */
function callBack(id: number, name: number, args: unknown[], waits: boolean): unknown {
  const ask = ++asks;
  const answered = waits
    ? new Promise((resolve, reject) => {
        asked.set(ask, { resolve, reject });
      })
    : undefined;
  say({ ask, id, name, args: args.filter(arg => arg !== model), waits });
  return answered;
}

if (node?.parentPort) node.parentPort.on!("message", message => void take(message));
else port.onmessage = ({ data }) => void take(data);
