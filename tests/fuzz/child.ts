// Tries the cases of a target, one after the other, in a process that may be killed: node child.mjs '{ target, seed, … }'
import fs from "node:fs";
import { inputOf, tryInput, type Verdict } from "./case.ts";
import { watchMemory } from "./meter.ts";
import type { Library } from "./probe.ts";
import { shrink } from "./shrink.ts";
import { keep } from "./target.ts";
import { targets } from "./targets/index.ts";
import { noted, type Task } from "./task.ts";

const task = JSON.parse(process.argv[2]!) as Task;
watchMemory();
const library = {
  trainlet: await import(new URL("../../dist/node-index.js", import.meta.url).href),
  data: await import(new URL("../../dist/node-data.js", import.meta.url).href),
} as Library;
const target = targets.find(t => t.name === task.target)!;
const state = new Float64Array(noted.length);
const file = fs.openSync(task.state, "w");
const note = () => fs.writeSync(file, state, 0, state.byteLength, 0);
const tell = (place: number, fault: Verdict["fault"]) => fs.writeSync(1, `${JSON.stringify({ place, ...fault })}\n`);

let place = task.from;
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: Error) => {
    tell(place, {
      where: `${event} ${error?.message}`,
      text: `${event}: ${error?.message ?? error}`,
      stack: error?.stack,
    });
  });
}
for (; place < task.from + task.count && Date.now() < task.until; place++) {
  state[0] = place;
  note();
  const input = await inputOf(target, task.seed, place, library);
  const verdict = await tryInput(target, input, library, task.alone);
  state[1]!++;
  if (verdict.codes.length === 0) state[6]!++;
  if (verdict.ms > state[2]!) [state[2], state[3]] = [verdict.ms, place];
  if (verdict.bytes > state[4]!) [state[4], state[5]] = [verdict.bytes, place];
  const { fault } = verdict;
  if (!fault) continue;
  tell(place, fault);
  if (!task.keep) continue;
  fs.writeFileSync(task.keep, keep({ target: target.name, input }));
  const small = await shrink(
    input,
    async candidate => (await tryInput(target, candidate, library, true)).fault?.where === fault.where,
  );
  fs.writeFileSync(task.keep, keep({ target: target.name, fault: fault.text, input: small }));
}
note();
process.exit(0); // whatever threads and timers there still are
