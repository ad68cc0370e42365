// Threads that share out work. Each is an instance of this module over the same memory; what they say to each other
// stands in the first kilobyte, which the compiler leaves free. One thread, the first, walks the plan: it posts a job, does
// its own share, and waits for the rest. The others spin a while for the next job and then sleep.
//
//   64 GENERATION  number of the job · 256 + threads that take part   128 PENDING  shares that are not done
//   192 READY  workers that have come   196 SLEEPERS   200 STOP   204 FAILED
//   256 JOB  the job's object   260 UNITS   264 SCRATCH  of all threads, one after the other   268 THREADS  that may be used
import { SCRATCH } from "./kernels/gemm";

const GENERATION: usize = 64;
const PENDING: usize = 128;
const READY: usize = 192;
const SLEEPERS: usize = 196;
const STOP: usize = 200;
const FAILED: usize = 204;
const JOB: usize = 256;
const UNITS: usize = 260;
const ROOM: usize = 264;
const THREADS: usize = 268;

/** The most threads that there may be. */
export const MAX_THREADS: i32 = 64;
/** Looks at a value before its watcher goes to sleep: some 60 µs. */
const SPINS: i32 = 1 << 16;
/** Milliseconds of a wait between questions whether those that are waited for are still there. */
const LOOK: i32 = 20;
/** Arithmetic operations below which sharing out costs more than it saves: some 7 µs of one thread. */
const WORTH: f64 = 300_000;

/** What a wait gives whose time is over. */
const TIMED_OUT: i32 = 2;

/** Work in units that any split gives the same result for. */
export abstract class Job {
  /** Units `from` to `to`. */
  abstract share(from: i32, to: i32, scratch: usize): void;
}

/** Bytes of scratch for `threads` threads. */
export function scratchFor(threads: i32): usize {
  return <usize>threads * SCRATCH;
}
/** The room for all scratch, and how many threads it is for. */
export function assemble(room: usize, threads: i32): void {
  store<u32>(ROOM, <u32>room);
  store<i32>(THREADS, threads);
}
/** Threads that take part in what comes next: those that may and have come. */
export function muster(): i32 {
  if (!ASC_FEATURE_THREADS) return 1;
  return failed() ? 1 : min(load<i32>(THREADS), 1 + atomic.load<i32>(READY));
}
/** Whether a thread was lost, and what was computed with it. */
export function failed(): bool {
  return ASC_FEATURE_THREADS && atomic.load<i32>(FAILED) != 0;
}
/** Whether `operations` arithmetic operations are worth sharing out. */
// @ts-ignore: decorator
@inline
export function worthSharing(threads: i32, operations: f64): bool {
  return ASC_FEATURE_THREADS && threads > 1 && operations > WORTH;
}

/** Does all units of a job, with as many threads as have work. */
export function perform(job: Job, units: i32, threads: i32): void {
  if (!ASC_FEATURE_THREADS) return;
  let count = min(threads, units);
  if (count <= 1 || failed()) {
    job.share(0, units, load<u32>(ROOM));
    return;
  }
  store<u32>(JOB, <u32>changetype<usize>(job));
  store<i32>(UNITS, units);
  atomic.store<i32>(PENDING, count - 1);
  atomic.store<i32>(GENERATION, ((load<i32>(GENERATION) >> 8) + 1) << 8 | count);
  if (atomic.load<i32>(SLEEPERS)) atomic.notify(GENERATION, -1);
  takePart(0, count);
  join();
}
function takePart(index: i32, count: i32): void {
  let units = <i64>load<i32>(UNITS);
  let from = <i32>((units * index) / count), to = <i32>((units * (index + 1)) / count);
  changetype<Job>(<usize>load<u32>(JOB)).share(from, to, <usize>load<u32>(ROOM) + <usize>index * SCRATCH);
}
/**
 * Waits until every share is done, or a thread is lost. Exported, so that it stays a function of its own: V8's baseline
 * compiler (seen in Node 20) loses the locals of a function that waits. What is needed after a wait stands in globals.
 */
export function join(): void {
  if (!ASC_FEATURE_THREADS) return;
  for (let i = 0; i < SPINS; i++) if (!atomic.load<i32>(PENDING)) return;
  looks = 0;
  while ((pending = atomic.load<i32>(PENDING)) != 0 && !failed()) {
    looks = atomic.wait<i32>(PENDING, pending, LOOK * 1_000_000) == TIMED_OUT ? looks + 1 : 0;
    if (looks && atomic.load<i32>(PENDING) == pending && lost(looks * LOOK)) atomic.store<i32>(FAILED, 1);
  }
}
/** Shares that were not done before the wait. */
let pending: i32 = 0;
/** Waits in a row in which no share was finished. */
let looks: i32 = 0;
/** Whether a thread has ended, which only the host can know, or so many milliseconds without a share are too many. */
// @ts-ignore: decorator
@external("env", "lost")
declare function lost(waited: i32): bool;

// Of this worker; globals for the same reason.
/** Its number, from 1 on. */
let index: i32 = 0;
/** The last generation that it has seen. */
let seen: i32 = 0;

/** What a worker does until it is told to stop. */
export function work(): void {
  if (!ASC_FEATURE_THREADS) return;
  seen = atomic.load<i32>(GENERATION);
  index = atomic.add<i32>(READY, 1) + 1;
  while (!atomic.load<i32>(STOP)) {
    awaitNext();
    let now = atomic.load<i32>(GENERATION);
    if (now == seen) continue;
    seen = now;
    let count = now & 255;
    if (index >= count) continue;
    takePart(index, count);
    if (atomic.sub<i32>(PENDING, 1) == 1) atomic.notify(PENDING, 1);
  }
}
/** Until there is a generation after `seen`, or somebody wakes this worker. */
function awaitNext(): void {
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(GENERATION) != seen) return;
  atomic.add<i32>(SLEEPERS, 1);
  atomic.wait<i32>(GENERATION, seen, -1);
  atomic.sub<i32>(SLEEPERS, 1);
}
/** Ends every worker that is idle. */
export function dismiss(): void {
  if (!ASC_FEATURE_THREADS) return;
  atomic.store<i32>(STOP, 1);
  atomic.store<i32>(GENERATION, ((load<i32>(GENERATION) >> 8) + 1) << 8);
  atomic.notify(GENERATION, -1);
}
/** A worker cannot go on: its share will not be done. */
export function giveUp(): void {
  if (!ASC_FEATURE_THREADS) return;
  atomic.store<i32>(FAILED, 1);
  atomic.notify(PENDING, -1);
}
