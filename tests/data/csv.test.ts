import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { type CsvOptions, csv } from "../../host/data/index.ts";
import { fails } from "./fake-core.ts";

vi.mock("../../host/data/core-access.ts", async () => {
  const { fakeCore } = await import("./fake-core.ts");
  return { dataCore: async () => fakeCore };
});

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const of = (text: string, options: CsvOptions = { target: null }) => csv({ text }, options);
/** x as an array of rows, y as an array. */
async function values(text: string, options?: CsvOptions): Promise<{ x: number[][]; y: number[] }> {
  const data = await of(text, options);
  const row = (i: number) => [...data.x.subarray(i * data.features, (i + 1) * data.features)];
  return { x: Array.from({ length: data.rows }, (_, i) => row(i)), y: [...data.y] };
}

describe("csv reads real files", () => {
  test("iris: 150 × 4, three species in order of name, to be standardised", async () => {
    const data = await csv(fixture("iris.csv"), { target: "species" });
    expect(data).toMatchObject({ rows: 150, features: 4, targets: 1, classes: 3, scale: "standard" });
    expect(data.classNames).toEqual(["setosa", "versicolor", "virginica"]);
    expect(data.featureNames).toEqual(["sepal_length", "sepal_width", "petal_length", "petal_width"]);
    expect([...data.x.subarray(0, 5)]).toEqual([5.1, 3.5, 1.4, 0.2, 4.9].map(Math.fround));
    expect([data.y[0], data.y[50], data.y[149]]).toEqual([0, 1, 2]);
    expect(JSON.parse(JSON.stringify(data.schema))).toEqual(data.schema);
    const { train, test } = data.split({ test: 0.2, stratify: true });
    expect([train.rows, test.rows, test.y.filter(label => label === 0).length]).toEqual([120, 30, 10]);
    expect(train.schema).toBe(data.schema);
  });

  test("wine: 178 × 13, the target by position from the end", async () => {
    const data = await csv(fixture("wine.csv"), { target: -1 });
    expect([data.rows, data.features, data.classNames]).toEqual([178, 13, ["class_0", "class_1", "class_2"]]);
    expect(data.x[12]).toBe(1065);
  });

  test("digits: .csv.gz, a target of whole numbers 0 to 9 is ten classes in numeric order", async () => {
    const data = await csv(fixture("digits.csv.gz"), { target: "digit", scale: "none" });
    expect(data).toMatchObject({ rows: 1797, features: 64, classes: 10, scale: "none" });
    expect(data.classNames).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(data.x[2]).toBe(5);
  });

  test("the same bytes give the same dataset from a path, an array, a Blob, a stream, text, gzipped or not", async () => {
    const bytes = new Uint8Array(readFileSync(fixture("iris.csv")));
    const expected = { ...(await csv(fixture("iris.csv"), { target: "species" })) };
    const zipped = new Uint8Array(gzipSync(bytes));
    const sources = [
      bytes,
      new Blob([bytes]),
      new Blob([zipped]).stream(),
      zipped,
      { text: Buffer.from(bytes).toString() },
    ];
    for (const source of sources) expect({ ...(await csv(source, { target: "species" })) }).toEqual(expected);
  });
});

