// Temporary files: their names, and the removal of those that nobody will put in place any more, since the process that
// wrote them was killed.
//
//   .trainlet-<process>-<machine>-<count>-<random>.tmp
import { builtin } from "../builtin.ts";

/** What a write that was cut off may leave behind. Lists do not name it, and no model may be called so. */
export const temporary = /^\.trainlet-.*\.tmp$/;

/** Milliseconds after which a file counts as left behind, whoever has written it: no write takes that long. */
export const LONG = 3_600_000;
/** By how much the clocks of a file system and of a process may differ. */
const SLACK = 2000;

let written = 0;

/** A name that no other write uses, in this process or another. It does not grow with the target's, which may be long. */
export function temporaryName(): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  const end = [...random].map(word => word.toString(36)).join("");
  return `.trainlet-${process.pid}-${machine()}-${written++}-${end}.tmp`;
}

/** Removes what killed processes have left in a folder. What cannot be looked at or removed stays. */
export async function removeAbandoned(folder: string, names?: readonly string[]): Promise<void> {
  const fs = builtin<typeof import("node:fs/promises")>("node:fs/promises")!;
  try {
    for (const name of names ?? (await fs.readdir(folder))) {
      if (!temporary.test(name)) continue;
      const path = `${folder}/${name}`;
      const stats = await fs.lstat(path);
      if (stats.isFile() && isAbandoned(name, stats.mtimeMs)) await fs.rm(path, { force: true });
    }
  } catch {
    // Another process may have been faster.
  }
}

function isAbandoned(name: string, changed: number): boolean {
  if (changed < Date.now() - LONG) return true;
  const [, id, where] = name.split("-");
  if (isDeno || where !== machine()) return false;
  // In a container every start may have the same number: what is older than this process is not its own.
  if (Number(id) === process.pid) return changed < Date.now() - process.uptime() * 1000 - SLACK;
  return hasEnded(Number(id));
}

function hasEnded(id: number): boolean {
  try {
    process.kill(id, 0); // asks, and sends nothing
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  try {
    // A process that nobody has waited for yet is still there, by its number alone.
    const state = builtin<typeof import("node:fs")>("node:fs")!.readFileSync(`/proc/${id}/stat`, "latin1");
    return /\) [ZX] [^)]*$/.test(state);
  } catch {
    return false; // no Linux
  }
}

/** Deno would ask its user whether the program may look at machine and processes: there the age decides alone. */
const isDeno = "Deno" in globalThis;

let known: string | undefined;
/** Where the numbers of processes mean the same: a machine, or a container of it. */
function machine(): string {
  if (isDeno) return "deno";
  if (known !== undefined) return known;
  let text = builtin<typeof import("node:os")>("node:os")?.hostname() ?? "";
  try {
    text += builtin<typeof import("node:fs")>("node:fs")?.readlinkSync("/proc/self/ns/pid");
  } catch {
    // no Linux
  }
  let hash = 7;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) >>> 0;
  known = hash.toString(36);
  return known;
}
