// The fuzzer: tries inputs of every target in processes of their own, which it ends where one hangs; reports and keeps faults.
//   npm run fuzz -- [--minutes 5] [--seed N] [--only target,…] [--case N]
import { spawn } from "node:child_process";
import fs from "node:fs";
import { parseArgs } from "node:util";
import { targets } from "./targets/index.ts";
import { noted, type Task } from "./task.ts";

interface Found {
  place: number;
  where: string;
  text: string;
  stack?: string;
}
interface Totals {
  tried: number;
  loaded: number;
  slowest: number;
  slowestCase: number;
  largest: number;
  largestCase: number;
  next: number;
}
/** Time without a new case after which a process is ended, several times what a call may take: time that it computes, as
 * far as that can be seen, since it may have to wait for the processor; then, for whoever waits for nothing, any time. */
const PATIENCE = 15_000;
const PATIENCE_IDLE = 90_000;
const FOREVER = Number.MAX_SAFE_INTEGER;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    case: { type: "string" },
    "no-build": { type: "boolean" },
  },
});
const seed = Number(values.seed);
const chosen = targets.map(t => t.name).filter(name => !values.only || values.only.split(",").includes(name));
if (chosen.length === 0) throw new Error(`--only takes ${targets.map(t => t.name).join(", ")}`);
const folder = "build/fuzz/faults";
fs.mkdirSync(folder, { recursive: true });

/** Runs one process until it is done, dies, or stands still. */
function runChild(task: Omit<Task, "state">): Promise<{ found: Found[]; totals: Totals; died?: string }> {
  const state = "build/fuzz/state";
  fs.writeFileSync(state, "");
  const flags = ["--expose-gc", "--max-old-space-size=2048"];
  const child = spawn(process.execPath, [...flags, "build/fuzz/child.mjs", JSON.stringify({ ...task, state })], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", text => (out += text));
  child.stderr.on("data", text => (err = (err + text).slice(-2000)));
  const read = () => {
    const bytes = fs.readFileSync(state);
    const list = new Float64Array(noted.length);
    if (bytes.length === list.byteLength) new Uint8Array(list.buffer).set(bytes);
    else list[0] = task.from;
    return Object.fromEntries(noted.map((name, i) => [name, list[i]])) as Record<(typeof noted)[number], number>;
  };
  let last = -1;
  let since = Date.now();
  let before = 0;
  let hung = false;
  const watch = setInterval(() => {
    const now = read().case;
    const worked = processorTime(child.pid!);
    if (now !== last) [last, since, before] = [now, Date.now(), worked];
    const waited = Date.now() - since;
    if (task.keep || (waited < PATIENCE_IDLE && Math.min(waited, worked - before) < PATIENCE)) return;
    hung = true;
    child.kill("SIGKILL");
  }, 250);
  return new Promise(resolve => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      const { case: at, ...totals } = read();
      const found = out
        .split("\n")
        .filter(Boolean)
        .map(line => JSON.parse(line) as Found);
      const died = hung
        ? "it hangs"
        : code !== 0
          ? `the process ended: ${signal ?? code} ${err.slice(-300)}`
          : undefined;
      if (died) found.push({ place: at, where: hung ? "hang" : `died ${signal ?? code}`, text: died });
      resolve({ found, died, totals: { ...totals, next: died ? at + 1 : at + 1 } });
    });
  });
}

/** Milliseconds that a process has computed; the clock where the system does not say that in a file. */
function processorTime(pid: number): number {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12])); // in hundredths of a second, as a rule
  } catch {
    return Date.now();
  }
}

/** Tries a target for so long; each fault that is new is tried again by itself, and kept. */
async function fuzz(
  target: string,
  from: number,
  count: number,
  until: number,
): Promise<{ totals: Totals; faults: Found[] }> {
  const totals: Totals = { tried: 0, loaded: 0, slowest: 0, slowestCase: 0, largest: 0, largestCase: 0, next: from };
  const faults = new Map<string, Found>();
  const doubted = new Map<string, number>();
  while (Date.now() < until && totals.next < from + count) {
    const { found, totals: t } = await runChild({
      target,
      seed,
      from: totals.next,
      count: from + count - totals.next,
      until,
    });
    totals.tried += t.tried;
    totals.loaded += t.loaded;
    totals.next = t.next;
    if (t.slowest > totals.slowest) Object.assign(totals, { slowest: t.slowest, slowestCase: t.slowestCase });
    if (t.largest > totals.largest) Object.assign(totals, { largest: t.largest, largestCase: t.largestCase });
    for (const fault of found) {
      const tries = doubted.get(fault.where) ?? 0;
      if (faults.has(fault.where) || tries === 2) continue;
      if (await confirm(target, fault)) {
        faults.set(fault.where, fault);
        console.log(`  ! ${target} --case ${fault.place}: ${fault.text.slice(0, 400)}${frame(fault)}`);
      } else doubted.set(fault.where, tries + 1); // what the cases before had left, or other work on the machine
    }
  }
  return { totals, faults: [...faults.values()] };
}
async function confirm(target: string, { place, where }: Found): Promise<boolean> {
  const file = `${folder}/${target}-${place}.json`;
  const stuck = where === "hang" || where.startsWith("died");
  const again = await runChild({
    target,
    seed,
    from: place,
    count: 1,
    alone: true,
    until: FOREVER,
    keep: stuck ? undefined : file,
  });
  return again.found.length > 0;
}
function frame({ stack = "" }: Found): string {
  return stack.split("\n").filter(line => /^\s+at /.test(line)).slice(0, 3).map(line => `\n      ${line.trim()}`).join(""); // biome-ignore format: a pipe
}

const single = values.case !== undefined;
const each = (Number(values.minutes) * 60_000) / chosen.length;
let bad = 0;
let sum = 0;
console.log(`seed ${seed}; ${single ? "one case" : `${values.minutes} min`} for ${chosen.length} targets`);
for (const target of chosen) {
  const until = single ? FOREVER : Date.now() + each;
  const { totals, faults } = await fuzz(target, Number(values.case ?? 0), single ? 1 : Number.MAX_SAFE_INTEGER, until);
  bad += faults.length;
  sum += totals.tried;
  const share = ((100 * totals.loaded) / Math.max(1, totals.tried)).toFixed(0);
  const slow = `slowest call ${totals.slowest.toFixed(0)} ms (case ${totals.slowestCase})`;
  const large = `largest demand ${(totals.largest / 2 ** 20).toFixed(0)} MiB (case ${totals.largestCase})`;
  console.log(`${target.padEnd(16)} ${String(totals.tried).padStart(8)} inputs, ${share} % accepted; ${slow}; ${large}; ${faults.length} faults`); // biome-ignore format: a line
}
console.log(`${sum} inputs, ${bad} faults${bad ? `; small inputs in ${folder}, for tests/fuzz/inputs` : ""}`);
process.exitCode = bad ? 1 : 0;