describe("csv reads the text", () => {
  test("LF, CRLF, CR, mixed line ends, a BOM, blank lines and a missing last line end are all the same", async () => {
    const expected = { x: [[1], [2], [3]], y: [0, 1, 0] };
    for (const text of [
      "a,t\n1,p\n2,q\n3,p\n",
      "a,t\r\n1,p\r\n2,q\r\n3,p\r\n",
      "a,t\r1,p\r2,q\r3,p",
      "a,t\r\n1,p\n2,q\r\n3,p",
      "\ufeffa,t\n1,p\n2,q\n3,p",
      '\ufeff"a","t"\n1,p\n2,q\n3,p',
      "\n\na,t\n\n1,p\n   \n2,q\n3,p\n\n\n",
      '"a","t"\r\n"1","p"\r\n"2","q"\r\n"3","p"',
      " a , t \n 1 , p \n 2,q\t\n3 ,p",
    ]) {
      expect(await values(text, { target: "t" }), JSON.stringify(text)).toEqual(expected);
    }
  });

  test("quoted cells may hold delimiters, line ends and doubled quotes", async () => {
    const text = 'name,t\n"a,b",1.5\n"line\nend",2.5\n"say ""hi""",3.5\n"",4.5\n';
    const data = await of(text, { target: "t", missing: "drop" });
    expect(data.featureNames).toEqual(["name=a,b", "name=line\nend", 'name=say "hi"']);
    expect([...data.y]).toEqual([1.5, 2.5, 3.5]);
  });

  test("UTF-8 and UTF-16 with its mark are read; other bytes are refused with the remedy", async () => {
    const text = "größe,t\n1,Ä\n2,ß\n";
    const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, "utf16le")]);
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), utf16]) {
      const data = await csv(bytes, { target: "t" });
      expect([data.featureNames, data.classNames]).toEqual([["größe"], ["Ä", "ß"].sort()]);
    }
    await fails(() => csv(Buffer.from(text, "latin1"), { target: "t" }), "INVALID_FILE", /UTF-8/);
  });

  test.each([",", ";", "\t", "|"])("the delimiter %j is found, and can be given", async delimiter => {
    const text = "a,b,t\n1.5,2,x y\n3.5,4,z\n".replaceAll(",", delimiter);
    const expected = {
      x: [
        [1.5, 2],
        [3.5, 4],
      ],
      y: [0, 1],
    };
    expect(await values(text, { target: "t" })).toEqual(expected);
    expect(await values(text, { target: "t", delimiter })).toEqual(expected);
  });

  test("the delimiter that splits evenly wins over one inside texts", async () => {
    const text = "note;t\nhello, world;1.5\none, two, three;2.5\nplain;3.5\n";
    expect((await of(text, { target: "t" })).features).toBe(3);
  });

  test("a file of one column needs no delimiter", async () => {
    expect(await values("a\n1\n2\n")).toEqual({ x: [[1], [2]], y: [] });
  });

  test("another delimiter can be given, but no quote, line end or longer text", async () => {
    expect(await values("a:t\n1:p\n2:q", { target: "t", delimiter: ":" })).toEqual({ x: [[1], [2]], y: [0, 1] });
    for (const delimiter of ["", '"', "\n", "\r", ", ", 5, null]) {
      await fails(
        () => of("a,t\n1,2", { target: "t", delimiter: delimiter as string }),
        "INVALID_ARGUMENT",
        /delimiter/,
      );
    }
  });

  test("10,000 rows keep their order and their values", async () => {
    const text = `i,half,t\n${Array.from({ length: 10_000 }, (_, i) => `${i},${i / 2},${i % 2 ? "odd" : "even"}`).join("\n")}`;
    const data = await of(text, { target: "t" });
    expect(data.rows).toBe(10_000);
    for (let i = 0; i < 10_000; i++) {
      if (data.x[2 * i] !== i || data.x[2 * i + 1] !== i / 2 || data.y[i] !== i % 2) expect.fail(`row ${i}`);
    }
  });
});

