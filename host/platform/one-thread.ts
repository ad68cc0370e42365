import { fewerThreads } from "../thread-wish.ts";
import type { Threads } from "./platform.ts";

export async function fetchThreads(): Promise<Threads> {
  return { threadsFor: fewerThreads };
}
