// What Node's workers and browsers' have in common.
import { builtin } from "./builtin.ts";

export interface AnyWorker {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  terminate(): unknown;
  readonly performance?: { eventLoopUtilization(): { idle: number; active: number } };
  ref?(): void;
  unref?(): void;
  on?(event: string, listener: (value: unknown) => void): void;
  addEventListener?(event: string, listener: (value: { data?: unknown; message?: string }) => void): void;
}
export interface NodeWorkers {
  // Without execArgv a worker would take over options that belong to the program: node --input-type=module -e …
  Worker: new (
    file: URL,
    options: { workerData?: unknown; execArgv: string[] },
  ) => AnyWorker;
}

/** Node's workers, which Deno and Bun have too; undefined in browsers. */
export function nodeWorkers(): NodeWorkers | undefined {
  return builtin<NodeWorkers>("node:worker_threads");
}
/** Whether there are workers at all. */
export function hasWorkers(): boolean {
  return nodeWorkers() !== undefined || typeof Worker !== "undefined";
}

/**
 * Whether a worker is no longer there; undefined where nobody can tell. Node knows at once, before its event has a turn:
 * of a worker that has ended it gives an idle time of -1, if it was asked before; else nothing but zeros.
 */
export function hasEnded({ performance }: AnyWorker): boolean | undefined {
  const { process, Deno, Bun } = globalThis as { process?: object; Deno?: object; Bun?: object };
  if (!process || Deno || Bun || !performance) return undefined;
  const { idle, active } = performance.eventLoopUtilization();
  return idle || active ? idle < 0 : undefined;
}

export interface Listener {
  message(data: unknown): void;
  /** It ended, or never began. */
  fail(cause: unknown): void;
}
export function listen(worker: AnyWorker, { message, fail }: Listener): void {
  if (worker.on) {
    worker.on("message", message);
    worker.on("error", error => fail((error as Error)?.message ?? error));
    worker.on("exit", code => fail(`exit code ${code}`));
  } else {
    worker.addEventListener!("message", event => message(event.data));
    worker.addEventListener!("error", event => fail(event.message ?? "error"));
  }
}