describe("csv finds the header", () => {
  const names = async (text: string, options?: CsvOptions) => (await of(text, options)).featureNames;

  test("numbers in the first row: none; names above numbers: one", async () => {
    expect(await names("1,2\n3,4\n")).toEqual(["c0", "c1"]);
    expect(await names("a,b\n3,4\n")).toEqual(["a", "b"]);
    expect(await names("5.1,setosa\n4.9,virginica\n", { target: 1 })).toEqual(["c0"]);
    expect(await names("?,2\n3,4\n", { target: null, missing: "drop" })).toEqual(["c0", "c1"]);
  });

  test("all text: a header unless a cell of the first row comes again below", async () => {
    expect(await names("size,colour\nbig,red\nsmall,blue\n")).toEqual([
      "size=big",
      "size=small",
      "colour=blue",
      "colour=red",
    ]);
    expect(await names("big,red\nsmall,blue\nbig,blue\n")).toEqual(["c0=big", "c0=small", "c1=blue", "c1=red"]);
  });

  test("a first row that holds the target's name is a header, even among numbers", async () => {
    expect(await names("2019,2020,t\n1,2,3\n4,5,6\n", { target: "t" })).toEqual(["2019", "2020"]);
  });

  test("header: true and false decide", async () => {
    expect(await names("1,2\n3,4\n", { target: null, header: true })).toEqual(["1", "2"]);
    expect((await of("a,b\nc,d\n", { target: null, header: false })).rows).toBe(2);
    await fails(() => of("a\n1", { target: null, header: "yes" as never }), "INVALID_ARGUMENT", /header.*"yes"/);
  });

  test("a column without a name has one by position", async () => {
    expect(await names(",a\n0,1\n1,2\n")).toEqual(["c0", "a"]);
  });

  test("a name that comes twice is refused", async () => {
    await fails(() => of("a,b,a\n1,2,3\n"), "INVALID_FILE", /columns 1 and 3 are both named "a"/);
  });

  test("names of JavaScript's own are names like others", async () => {
    const data = await of("__proto__,constructor,toString\n1,2,x\n3,4,y\n", { target: "toString" });
    expect(data.featureNames).toEqual(["__proto__", "constructor"]);
    const classes = await of("a,t\n1,__proto__\n2,constructor\n", { target: "t" });
    expect([classes.classNames, [...classes.y]]).toEqual([
      ["__proto__", "constructor"],
      [0, 1],
    ]);
  });
});

describe("csv turns columns into numbers", () => {
  test("numbers in every decimal spelling", async () => {
    const text = "a\n1\n-2.5\n+3\n.5\n5.\n1e3\n-1.5E-2\n007\n-0\n";
    const { x } = await values(text);
    expect(x.flat()).toEqual([1, -2.5, 3, 0.5, 5, 1000, Math.fround(-0.015), 7, -0]);
  });

  test("what only looks like a number is text", async () => {
    for (const cell of ["0x10", "0b1", "0o7", "1_000", "1 000", "1.2.3", "--1", "1e", "1n", "true", "e5"]) {
      const data = await of(`a\n${cell}\nother\n`);
      expect(data.features, cell).toBe(2);
    }
  });

  test("text becomes one feature per category, sorted, even for two", async () => {
    const data = await of("size,colour,t\n1,red,1.5\n2,blue,2.5\n3,red,3.5\n", { target: "t" });
    expect(data.featureNames).toEqual(["size", "colour=blue", "colour=red"]);
    expect([...data.x]).toEqual([1, 0, 1, 2, 1, 0, 3, 0, 1]);
  });

  test("more than 1000 categories are refused with the remedy, 1000 are not", async () => {
    const ids = (n: number) => `id,a\n${Array.from({ length: n }, (_, i) => `id${i},${i}`).join("\n")}`;
    expect((await of(ids(1000))).features).toBe(1001);
    await fails(() => of(ids(1001)), "INVALID_FILE", /"id".*1001 different.*exclude: \["id"\]/);
    expect((await of(ids(1001), { target: null, exclude: ["id"] })).features).toBe(1);
  });

  test("a slip in a column of numbers is named with its line, not turned into categories", async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `${i / 3},${i}`);
    rows[56] = "12..4,56";
    await fails(() => of(`a,b\n${rows.join("\n")}`), "INVALID_FILE", /line 58, column "a": "12..4" is not a number/);
  });

  test("a few codes among text stay categories", async () => {
    expect((await of("a\n1\n2\n3+\n1\n2\n3+\n")).featureNames).toEqual(["a=1", "a=2", "a=3+"]);
  });

  test("numbers with a decimal comma are named rather than turned into categories", async () => {
    await fails(() => of("a;b\n1,5;2\n2,5;3\n"), "INVALID_FILE", /column "a" holds numbers with a comma, like "1,5"/);
  });

  test("infinities and numbers beyond 32 bits are named with line and column", async () => {
    for (const cell of ["Infinity", "-inf", "INF", "1e999"]) {
      await fails(() => of(`a,b\n1,2\n3,${cell}\n`), "NON_FINITE_DATA", /line 3, column "b": .*infinite/);
    }
    await fails(() => of("a,b\n1,2\n3,1e39\n"), "NON_FINITE_DATA", /line 3, column "b": 1e39 is too large/);
  });
});

