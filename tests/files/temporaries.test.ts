// What killed writes have left: it goes with the next write or list, while what may still be written stays.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomic } from "../../host/files/atomic.ts";
import { temporary, temporaryName } from "../../host/files/temporaries.ts";
import { files } from "../../host/storage/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trainlet-temporaries-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As another process of this machine would call its file. */
const nameOf = (id: number) => temporaryName().replace(`-${process.pid}-`, `-${id}-`);
const elsewhere = () => temporaryName().replace(/-[^-]*(-[^-]*-[^-]*)$/, "-anothermachine$1");
/** The number of a process that has ended. */
const ended = () => spawnSync(process.execPath, ["--version"]).pid;

async function leave(name: string, secondsAgo = 0): Promise<string> {
  await writeFile(join(folder, name), "half");
  const then = Date.now() / 1000 - secondsAgo;
  await utimes(join(folder, name), then, then);
  return name;
}
const left = async () => (await readdir(folder)).filter(name => temporary.test(name)).sort();

const cleaners: [string, () => Promise<unknown>][] = [
  ["a write", () => writeFileAtomic(join(folder, "model"), "new")],
  ["a write of a storage", () => files(folder).write("model", new Uint8Array(1))],
  ["a list", () => files(folder).list()],
];

describe("temporary files", () => {
  it("have names of their own", () => {
    const names = Array.from({ length: 50 }, temporaryName);
    expect(new Set(names).size).toBe(50);
    for (const name of names) expect(name).toMatch(/^\.trainlet-\d+-[0-9a-z]+-\d+-[0-9a-z]+\.tmp$/);
  });
  it.each(cleaners)("of processes that have ended go with %s", async (_, clean) => {
    await leave(nameOf(ended()));
    await leave(elsewhere(), 2 * 3600);
    await leave(".trainlet-1-0-abc.tmp", 2 * 3600);
    // The number of this process, from before it was this process's: every start of a container may have the same.
    await leave(temporaryName(), process.uptime() + 60);
    await clean();
    expect(await left()).toEqual([]);
  });
  it.each(cleaners)("that may still be written stay with %s", async (_, clean) => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    try {
      const kept = [await leave(nameOf(other.pid!)), await leave(elsewhere(), 60), await leave(temporaryName())];
      await writeFile(join(folder, ".trainlet-notes"), "mine");
      await clean();
      expect(await left()).toEqual(kept.sort());
      expect(await readdir(folder)).toContain(".trainlet-notes");
    } finally {
      other.kill();
      await once(other, "exit");
    }
    await clean();
    expect(await left()).toHaveLength(2);
  });
});
