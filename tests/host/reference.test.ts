// docs/reference.md shows each option's default and range: nobody should be told of a default that is refused.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const text = readFileSync(new URL("../../docs/reference.md", import.meta.url), "utf8");
const options = [...text.matchAll(/`(\w+) = (-?[\d.e-]+)` in ([[(])([^,\])]+), ([^,\])]+)([\])])/g)];

describe("the defaults in the reference", () => {
  it("are there to be checked", () => {
    expect(options.length).toBeGreaterThan(100);
  });
  it("lie inside their ranges", () => {
    const bound = (side: string) => (side.endsWith("inf") ? Number(side.replace("inf", "Infinity")) : Number(side));
    const outside = options.filter(([, , value, open, low, high, close]) => {
      const [number, least, most] = [Number(value), bound(low!), bound(high!)];
      if (Number.isNaN(number + (Number.isFinite(least) ? least : 0) + (Number.isFinite(most) ? most : 0))) return true;
      return (
        number < least || number > most || (open === "(" && number === least) || (close === ")" && number === most)
      );
    });
    expect(outside.map(([shown]) => shown)).toEqual([]);
  });
  it.each(["units", "posWeight"])("are not shown for %s, which has none", name => {
    expect(text).toContain(`\`${name} = none\``);
  });
});
