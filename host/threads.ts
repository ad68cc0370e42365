// The threads of a model: workers over its memory, started when there is work for them, ended with the model.
import { builtin } from "./builtin.ts";
import { show, TrainletError } from "./errors.ts";
import type { CoreExports } from "./generated/core.ts";
import { type AnyWorker, hasWorkers, listen, nodeWorkers } from "./workers.ts";

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

/** State that outlives the crew's owner, for the clean-up after it. */
interface Hands {
  workers: AnyWorker[];
  lost: Error | undefined;
}
const abandoned = new FinalizationRegistry<Hands>(end);
function end(hands: Hands): void {
  for (const worker of hands.workers.splice(0)) worker.terminate();
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

  constructor({ module, core, threads, needed, tall }: CrewRequest) {
    this.#given = { module, memory: core.memory, tall };
    this.#core = core;
    this.#count = threads - 1;
    this.#needed = needed;
  }
  /** Starts the workers, once; fulfilled when all are there, or when those that nobody asked for cannot start. */
  async start(): Promise<void> {
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
        resolve();
      };
      const fail = (cause: unknown) => {
        if (!hands.workers.includes(worker)) return; // sent home
        const what = here ? "ended" : "could not start";
        const error = new TrainletError("WORKER_FAILED", `a thread of the model ${what}: ${show(cause)}`, { cause });
        reject(error);
        if (!here) return; // nobody counts on it yet
        hands.lost ??= error;
        core.giveUp();
      };
      listen(worker, { message: arrive, fail });
      if (!node) worker.postMessage(given);
    });
  }
  /** Throws where a thread has ended, or did not do its share in time: what was computed since is worth nothing. */
  check(): void {
    if (!this.#core.threadLost()) return;
    this.#hands.lost ??= new TrainletError("WORKER_FAILED", "a thread of the model did not finish its share in time");
    const { lost } = this.#hands;
    this.stop();
    throw lost;
  }
  /** Sends the workers home. */
  stop(): void {
    abandoned.unregister(this);
    this.#core.dismiss();
    end(this.#hands);
  }
}
