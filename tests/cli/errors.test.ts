// What goes wrong: one line on stderr, an exit code, and nothing left behind. Most of it is tried in this process, which
// is faster; that a process ends the same way is tried once for each kind.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explain, type Failure } from "../../host/cli/failure.ts";
import { program } from "../../host/cli/program.ts";
import { commandLine, iris } from "./run-cli.ts";

const { run, file, folder } = commandLine();
const home = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => process.chdir(home));

/** How the program ends that is called like this. */
async function attempt(...args: string[]): Promise<Failure> {
  try {
    await program(new AbortController().signal).parseAsync(args, { from: "user" });
  } catch (error) {
    return explain(error, args);
  }
  return { exitCode: 0, code: "" };
}

describe("wrong usage ends with 2 and names what is wrong", () => {
  test.each<[string, string[], RegExp]>([
    ["no data", ["train"], /'DATA'/],
    ["an unknown command", ["trian"], /'trian' \(Did you mean train\?\)/],
    ["an unknown option", ["train", "digits", "--epoch", "3"], /'--epoch' \(Did you mean --epochs\?\)/],
    ["no epochs", ["train", "digits", "--epochs", "0"], /'--epochs <n>' argument '0' .*whole number from 1 on/],
    ["a rate that is no number", ["train", "digits", "--lr", "abc"], /'--lr <rate>' argument 'abc' .*above 0/],
    ["a rate of nothing", ["train", "digits", "--lr", "0x10"], /'--lr <rate>'/],
    ["an unknown rule", ["train", "digits", "--optimizer", "adm"], /unknown optimizer "adm"; did you mean "adam"/i],
    ["an unknown option of a rule", ["train", "digits", "--optimizer", "sgd:momentun=1"], /did you mean "momentum"/],
    ["an option of a rule out of range", ["train", "digits", "--optimizer", "sgd:momentum=2"], /\[0, 1\)/],
    ["a bad layer", ["train", "digits", "--layers", "64,"], /'--layers <units>' argument '64,'/],
    ["a dropout of 1", ["train", "digits", "--dropout", "1"], /'--dropout <rate>' argument '1'/],
    ["two ways to split", ["train", "digits", "--split-at", "9", "--test", "3"], /'--test <part>' cannot be used/],
    ["no target", ["train", iris], /--target is missing/],
    ["a target of a built-in", ["train", "digits", "--target", "x"], /--target is for CSV files/],
    ["labels of a CSV file", ["train", iris, "labels", "--target", "species"], /LABELS is "labels"/],
    ["too many arguments", ["info", "a", "b"], /too many arguments/],
  ])("%s", async (_, args, pattern) => {
    expect(await attempt(...args)).toMatchObject({ exitCode: 2, message: expect.stringMatching(pattern) });
  });

  test("no command shows the help", async () => {
    const result = await run();
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^Usage: trainlet/);
    expect(result.stdout).toBe("");
  });

  test("--out that is the data leaves the data alone", async () => {
    const copy = readFileSync(iris, "utf8");
    writeFileSync(file("own.csv"), copy);
    const { code, stdout, stderr } = await run("train", "own.csv", "--target", "species", "--out", "./own.csv");
    expect(stderr).toBe(
      'trainlet: --out "./own.csv" would overwrite "own.csv"; give another name (see trainlet train --help)\n',
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(readFileSync(file("own.csv"), "utf8")).toBe(copy);
  });
});

test("--help and --version end with 0", async () => {
  const [help, version] = await Promise.all([run("train", "--help"), run("--version")]);
  expect(help.code).toBe(0);
  expect(help.stdout).toMatch(/Examples:\n {2}trainlet train digits/);
  const { version: expected } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(version).toEqual({ code: 0, stdout: `${expected}\n`, stderr: "" });
});