describe("csv finds the task", () => {
  const task = async (cells: readonly unknown[], options: CsvOptions = {}) => {
    const text = `a,t\n${cells.map((cell, i) => `${i},${cell}`).join("\n")}`;
    const data = await of(text, { target: "t", ...options });
    return data.y instanceof Int32Array ? data.classNames : data.classes;
  };

  test("text is classification; so are few whole numbers that come twice on average; others are regression", async () => {
    expect(await task(["x", "y", "x"])).toEqual(["x", "y"]);
    expect(await task([10, 9, 10, 9, 2, 2])).toEqual(["2", "9", "10"]);
    expect(await task([0, 1, 2, 0, 1])).toBe(1);
    expect(await task([0.5, 1, 0.5, 1])).toBe(1);
    const many = (n: number) => Array.from({ length: 4 * n }, (_, i) => i % n);
    expect(await task(many(20))).toHaveLength(20);
    expect(await task(many(21))).toBe(1);
  });

  test("task decides", async () => {
    expect(await task([0, 1, 0, 1], { task: "regression" })).toBe(1);
    expect(await task([0.5, 1, 2], { task: "classification" })).toEqual(["0.5", "1", "2"]);
    await fails(
      () => task(["x", 1, 2], { task: "regression" }),
      "INVALID_FILE",
      /line 2, column "t": "x" is not a number/,
    );
    await fails(() => task([1, 2], { task: "ranking" as never }), "INVALID_ARGUMENT", /task.*"ranking"/);
  });

  test("labels that are the same number are the same class; long integers are not merged", async () => {
    expect(await task(["1.0", "1", "01", "2", "-0", "0"], { task: "classification" })).toEqual(["0", "1", "2"]);
    const long = ["9007199254740993", "9007199254740992"];
    expect(await task(long, { task: "classification" })).toHaveLength(2);
    expect(await task(["1", "01", "x"], { task: "classification" })).toEqual(["01", "1", "x"]);
  });

  test("an array of targets is regression, its columns in the order asked for", async () => {
    const data = await of("a,u,b,v\n1,2,3,4\n5,6,7,8\n", { target: ["v", "u"] });
    expect(data).toMatchObject({ features: 2, targets: 2, classes: 2 });
    expect([[...data.x], [...data.y]]).toEqual([
      [1, 3, 5, 7],
      [4, 2, 8, 6],
    ]);
    const both: CsvOptions = { target: ["v", "u"], task: "classification" };
    await fails(() => of("a,u,v\n1,2,3\n", both), "INVALID_ARGUMENT", /one target, got 2/);
  });

  test("target: null reads features alone", async () => {
    const data = await of("a,b\n1,2\n3,4\n");
    expect(data).toMatchObject({ rows: 2, features: 2, targets: 0, classes: 0 });
    expect(data.y.length).toBe(0);
  });
});

