// Browsers' own stores, in Chromium and Firefox as far as they are installed, from the built package.
// TRAINLET_ALL_RUNTIMES=1 makes a failure of one that is not.
import { describe, expect, it } from "vitest";
import { browsers } from "./runtimes/browsers.ts";
import { LIMIT } from "./runtimes/runtime.ts";

const all = process.env.TRAINLET_ALL_RUNTIMES === "1";
const page = "/tests/runtimes/storage-page.js";
const here = (step: string, kind = "") => `import("${page}").then(page => page.steps.${step}("${kind}"))`;
const inWorker = (step: string, kind = "") => `import("${page}").then(page => page.inWorker("${step}", "${kind}"))`;

interface Saved {
  before: string[];
  absent: string;
  names: string[];
  bits: number[];
}
interface Loaded extends Omit<Saved, "before" | "absent"> {
  window: number[];
  empty: string;
  readWrite: string;
  left: string[];
  gone: string;
}

for (const { name, missing, version, inPages } of browsers) {
  const lacks = missing();
  describe(`storage in ${name}`, () => {
    if (lacks) {
      const test = all ? it : it.skip;
      test("is not tried: not installed", () => expect.fail(`${lacks} is missing; .ci/run installs every runtime`));
      return;
    }
    for (const kind of ["indexedDb", "opfs"]) {
      for (const [way, save, load] of [
        ["a page", here, here],
        ["a worker", inWorker, inWorker],
        ["a page that a worker reads", here, inWorker],
      ] as const) {
        it(
          `${kind} keeps the bits from one page load to the next, in ${way}`,
          async () => {
            const [saved, loaded] = (await inPages(save("save", kind), load("load", kind))) as [Saved, Loaded];
            console.log(`${name} ${await version()}, ${kind}, ${way}: ${saved.bits.length} outputs`);
            expect(saved.before).toEqual([]);
            expect(saved.absent).toMatch(/^TrainletError FILE_NOT_FOUND: .*"model"/);
            expect(saved.names).toEqual(["empty", "model", "runs/other", "window"]);
            expect(loaded.names).toEqual(saved.names);
            expect(saved.bits).toHaveLength(30);
            expect(loaded.bits).toEqual(saved.bits);
            expect(loaded.window).toEqual([7, 7, 7]);
            expect(loaded.empty).toMatch(/^TrainletError INVALID_FILE: empty: .*0 bytes/);
            expect(loaded.readWrite).toBe("whole");
            expect(loaded.left).toEqual([]);
            expect(loaded.gone).toMatch(/^TrainletError FILE_NOT_FOUND/);
          },
          2 * LIMIT,
        );
      }
    }
    it(
      "refuses bad names, what is not bytes, and folders",
      async () => {
        for (const kind of ["indexedDb", "opfs"]) {
          const [said] = await inPages<Record<string, string> & { names: string[]; left: string[] }>(
            here("refuse", kind),
          );
          for (const message of said!.names) expect(message).toMatch(/^TrainletError INVALID_ARGUMENT: write: name is/);
          expect(said!.text).toMatch(/^TrainletError INVALID_ARGUMENT: write: bytes is "text"/);
          expect(said!.left).toEqual(["folder/file"]);
          if (kind !== "opfs") continue;
          for (const call of ["folder", "read", "unlink"])
            expect(said![call], call).toMatch(/^TrainletError FILE_ERROR: .*folder/);
        }
      },
      2 * LIMIT,
    );
    it(
      "leaves the last of writes that overlap, and removes what closed pages have left",
      async () => {
        const overlap = { lengths: [3, 3, 3, 3, 3], left: [] };
        expect(await inPages(here("overlap", "indexedDb"))).toEqual([overlap]);
        const held = [".trainlet-c.tmp", "model"];
        expect(await inPages(here("overlap", "opfs"))).toEqual([
          { ...overlap, afterList: [], afterWrite: held, last: [] },
        ]);
      },
      2 * LIMIT,
    );
    it(
      "makes stores of one database side by side, and says what is lacking or full",
      async () => {
        const [together, without, full] = (await inPages(here("together"), here("without"), here("full"))) as [
          number[][],
          string[],
          { said: string; names: string[]; bytes: number[] },
        ];
        expect(together).toEqual([[0], [1], [2], [3]]);
        for (const said of without) expect(said).toMatch(/^TrainletError UNSUPPORTED: .*use/);
        expect(full.said).toMatch(/^TrainletError FILE_ERROR: .*remove what is not needed/);
        expect(full.names).toEqual(["model"]);
        expect(full.bytes).toEqual([1, 2]);
      },
      2 * LIMIT,
    );
    it(
      "writes in workers of browsers that cannot write in pages",
      async () => {
        const [worker, main] = await inPages<{ said: string; same?: boolean; left?: string[] }>(
          inWorker("withoutWritable"),
          `${here("withoutWritable")}`,
        );
        expect(worker).toEqual({ said: "nothing", same: true });
        expect(main!.said).toMatch(/^TrainletError UNSUPPORTED: .*worker/);
        expect(main!.left).toEqual(["model"]);
      },
      2 * LIMIT,
    );
    it(
      "gives models from files, streams and responses",
      async () => {
        const [forms] = await inPages<{ same: boolean[]; missing: string }>(here("forms"));
        expect(forms!.same).toEqual([true, true, true, true, true]);
        expect(forms!.missing).toMatch(/^TrainletError FILE_ERROR: .*answered 404/);
      },
      2 * LIMIT,
    );
  });
}
