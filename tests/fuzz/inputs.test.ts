// Inputs that failed once, made small by the fuzzer: none may fail again.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as data from "../../host/data/index.ts";
import * as trainlet from "../../host/index.ts";
import { tryInput } from "./case.ts";
import { watchMemory } from "./meter.ts";
import { type Input, revivePart } from "./target.ts";
import { targets } from "./targets/index.ts";

const folder = new URL("./inputs/", import.meta.url);
watchMemory(false);

it.each(readdirSync(folder))("%s", { timeout: 60_000 }, async name => {
  const { target, input } = revivePart(readFileSync(new URL(name, folder), "utf8"));
  const found = targets.find(t => t.name === target)!;
  expect((await tryInput(found, input as Input, { trainlet, data }, true)).fault?.text).toBeUndefined();
});
