// What a table may hold: a file of kilobytes that unpacks to more is refused before it takes the memory.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type CsvOptions, csv, idx } from "../../host/data/index.ts";
import { tableLimits } from "../../host/data/limits.ts";
import { readFileChecked } from "../../host/files/atomic.ts";
import { fails } from "./fake-core.ts";

vi.mock("../../host/data/core-access.ts", async () => {
  const { fakeCore } = await import("./fake-core.ts");
  return { dataCore: async () => fakeCore };
});

const folder = mkdtempSync(join(tmpdir(), "trainlet-limits-"));
afterAll(() => rmSync(folder, { recursive: true }));
const none: CsvOptions = { target: null };
const of = (text: string, options: CsvOptions) => csv({ text }, options);

describe("a table is bounded by default", () => {
  test.each([
    ["blank lines", Buffer.alloc(12e6, "\n"), /more than 10000000 rows; raise maxRows \(--max-rows\)/],
    ["rows of one cell", Buffer.alloc(22e6, "1\n"), /more than 10000000 rows/],
    ["commas in one line", Buffer.alloc(1e6, ","), /more than 100000 columns; raise maxColumns \(--max-columns\)/],
    ["commas in one line with a quote", Buffer.from(`"a"${",".repeat(1e6)}`), /more than 100000 columns/],
    [
      "cells",
      Buffer.alloc(52e6, `${",".repeat(51_999)}\n`),
      /more than 50000000 cells; raise maxCells \(--max-cells\)/,
    ],
  ])("of too many %s", async (_, bytes, pattern) => {
    const zipped = gzipSync(bytes, { level: 1 });
    await fails(() => csv(zipped, { ...none, delimiter: "," }), "INVALID_FILE", pattern);
  });

  test("and of bytes, unpacked or not", async () => {
    expect(tableLimits.maxBytes).toBe(2 ** 29);
    const bomb = gzipSync(Buffer.alloc(2 ** 22), { level: 1 });
    const message = /more than 1000000 bytes; raise maxBytes \(--max-bytes\)/;
    await fails(() => csv(bomb, { ...none, maxBytes: 1e6 }), "INVALID_FILE", message);
    const pictures = gzipSync(Buffer.concat([Buffer.of(0, 0, 8, 1, 0, 0x40, 0, 0), Buffer.alloc(2 ** 22)]), {
      level: 1,
    });
    await fails(() => idx(pictures, undefined, { maxBytes: 1e6 }), "INVALID_FILE", message);
  });

  test("categories of many columns that would become gigabytes of zeros and ones", async () => {
    const row = (i: number) => Array.from({ length: 300 }, (_, c) => `v${(i * 7 + c) % 1000}`).join(",");
    const text = Array.from({ length: 1000 }, (_, i) => row(i)).join("\n");
    const options = { ...none, header: false };
    await fails(() => of(text, options), "INVALID_FILE", /1000 rows × 300000 features.*1200000000 bytes.*maxBytes/);
  });
});

describe("each limit can be set", () => {
  const text = "a,b\n1,2\n3,4\n";
  test("to the row, column and cell", async () => {
    expect((await of(text, { ...none, maxRows: 3, maxColumns: 2, maxCells: 6 })).rows).toBe(2);
    await fails(() => of(text, { ...none, maxRows: 2 }), "INVALID_FILE", /more than 2 rows/);
    await fails(() => of(text, { ...none, maxColumns: 1 }), "INVALID_FILE", /more than 1 columns/);
    await fails(() => of(text, { ...none, maxCells: 5 }), "INVALID_FILE", /more than 5 cells/);
    const quoted = 'a,"b"\n1,"2"\n';
    expect((await of(quoted, { ...none, maxRows: 2, maxColumns: 2, maxCells: 4 })).rows).toBe(1);
    await fails(() => of(quoted, { ...none, maxColumns: 1 }), "INVALID_FILE", /more than 1 columns/);
  });
  test("a delimiter within quotes makes no column", async () => {
    expect((await of('"a,b,c,d"\n1\n', { ...none, delimiter: ",", maxColumns: 1 })).rows).toBe(1);
  });
  test.each(["maxBytes", "maxRows", "maxColumns", "maxCells"])("%s is a whole number from 1 on", async name => {
    for (const value of [0, -1, 1.5, "9", Number.NaN, null]) {
      await fails(() => of(text, { ...none, [name]: value }), "INVALID_ARGUMENT", new RegExp(`csv: ${name} `));
    }
  });
});

describe.skipIf(process.platform === "win32")("what is no file is refused at once", () => {
  const readers: [string, (path: string) => Promise<unknown>][] = [
    ["csv", path => csv(path, none)],
    ["idx", path => idx(path)],
    ["readFileChecked", readFileChecked],
  ];
  test.each(readers)("by %s: devices, named pipes and folders", async (_, read) => {
    const pipe = join(folder, `pipe-${_}`);
    execFileSync("mkfifo", [pipe]);
    for (const device of ["/dev/zero", "/dev/null", "/dev/urandom"]) {
      await fails(() => read(device), "FILE_ERROR", /is a device and no regular file/);
    }
    await fails(() => read(pipe), "FILE_ERROR", /is a named pipe and no regular file/);
    await fails(() => read(folder), "FILE_ERROR", /directory|folder/);
    await fails(() => read(join(folder, "none")), "FILE_NOT_FOUND");
  });
});

test("an IDX file is read no further than its header says, and what is none no further than its start", async () => {
  const zeros = Buffer.alloc(2 ** 23);
  const pictures = Buffer.concat([Buffer.from([0, 0, 8, 1, 0, 0, 0, 5]), zeros]);
  const text = Buffer.alloc(2 ** 23, "x");
  const read = (bytes: Buffer) => {
    let given = 0;
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 65_536, given += 65_536) yield bytes.subarray(at, at + 65_536);
    }
    return { source: pieces(), given: () => given };
  };
  for (const [bytes, message, most] of [
    [pictures, /declares 5 u8, which is 5 bytes, but more follow/, 2 ** 21],
    [zeros, /unknown IDX element type 0/, 65_536],
    [text, /this is no IDX file/, 65_536],
  ] as const) {
    const file = join(folder, "long.idx");
    for (const content of [bytes, gzipSync(bytes, { level: 1 })]) {
      writeFileSync(file, content);
      await fails(() => idx(file), "INVALID_FILE", message);
      await fails(() => idx(content), "INVALID_FILE", /.*/);
    }
    const { source, given } = read(bytes);
    await fails(() => idx(source), "INVALID_FILE", message);
    expect(given()).toBeLessThanOrEqual(most);
  }
});

test("an IDX header that claims more than there is takes no memory", async () => {
  const header = Buffer.from([0, 0, 8, 3, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff, 1, 2, 3]);
  const file = join(folder, "claims.idx.gz");
  writeFileSync(file, gzipSync(header));
  for (const source of [header, file]) await fails(() => idx(source), "INVALID_FILE", /declares .*but 3 follow/);
});
