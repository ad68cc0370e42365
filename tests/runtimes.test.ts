// The same bits everywhere: one suite (runtimes/suite.js) in every JavaScript runtime that is installed, from the built
// package. TRAINLET_ALL_RUNTIMES=1 makes a failure of one that is not.
import { beforeAll, describe, expect, it } from "vitest";
import { browsers } from "./runtimes/browsers.ts";
import { processes } from "./runtimes/processes.ts";
import { LIMIT, type Result } from "./runtimes/runtime.ts";
import { workerd } from "./runtimes/workerd.ts";

const [reference, ...others] = [...processes, ...browsers, workerd];
const all = process.env.TRAINLET_ALL_RUNTIMES === "1";

describe("strict arithmetic gives the same bits", () => {
  let expected: Result;
  beforeAll(async () => {
    expected = await reference!.ways["one thread"]!();
  }, 2 * LIMIT);

  for (const { name, missing, version, ways } of [reference!, ...others]) {
    const lacks = missing();
    if (lacks) {
      const test = all ? it : it.skip;
      test(`in ${name}: not installed`, () => expect.fail(`${lacks} is missing; .ci/run installs every runtime`));
      if (!all) console.log(`${name}: skipped, ${lacks} is missing`);
      continue;
    }
    for (const [way, run] of Object.entries(ways)) {
      it(
        `in ${name}, ${way}`,
        async () => {
          const start = performance.now();
          const result = await run();
          const seconds = ((performance.now() - start) / 1000).toFixed(1);
          console.log(`${name} ${await version()}, ${way}: ${seconds} s, ${result.hash}`);
          expect(result.cases).toEqual(expected.cases);
          expect(result.hash).toBe(expected.hash);
        },
        2 * LIMIT,
      );
    }
  }
});
