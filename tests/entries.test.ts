// The README's table of entries: all that package.json exports, each with the size that it has.
// A script's size is that of the whole entry, minified, with what it loads statically; a page leaves out what it has
// no use for.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundle, gzipped, KB, root, scriptSize } from "./bundle-size.ts";

const own = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const readme = readFileSync(path.join(root, "README.md"), "utf8");

/** Name of an entry → the KB that its row says. */
const rows = new Map(
  [...readme.matchAll(/^\| `(trainlet[^`]*)` \| ([\d.]+) KB \|/gm)].map(([, name, size]) => [name!, Number(size)]),
);
const entries = Object.entries<string | object>(own.exports).map(
  ([key, target]) => [path.posix.join(own.name, key), target] as const,
);

async function sizeOf(entry: string, target: string | object): Promise<number> {
  if (typeof target === "string") return gzipped(target);
  return scriptSize(await bundle(`entry-${path.basename(entry)}`, `export * from "${entry}";\n`));
}

describe("the README's table of entries", () => {
  it("has every entry, and no other", () => {
    expect([...rows.keys()].sort()).toEqual(entries.map(([name]) => name).sort());
  });
  it.each(entries)("says how large %s is", async (entry, target) => {
    const size = (await sizeOf(entry, target)) / KB;
    console.log(`${entry}: ${size.toFixed(2)} KB`);
    expect(Math.abs(rows.get(entry)! / size - 1), `it has ${size.toFixed(2)} KB`).toBeLessThan(0.03);
  });
});
