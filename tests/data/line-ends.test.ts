// Rows end with LF, CRLF or CR, also in one file; within quotes each of them is text.
import { describe, expect, test, vi } from "vitest";
import { type CsvOptions, csv } from "../../host/data/index.ts";
import { tableLimits } from "../../host/data/limits.ts";
import { splitRows } from "../../host/data/split-rows.ts";
import { fails } from "./fake-core.ts";

vi.mock("../../host/data/core-access.ts", async () => {
  const { fakeCore } = await import("./fake-core.ts");
  return { dataCore: async () => fakeCore };
});

const of = (text: string, options: CsvOptions) => csv({ text }, options);
const split = (text: string, delimiter = ",") =>
  [...splitRows(text, "text", delimiter, tableLimits)].map(({ cells, line }) => [line, ...cells]);

test("lines that end with CR and hold LF in quotes, as spreadsheets of old Macs wrote them", async () => {
  const note = await of('note\r7\r"two\nlines"\r8\r9\r', { target: null, header: true, delimiter: "," });
  expect(note.rows).toBe(4);
  expect(note.featureNames).toEqual(["note=7", "note=8", "note=9", "note=two\nlines"]);
  const table = await of('a,note,y\r1,"two\nlines",0\r2,x,1\r3,x,0\r', { target: "y" });
  expect([table.rows, table.featureNames]).toEqual([3, ["a", "note=two\nlines", "note=x"]]);
});

const ends = { LF: "\n", CRLF: "\r\n", CR: "\r" };
for (const [name, end] of Object.entries(ends)) {
  for (const [inner, within] of Object.entries(ends)) {
    test(`${name} between rows, ${inner} in quotes`, async () => {
      const text = ["a,note,y", `1,"x${within}y",0`, "2,z,1", "", `3,"${within}",0`].join(end);
      for (const last of ["", end, end + end]) {
        const data = await of(text + last, { target: "y", missing: "mostFrequent" });
        expect(data.rows).toBe(3);
        expect(data.featureNames).toEqual(["a", `note=x${within}y`, "note=z"]);
        expect([...data.y]).toEqual([0, 1, 0]);
      }
    });
  }
}

test("ends of every kind in one file, blank lines between, and the lines that messages name", async () => {
  const text = 'a,b\r1,2\n\n3,4\r\n"5\r\n6",7\r\r\n\n8,9\n\r10,x\r';
  expect(split(text)).toEqual([
    [1, "a", "b"],
    [2, "1", "2"],
    [3, ""],
    [4, "3", "4"],
    [5, "5\r\n6", "7"],
    [7, ""],
    [8, ""],
    [9, "8", "9"],
    [10, ""],
    [11, "10", "x"],
  ]);
  await fails(() => of("a,b\r1,2\r3,4\r5\r", { target: null }), "INVALID_FILE", /line 4 has 1 cells/);
  await fails(() => of('a,b\r1,"2\n3"\r5\r', { target: null }), "INVALID_FILE", /line 4 has 1 cells/);
});

describe("quotes", () => {
  test.each<[string, (string | number)[][]]>([
    ['a,"b"', [[1, "a", "b"]]],
    ['"",""', [[1, "", ""]]],
    ['"a""b","""",""""""', [[1, 'a"b', '"', '""']]],
    ['5" pipe,6"', [[1, '5" pipe', '6"']]],
    [' "a",b', [[1, ' "a"', "b"]]],
    ['"a" ,\t"b"', [[1, "a", '\t"b"']]],
    [
      '"a"  \r\n"b"\t\n',
      [
        [1, "a"],
        [2, "b"],
      ],
    ],
    ['"a,', [[0]]],
    ['\ufeff"a",b\n', [[1, "a", "b"]]],
    [
      "a,b,\n,",
      [
        [1, "a", "b", ""],
        [2, "", ""],
      ],
    ],
  ])("%j", (text, rows) => {
    if (rows[0]![0] === 0) expect(() => split(text)).toThrow(/line 1: a quote opens and never closes/);
    else expect(split(text)).toEqual(rows);
  });
  test("text after a closing quote is refused with its line", () => {
    expect(() => split('a\n"b"c,d\n')).toThrow(/text, line 2: text follows a closing quote/);
    expect(() => split('"a""b" "c"')).toThrow(/text follows a closing quote/);
  });
  test("a delimiter that is a space or a tab ends a quoted cell", () => {
    expect(split('"a b" c', " ")).toEqual([[1, "a b", "c"]]);
    expect(split('"a\tb"\t"c"', "\t")).toEqual([[1, "a\tb", "c"]]);
  });
});

test("whatever the text, csv gives a data set or a TrainletError", async () => {
  const odd = [
    "",
    "\0",
    "\0,\0\n\0,\0",
    '"',
    '""',
    '"""',
    "'",
    ",",
    ",,\n,,",
    "\ufeff",
    "\ufeff\ufeffa\n1",
    "\ufffd,\uffff\n1,2",
    "\ud800,a\n1,2",
    `a,b\n1,${"9".repeat(1e6)}`,
    `a\n${"1".repeat(1e6)}x`,
    `a\n${"-".repeat(1e6)}`,
    `a\n1${"0".repeat(400)}\n1e99999\n`,
    `a\n${"1,".repeat(500)}`,
    `${" ".repeat(1e6)}\n1`,
    `a,b\n"${"x,".repeat(5e5)}`,
    "a\n1e-999\n-0\n+.5\n",
    "a\n1\u2028\n2\u2029\n",
    `"${'""'.repeat(1e5)}"\n1`,
    "\r",
    "\n",
    "\r\r\r",
    "a\r\r\n\n\r1",
    "__proto__\n1",
    "a\n\u202e1\n",
    "1;2,3|4\t5\n6",
  ];
  for (const text of odd) {
    for (const options of [
      { target: null },
      { target: -1 },
      { target: 0, header: false },
      { target: "a" },
    ] as CsvOptions[]) {
      const outcome = await of(text, { ...options, missing: "drop" }).then(
        data => data.rows,
        (error: Error) => error.name,
      );
      expect(typeof outcome === "number" || outcome === "TrainletError", JSON.stringify(text.slice(0, 40))).toBe(true);
    }
  }
});
