// A short run of the fuzzer, always the same; `npm run fuzz` goes on where this ends.
import { describe, expect, it } from "vitest";
import * as data from "../../host/data/index.ts";
import * as trainlet from "../../host/index.ts";
import { inputOf, tryInput } from "./case.ts";
import { watchMemory } from "./meter.ts";
import { targets } from "./targets/index.ts";

const library = { trainlet, data };
const CASES = 60;
watchMemory(false); // what else runs here leaves garbage too

describe(`${CASES} inputs each, made from a fixed seed, are taken or refused`, () => {
  it.each(targets.map(target => [target.name, target] as const))("%s", { timeout: 120_000 }, async (_, target) => {
    const faults: string[] = [];
    for (let place = 0; place < CASES; place++) {
      const input = await inputOf(target, 1, place, library);
      const { fault } = await tryInput(target, input, library, true);
      if (fault) faults.push(`case ${place}: ${fault.text}`);
    }
    expect(faults).toEqual([]);
  });
});
