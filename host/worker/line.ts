// The page's end of the line to a model's worker: starts it, sends calls, hands out what they came to, and notices when it
// is no longer there.
import { show, TrainletError } from "../errors.ts";
import { reasonOf, throwIfAborted } from "../signal.ts";
import { type AnyWorker, hasWorkers, listen, nodeWorkers } from "../workers.ts";
import { adopt, fromFailure, type Loan, pack, type Reply, type Request, type State } from "./messages.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  lent: Loan[];
  /** The signal's reason, or what a function of the page's has thrown, which counts even where the call came to its end. */
  ended: { reason: unknown; thrown: boolean } | undefined;
  /** Takes the listener off the signal. */
  forget(): void;
}

/** Lines with a call under way: somebody waits for it, though nobody may hold the model. */
const busy = new Set<Line>();
/** A line that nobody holds takes its worker with it. */
const abandoned = new FinalizationRegistry<AnyWorker>(worker => void worker.terminate());

export class Line {
  readonly #worker: AnyWorker;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  #over: TrainletError | undefined;
  state: State = { iterations: 0, classNames: undefined, schema: undefined };

  constructor() {
    if (!hasWorkers()) {
      throw new TrainletError("UNSUPPORTED", "trainlet/worker: this runtime has no workers; import trainlet instead");
    }
    const node = nodeWorkers();
    // Bundlers look for the second form as it stands.
    const worker: AnyWorker = node
      ? new node.Worker(new URL("./worker-thread.js", import.meta.url), { execArgv: [] })
      : (new Worker(new URL("./worker-thread.js", import.meta.url), { type: "module" }) as unknown as AnyWorker);
    this.#worker = worker;
    abandoned.register(this, worker, this);
    // Listeners that held the line would keep it, and with it the worker, for ever.
    const line = new WeakRef(this);
    listen(worker, {
      message: reply => Line.#heard(line, adopt(reply) as Reply),
      fail: cause => Line.#lost(line, cause),
    });
    worker.unref?.();
  }
  static #heard(line: WeakRef<Line>, reply: Reply): void {
    const here = line.deref();
    if (here) here.#take(reply);
  }
  static #lost(line: WeakRef<Line>, cause: unknown): void {
    const here = line.deref();
    if (!here || here.#over) return;
    here.#close(new TrainletError("WORKER_FAILED", `the worker of the model ended: ${show(cause)}`, { cause }));
  }

  /** Sends a call with its arguments by name; gives what it came to. */
  async call<T>(call: string, args: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<T> {
    if (this.#over) throw this.#over;
    throwIfAborted(signal);
    const id = ++this.#calls;
    const lent: Loan[] = [];
    const packed = Object.entries(args).map(([name, arg]) => pack(arg, `${call}: ${name}`, true, lent));
    const values = packed.map(({ value }) => value);
    const transfer = packed.flatMap(each => each.transfer);
    return new Promise<T>((resolve, reject) => {
      try {
        this.#worker.postMessage({ id, call, args: values } satisfies Request, transfer);
      } catch (cause) {
        // What is no plain data after all: a proxy, a stream, …
        const message = `${call}: what was given cannot go to a worker: ${(cause as Error).message}`;
        return reject(new TrainletError("INVALID_ARGUMENT", message, { cause }));
      }
      const onAbort = () => this.#end(id, { reason: reasonOf(signal!), thrown: false });
      signal?.addEventListener("abort", onAbort);
      const forget = () => signal?.removeEventListener("abort", onAbort);
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject, lent, ended: undefined, forget });
      if (this.#pending.size === 1) this.#hold();
    });
  }
  #say(request: Request): void {
    if (!this.#over) this.#worker.postMessage(request);
  }
  /** Asks the worker to end a call, which then fails for the reason given. */
  #end(id: number, ended: NonNullable<Pending["ended"]>): void {
    const pending = this.#pending.get(id);
    if (!pending || pending.ended) return;
    pending.ended = ended;
    this.#say({ abort: id });
  }
  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    pending?.forget();
    this.#pending.delete(id);
    if (pending && this.#pending.size === 0) this.#release();
    return pending;
  }
  /** A process ends when it waits for no model. */
  #hold(): void {
    busy.add(this);
    this.#worker.ref?.();
  }
  #release(): void {
    busy.delete(this);
    this.#worker.unref?.();
  }

  #take(reply: Reply): void {
    this.state = { ...this.state, ...reply.state };
    if ("ask" in reply) return void this.#answer(reply);
    const pending = this.#settle(reply.id);
    if (!pending) return;
    const { failure } = reply;
    const { ended } = pending;
    if (ended && (ended.thrown || failure?.ended)) pending.reject(ended.reason);
    else if (failure) pending.reject(fromFailure(failure));
    else pending.resolve(reply.value);
  }
  async #answer({ ask, id, name, args, waits }: Extract<Reply, { ask: number }>): Promise<void> {
    const loan = this.#pending.get(id)?.lent[name];
    if (!loan) return;
    let value: unknown;
    try {
      value = await loan.call(...args);
    } catch (error) {
      this.#end(id, { reason: error, thrown: true });
      if (waits) this.#say({ answer: ask, failed: true });
      return;
    }
    // Of an answer no more is looked at, and it may be anything.
    if (waits) this.#say({ answer: ask, value: value === false ? false : undefined });
  }

  #close(error: TrainletError): void {
    this.#over = error;
    abandoned.unregister(this);
    this.#worker.terminate();
    for (const id of [...this.#pending.keys()]) this.#settle(id)!.reject(error);
  }
  /** Ends the worker; what is under way fails. */
  end(): void {
    if (this.#over?.code === "DISPOSED") return;
    this.#close(new TrainletError("DISPOSED", "the model has been disposed of; make or load another"));
  }
  /** Why there are no more calls. */
  get over(): TrainletError | undefined {
    return this.#over;
  }
}
