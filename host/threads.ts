// The threads of a model: workers over its memory, started when there is work for them, ended with the model.
import { builtin } from "./builtin.ts";
import { show, TrainletError } from "./errors.ts";
import type { CoreExports } from "./generated/core.ts";
import { type AnyWorker, hasEnded, hasWorkers, listen, nodeWorkers } from "./workers.ts";

/** Threads that "auto" takes at most: past that a network of the size that fits here gains nothing. */
const AUTO_THREADS = 8;

/** Whether memory can be shared here, and this thread may wait for others: a page's main thread may not. */
export function canShare(): boolean {
  if (typeof SharedArrayBuffer === "undefined" || !hasWorkers()) return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

/** How many threads a network gets. */
export function threadsFor(wish: number | "auto"): number {
  if (wish !== "auto") return wish;
  const processors = globalThis.navigator?.hardwareConcurrency ?? nodeProcessors();
  if (processors < 2 || mayHang() || !canShare()) return 1;
  return Math.min(processors, AUTO_THREADS);
}

/**
 * Whether starting a worker may never return: in Firefox, within a worker that has started one before, one time in some
 * fifty (seen in 153, with empty workers too). Nobody is to meet that who has not asked for threads. Only its engine knows
 * InternalError.
 */
function mayHang(): boolean {
  return "InternalError" in globalThis && "importScripts" in globalThis;
}

function nodeProcessors(): number {
  return builtin<{ availableParallelism(): number }>("node:os")?.availableParallelism() ?? 1;
}

/** Milliseconds without a share being finished after which a thread counts as lost: where it can be told whether a worker
 * has ended, and where not. */
const PATIENCE = { told: 60_000, guessed: 5000 };
/** Milliseconds that workers have to end. */
const LAST_MOMENTS = 2000;

/** State that outlives the crew's owner, for the clean-up after it. */
interface Hands {
  workers: AnyWorker[];
  lost: Error | undefined;
}
const abandoned = new FinalizationRegistry<Hands>(hands => void end(hands));
function end(hands: Hands): AnyWorker[] {
  const workers = hands.workers.splice(0);
  for (const worker of workers) worker.terminate();
  return workers;
}

export interface CrewRequest {
  module: WebAssembly.Module;
  core: CoreExports;
  /** In all, the trainer's own included. */
  threads: number;
  /** Whether somebody asked for so many. */
  needed: boolean;
  /** As the trainer's core was told by tallTiles. */
  tall: boolean;
}

export class Crew {
  readonly #core: CoreExports;
  /** What a worker begins with. */
  readonly #given: { module: WebAssembly.Module; memory: WebAssembly.Memory; tall: boolean };
  readonly #count: number;
  readonly #hands: Hands = { workers: [], lost: undefined };
  #ready: Promise<PromiseSettledResult<void>[]> | undefined;

  readonly #needed: boolean;
  /** A thread was lost: the first does everything. */
  #alone = false;

  constructor({ module, core, threads, needed, tall }: CrewRequest) {
    this.#given = { module, memory: core.memory, tall };
    this.#core = core;
    this.#count = threads - 1;
    this.#needed = needed;
  }
  /** Starts the workers, once; fulfilled when all are there, or when those that nobody asked for cannot start. */
  async start(): Promise<void> {
    this.check();
    this.#ready ??= Promise.allSettled(Array.from({ length: this.#count }, () => this.#hire()));
    const failed = (await this.#ready).find(result => result.status === "rejected");
    if (failed && this.#needed) throw failed.reason;
  }
  #hire(): Promise<void> {
    const hands = this.#hands;
    const core = this.#core;
    const file = new URL("./thread.js", import.meta.url);
    const given = this.#given;
    const node = nodeWorkers();
    const worker: AnyWorker = node
      ? new node.Worker(file, { workerData: given, execArgv: [] })
      : (new Worker(new URL("./thread.js", import.meta.url), { type: "module" }) as unknown as AnyWorker);
    hands.workers.push(worker);
    if (hands.workers.length === 1) abandoned.register(this, hands, this);
    return new Promise((resolve, reject) => {
      let here = false;
      const arrive = () => {
        here = true;
        worker.unref?.(); // from now on it keeps no process from ending
        hasEnded(worker); // so that Node can tell later
        resolve();
      };
      const fail = (cause: unknown) => {
        if (!hands.workers.includes(worker)) return; // sent home
        if (!here) {
          // Nobody counts on it.
          hands.workers.splice(hands.workers.indexOf(worker), 1);
          const message = `a thread of the model could not start: ${show(cause)}`;
          return reject(new TrainletError("WORKER_FAILED", message, { cause }));
        }
        hands.lost ??= lost(`ended: ${show(cause)}`, cause);
        core.giveUp();
      };
      listen(worker, { message: arrive, fail });
      if (!node) worker.postMessage(given);
    });
  }
  /** Asked by the core now and then while it waits: whether it waits for nobody, after so many milliseconds without a
   * share being finished. Those in which the whole process stood still do not count. */
  isLost(waited: number): boolean {
    const hands = this.#hands;
    const ended = hands.workers.map(hasEnded);
    const patience = ended.includes(undefined) ? PATIENCE.guessed : PATIENCE.told;
    if (!ended.includes(true) && waited < patience) return false;
    const what = ended.includes(true) ? "ended: it" : "answers no more: it";
    hands.lost ??= lost(`${what} did not finish its share in time`);
    return true;
  }
  /** Whether a thread was lost in what was just done, which is then worth nothing. What is done next is done by one
   * thread, when all the others have come to their end. */
  broke(): boolean {
    if (this.#alone || !this.#core.threadLost()) return false;
    this.#alone = true;
    this.#hands.lost ??= lost("gave up");
    const workers = this.#dismiss();
    const bell = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < LAST_MOMENTS && workers.some(worker => hasEnded(worker) === false); i++)
      Atomics.wait(bell, 0, 0, 1);
    return true;
  }
  /** Throws where a thread was lost, now or before: training does not go on from there. */
  check(): void {
    this.broke();
    if (this.#alone) throw this.#hands.lost;
  }
  /** Sends the workers home. */
  stop(): void {
    this.#dismiss();
  }
  #dismiss(): AnyWorker[] {
    abandoned.unregister(this);
    this.#core.dismiss();
    return end(this.#hands);
  }
}

function lost(what: string, cause?: unknown): TrainletError {
  const then = "the model still predicts and can be saved; load it anew to train it";
  return new TrainletError("WORKER_FAILED", `a thread of the model ${what}; ${then}`, { cause });
}