describe("csv and missing values", () => {
  const text = "a,b,t\n1,x,1.5\n?,y,2.5\n4,,3.5\n1,y,4.5\n";
  const first = async (options: CsvOptions) => (await values(text, { target: "t", ...options })).x;

  test.each(["", "?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"])("%j is missing", async cell => {
    await fails(() => of(`a,b\n1,2\n${cell},4\n`), "NON_FINITE_DATA", /line 3, column "a": the value is missing/);
  });

  test("the default names line, column and remedy", async () => {
    await fails(() => of(text, { target: "t" }), "NON_FINITE_DATA", /line 3, column "a".*\("\?"\).*"drop", "mean"/);
  });

  test("drop leaves such rows out before anything is inferred", async () => {
    expect(await first({ missing: "drop" })).toEqual([
      [1, 1, 0],
      [1, 0, 1],
    ]);
    await fails(() => of("a,b\n1,\n,2\n", { target: null, missing: "drop" }), "INVALID_FILE", /every row/);
    expect((await values("a,b\n1,\n3,2\n", { target: "a", exclude: [], missing: "drop" })).y).toEqual([3]);
  });

  test("drop looks only at columns that are used", async () => {
    expect((await of("a,b\n1,\n3,2\n", { target: null, exclude: ["b"], missing: "drop" })).rows).toBe(2);
  });

  test("mean, median, mostFrequent and a number fill numbers; categories take the most frequent", async () => {
    expect(await first({ missing: "mean" })).toEqual([
      [1, 1, 0],
      [2, 0, 1],
      [4, 0, 1],
      [1, 0, 1],
    ]);
    expect((await first({ missing: "median" }))[1]).toEqual([1, 0, 1]);
    expect((await first({ missing: "mostFrequent" }))[1]).toEqual([1, 0, 1]);
    expect((await first({ missing: -7 }))[1]).toEqual([-7, 0, 1]);
    expect((await first({ missing: -7 }))[2]).toEqual([4, 0, 1]);
  });

  test("the median of an even count lies between; a tie of the most frequent goes to the smaller", async () => {
    const even = await values("a,b\n1,1\n2,1\n4,1\n10,1\n,1\n", { target: null, missing: "median" });
    expect(even.x[4]![0]).toBe(3);
    const tie = await values("a,b\n10,1\n9,1\n,1\n", { target: null, missing: "mostFrequent" });
    expect(tie.x[2]![0]).toBe(9);
  });

  test("a missing target is never made up", async () => {
    const noTarget = "a,t\n1,x\n2,\n3,y\n";
    for (const missing of ["error", "mean", "mostFrequent", 0] as const) {
      const options: CsvOptions = { target: "t", missing };
      await fails(() => of(noTarget, options), "NON_FINITE_DATA", /line 3, column "t": the target .*"drop"/);
      await fails(() => of("a,t\n1,1.5\n2,?\n", options), "NON_FINITE_DATA", /line 3.*the target/);
    }
    expect((await values(noTarget, { target: "t", missing: "drop" })).y).toEqual([0, 1]);
  });

  test("a column without any value is refused with the remedy, whatever the policy", async () => {
    for (const missing of ["error", "mean", 0] as const) {
      await fails(() => of("a,b\n1,\n2,?\n", { target: null, missing }), "INVALID_FILE", /"b" has no value.*exclude/);
    }
    await fails(() => of("a,t\n1,\n2,?\n", { target: "t" }), "INVALID_FILE", /target "t" has no value/);
  });

  test("a policy of another kind is refused", async () => {
    for (const missing of ["zero", Number.NaN, 1e39, null, true]) {
      await fails(() => of(text, { target: "t", missing: missing as never }), "INVALID_ARGUMENT", /missing must be/);
    }
  });
});

describe("csv refuses broken files", () => {
  test("a row of another length is named by line, also after quoted line ends and blank lines", async () => {
    await fails(() => of("a,b\n1,2\n3\n"), "INVALID_FILE", /line 3 has 1 cells, but line 1 has 2/);
    await fails(() => of("a,b\n1,2\n3,4,5\n"), "INVALID_FILE", /line 3 has 3 cells/);
    await fails(() => of('a,b\n"x\ny\nz",2\n\n3,4,5\n'), "INVALID_FILE", /line 6 has 3 cells/);
    await fails(() => of('a,b\r\n"x\r\ny",2\r\n3,4,5\r\n'), "INVALID_FILE", /line 4 has 3 cells/);
  });

  test("a quote that never closes, and text after a closing quote, are named by line", async () => {
    await fails(() => of('a,b\n1,2\n3,"4\n5,6\n'), "INVALID_FILE", /line 3: a quote opens and never closes/);
    await fails(() => of('a,b\n1,2\n"3"x,4\n5,6\n'), "INVALID_FILE", /line 3: text follows a closing quote/);
  });

  test("a file without rows says so", async () => {
    for (const text of ["", "\n\n", "  \r\n ", "\ufeff"]) await fails(() => of(text), "INVALID_FILE", /is empty/);
    await fails(() => of("a,b\n"), "INVALID_FILE", /no row after it/);
    await fails(() => of("1,2\n", { target: null, header: true }), "INVALID_FILE", /no row after it/);
  });

  test("the message names the file", async () => {
    const path = fixture("iris.csv");
    await fails(() => csv(path, { target: "specie" }), "INVALID_ARGUMENT", /iris\.csv.*did you mean "species"/);
    await fails(() => csv(`${path}.no`, { target: "species" }), "FILE_NOT_FOUND", /iris\.csv\.no/);
  });

  test("maxBytes bounds what is read", async () => {
    const zipped = gzipSync(`a\n${"1\n".repeat(100_000)}`);
    await fails(() => csv(zipped, { target: null, maxBytes: 10_000 }), "INVALID_FILE", /more than 10000 bytes/);
    await fails(() => of("a\n1", { target: null, maxBytes: 0 }), "INVALID_ARGUMENT", /maxBytes/);
  });

  test("a hostile name or value does not flood the message", async () => {
    const long = "z".repeat(100_000);
    const error = await of(`${long},b\n1,2\n`, { target: "q" }).catch(e => e);
    expect(error.message.length).toBeLessThan(1000);
    const value = await of(`a,b\n1,2\n3,${"9".repeat(100_000)}\n`).catch(e => e);
    expect([value.code, value.message.length < 1000]).toEqual(["NON_FINITE_DATA", true]);
  });
});

