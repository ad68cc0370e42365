export { loadCore } from "./given.ts";
export { fetchThreads } from "./one-thread.ts";

/** Edge runtimes compile nothing at run time, so that nothing can be tried; their engines are current V8s. */
export function hasRelaxedSimd(): boolean {
  return true;
}