describe("what fails ends with 1", () => {
  const quick = ["--target", "species", "--epochs", "1", "--out", "never.st"];
  const lines = readFileSync(iris, "utf8").trimEnd().split("\n");
  const put = (name: string, change: (line: string, i: number) => string) => {
    writeFileSync(file(name), lines.map(change).join("\n"));
    return name;
  };
  let before: string[];
  beforeAll(async () => {
    expect((await run("train", iris, "--target", "species", "--epochs", "1", "--out", "good.st")).code).toBe(0);
    const bytes = readFileSync(file("good.st"));
    writeFileSync(file("short.st"), bytes.subarray(0, bytes.length - 10));
    writeFileSync(file("locked.st"), "mine", { mode: 0o444 });
    writeFileSync(file("shorter.st"), bytes.subarray(0, 100));
    // Of the same length, so that the file is sound but for what it says of its columns.
    const hostile = bytes.toString("latin1").replace('\\"kind\\":\\"number', '\\"kind\\":\\"nomber');
    writeFileSync(file("hostile.st"), hostile, "latin1");
    put("ragged.csv", (line, i) => (i === 5 ? `${line},1` : line));
    put("infinite.csv", (line, i) => (i === 5 ? line.replace(/^[\d.]+/, "inf") : line));
    put("empty-cell.csv", (line, i) => (i === 5 ? line.replace(/^[\d.]+/, "") : line));
    put("martian.csv", (line, i) => (i === 5 ? line.replace("setosa", "martian") : line));
    put("narrow.csv", line => line.split(",").slice(1).join(","));
    writeFileSync(file("odd.idx"), Buffer.from([0, 0, 8, 3, 0, 0, 0, 9]));
    before = readdirSync(folder);
  });

  const cases: [string, string[], RegExp][] = [
    ["a built-in that is none", ["train", "digts"], /no file or built-in data set "digts"; did you mean "digits"\?/],
    ["a file that is none", ["train", "x.csv", ...quick], /no file or built-in data set "x\.csv"/],
    ["a folder", ["train", "..", ...quick], /is a folder/],
    ["a column that is none", ["train", iris, "--target", "specie"], /did you mean "species"\?/],
    ["ragged rows", ["train", "ragged.csv", ...quick], /ragged\.csv, line 6 has 6 cells/],
    ["an infinite value", ["train", "infinite.csv", ...quick], /line 6, column "sepal_length"/],
    ["a missing value", ["train", "empty-cell.csv", ...quick], /line 6, column "sepal_length": the value is missing/],
    ["a split that leaves nothing", ["train", "digits", "--split-at", "1797"], /--split-at 1797 leaves no row/],
    ["a loss for two classes", ["train", "digits", "--loss", "hinge"], /two classes.*10/],
    ["a model that would lie in no folder", ["train", "digits", "--out", "no/m.st"], /--out "no\/m\.st": its folder/],
    [
      "a model in a read-only place",
      ["train", "digits", "--out", "locked.st"],
      /--out "locked\.st": this file is read-only/,
    ],
    ["a broken IDX file", ["train", "odd.idx", "odd.idx"], /odd\.idx: the file ends inside the IDX header/],
    ["an IDX file without labels", ["train", "odd.idx"], /no label file/],
    [
      "a training that diverges",
      ["train", "iris", "--optimizer", "sgd", "--lr", "1e30", "--out", "never.st"],
      /diverged/,
    ],
    ["a label that training never saw", ["evaluate", "good.st", "martian.csv"], /line 6, .*unknown class "martian"/],
    ["a table without a column", ["predict", "good.st", "narrow.csv"], /no column "sepal_length"/],
    ["data of another problem", ["evaluate", "good.st", "digits"], /digits has the classes "0", .*"setosa"/],
    ["a model that is none", ["info", "x.st"], /there is no file "x\.st"/],
    ["a model cut short", ["evaluate", "short.st", iris], /truncated|bytes/],
    ["a model cut within its header", ["predict", "shorter.st", iris, "--out", "never.csv"], /truncated/],
    ["a model with columns of no kind", ["info", "hostile.st"], /schema\.columns\[0\]\.kind must be one of/],
    ["the same, with data that needs no columns", ["predict", "hostile.st", "iris"], /schema\.columns\[0\]\.kind/],
    ["a table for a model", ["info", iris], /safetensors/],
  ];
  test.each(cases)("%s", async (_, args, pattern) => {
    const failure = await attempt(...args, ...(args[0] === "train" ? ["--quiet"] : []));
    expect(failure).toMatchObject({ exitCode: 1, message: expect.stringMatching(pattern) });
  });

  test("as a process too: one line, no stack", async () => {
    const { code, stdout, stderr } = await run("evaluate", "good.st", "martian.csv");
    expect(stderr).toMatch(/^trainlet: martian\.csv, line 6, [^\n]*unknown class "martian"[^\n]*\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("and leaves no file behind", async () => {
    expect(readdirSync(folder).sort()).toEqual([...new Set([...before, "own.csv"])].sort());
  });
});

describe("--json tells errors as JSON", () => {
  test.each([
    [["train", "digts", "--json"], 1, "FILE_NOT_FOUND"],
    [["train", "digits", "--json", "--epochs", "x"], 2, "INVALID_ARGUMENT"],
    [["info", "--json", "--nope", "x"], 2, "UNKNOWN_OPTION"],
  ])("%j", async (args, exitCode, code) => {
    const { stdout, stderr, code: ended } = await run(...args);
    expect(ended).toBe(exitCode);
    const { error } = JSON.parse(stdout);
    expect(error.code).toBe(code);
    expect(stderr).toBe(`trainlet: ${error.message}\n`);
  });
});
