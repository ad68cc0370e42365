export { loadCore } from "./given.ts";
export { fetchThreads } from "./one-thread.ts";
export { hasRelaxedSimd } from "./relaxed-simd.ts";
