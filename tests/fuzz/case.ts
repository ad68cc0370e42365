// One input tried: what became of it, how long its slowest call took, and how much memory it asked for.
import { beginDemand, demand } from "./meter.ts";
import { Fault, type Library, Probe } from "./probe.ts";
import { Random } from "./random.ts";
import type { Input, Target } from "./target.ts";

/** No call of an input may take longer. */
export const MOST_MS = 2000;

export interface Verdict {
  /** Something that must not be; `where` tells faults apart. */
  fault?: { where: string; text: string; stack?: string };
  ms: number;
  call: string;
  bytes: number;
  codes: string[];
}

export function inputOf(target: Target, seed: number, place: number, library: Library): Promise<Input> {
  return target.make(new Random(seed, target.name, place), library);
}

/** `alone`: the processor's time counts where it is less, as on a machine with other work a call may have to wait. */
export async function tryInput(target: Target, input: Input, library: Library, alone = false): Promise<Verdict> {
  const probe = new Probe();
  const bound = target.bound(input);
  beginDemand();
  const cpu = alone ? process.cpuUsage() : undefined; // takes longer than many a case
  let fault: Verdict["fault"];
  try {
    await target.run(input, library, probe);
  } catch (error) {
    const { message, stack, cause, call } = error as Fault;
    const of = error instanceof Fault ? message : `the fuzzer itself: ${message}`;
    fault = {
      where: `${call ?? ""} ${of.replace(/"[^"]*"|[\d.]+/g, "…").slice(0, 120)}`,
      text: of,
      stack: (cause as Error)?.stack ?? stack,
    };
  }
  const bytes = demand();
  const { user, system } = cpu ? process.cpuUsage(cpu) : { user: Number.POSITIVE_INFINITY, system: 0 };
  const ms = Math.min(probe.slowest.ms, (user + system) / 1000);
  const { call } = probe.slowest;
  if (!fault && ms > MOST_MS + (target.patience?.(input) ?? 0))
    fault = { where: `slow ${call}`, text: `${call} took ${ms.toFixed(0)} ms` };
  if (!fault && bytes > bound) {
    const mib = (n: number) => `${(n / 2 ** 20).toFixed(0)} MiB`;
    fault = { where: "memory", text: `${mib(bytes)} of memory; at most ${mib(bound)} were due` };
  }
  return { fault, ms, call, bytes, codes: [...probe.refused.keys()] };
}