describe("csv checks its options", () => {
  const text = "a,b,t\n1,2,x\n3,4,y\n";

  test("an unknown option is named with the nearest known one", async () => {
    await fails(() => of(text, { targt: "t" } as never), "UNKNOWN_OPTION", /"targt".*"target"/);
    await fails(() => of(text, { target: "t", seperator: ";" } as never), "UNKNOWN_OPTION", /"seperator"/);
    await fails(() => of(text, null as never), "INVALID_ARGUMENT", /object/);
    await fails(() => of(text, "t" as never), "INVALID_ARGUMENT", /object/);
  });

  test("target is required, and of the right kind", async () => {
    await fails(() => of(text, {}), "INVALID_ARGUMENT", /target is missing/);
    await fails(() => csv({ text }), "INVALID_ARGUMENT", /target is missing/);
    for (const target of [1.5, {}, true, [null], Number.NaN]) {
      await fails(() => of(text, { target: target as never }), "INVALID_ARGUMENT", /target must be/);
    }
    await fails(() => of(text, { target: [] }), "INVALID_ARGUMENT", /empty array/);
  });

  test("a target that is no column is named with what there is", async () => {
    await fails(() => of(text, { target: "T" }), "INVALID_ARGUMENT", /"T".*"a", "b", "t".*did you mean "t"/);
    await fails(() => of("1,2\n3,4", { target: "t" }), "INVALID_ARGUMENT", /"c0", "c1".*header: true/);
    for (const target of [3, -4]) await fails(() => of(text, { target }), "INVALID_ARGUMENT", /it has 3/);
    expect((await of(text, { target: 2 })).classNames).toEqual(["x", "y"]);
    expect((await of(text, { target: -1 })).classNames).toEqual(["x", "y"]);
  });

  test("exclude leaves columns out, and only such as are there and are no target", async () => {
    expect((await of(text, { target: "t", exclude: ["a"] })).featureNames).toEqual(["b"]);
    await fails(() => of(text, { target: "t", exclude: ["z"] }), "INVALID_ARGUMENT", /exclude "z" is not a column/);
    await fails(() => of(text, { target: "t", exclude: ["t"] }), "INVALID_ARGUMENT", /"t" is excluded too/);
    await fails(() => of(text, { target: ["t", 2] }), "INVALID_ARGUMENT", /"t" is named twice/);
    await fails(() => of(text, { target: "t", exclude: ["a", "b"] }), "INVALID_ARGUMENT", /no column left/);
    await fails(() => of(text, { target: "t", exclude: "a" as never }), "INVALID_ARGUMENT", /exclude must be an array/);
  });

  test("scale is one of three, and a source is a source", async () => {
    expect((await of(text, { target: "t", scale: "minmax" })).scale).toBe("minmax");
    await fails(() => of(text, { target: "t", scale: true as never }), "INVALID_ARGUMENT", /scale.*"minmax"/);
    for (const bad of [undefined, null, 5, {}, { text: 5 }, [1]]) {
      await fails(() => csv(bad as never, { target: null }), "INVALID_ARGUMENT", /source must be/);
    }
  });
});
