// Where a runtime gets the core from. host/core.ts imports core-by-url.ts; the build puts another file in its place for the
// entries of other runtimes (host/build.mjs).
import type * as moreThreads from "../more-threads.ts";

/** Strict or fused arithmetic, for one thread or more. */
export type CoreName = "strict" | "fused" | "strict-threads" | "fused-threads";

/** What threads need, or what refuses them. */
export type Threads = Pick<typeof moreThreads, "threadsFor"> & Partial<Pick<typeof moreThreads, "Crew">>;

export interface Platform {
  /** The compiled core; asked for once by each name. */
  loadCore(name: CoreName): Promise<WebAssembly.Module>;
  /** Whether the engine knows multiply and add as one instruction. */
  hasRelaxedSimd(): boolean;
  fetchThreads(): Promise<Threads>;
}
