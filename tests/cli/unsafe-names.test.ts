// Names of columns, classes and files that a terminal would obey, or that break tables, in all that the commands print.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { commandLine, iris } from "./run-cli.ts";

const { run, shell, file } = commandLine();
const nasty = "\u001b[31m\u0085\u009b2J\u202e\u2066\u200b\u2028z";
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const quick = ["--epochs", "2", "--layers", "4"];
/** Columns that a terminal takes for it. */
const width = (text: string) =>
  [...text].reduce((sum, c) => sum + (/[\u1100-\u115f\u2e80-\uffef]|\p{Emoji_Presentation}/u.test(c) ? 2 : 1), 0);
const clean = (text: string) => expect(text.replaceAll("\n", "")).not.toMatch(unsafe);

beforeAll(async () => {
  const classes = [`"${nasty}\nq"`, "名前の長いクラス", "👩 x", "plain"];
  const rows = Array.from({ length: 80 }, (_, i) => `${i},${i % 7},${classes[i % 4]}`);
  writeFileSync(file("nasty.csv"), `"${nasty}\na",b,"${nasty}\nt"\n${rows.join("\n")}\n`);
  const { code, stdout, stderr } = await run(
    "train",
    "nasty.csv",
    "--target",
    "-1",
    ...quick,
    "--out",
    "m.st",
    "--report",
    "r.html",
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  clean(stdout);
});

test.each([
  ["info", "m.st"],
  ["evaluate", "m.st", "nasty.csv"],
  ["lr-find", "nasty.csv", "--target", "-1", "--steps", "10"],
  ["compare", "nasty.csv", "--target", "-1", "--optimizers", "sgd", "--epochs", "2", "--seeds", "1"],
])("%s prints none of it, as text and as JSON", async (...args) => {
  for (const more of [[], ["--json"]]) {
    const { code, stdout, stderr } = await run(...args, ...more);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    clean(stdout);
    if (more.length) expect(() => JSON.parse(stdout)).not.toThrow();
  }
});

test("JSON holds the names as they are, escaped", async () => {
  const { stdout } = await run("info", "m.st", "--json");
  expect(JSON.parse(stdout).classes).toContain(`${nasty}\nq`);
});

test("tables keep their columns beside wide names", async () => {
  const { stdout } = await run("evaluate", "m.st", "nasty.csv");
  const lines = stdout.trimEnd().split("\n").slice(1);
  expect(lines).toHaveLength(6);
  expect(new Set(lines.map(width)).size).toBe(1);
});

test("the report holds none of it", () => {
  clean(readFileSync(file("r.html"), "utf8"));
});

test("errors that quote a name of a file or a column are one line without it", async () => {
  const name = `x${nasty.replaceAll("/", "")}\ny.csv`;
  copyFileSync(iris, file(name));
  const outcomes = await Promise.all([
    run("train", name, "--target", "none"),
    run("train", `no${nasty}`),
    run("info", `no${nasty}`),
    run("predict", "m.st", name),
    run("train", "digits", "--out", `no${nasty}/m.st`),
    run("train", "digits", `--${nasty}`),
    run("train", "digits", "--optimizer", nasty),
    run("compare", "digits", "--optimizers", `sgd,${nasty}`),
    run("evaluate", name, "digits", "--json"),
  ]);
  for (const { stdout, stderr } of outcomes) {
    expect(stderr).toMatch(/^trainlet: [^\n]+\n$/);
    clean(stderr);
    clean(stdout);
    expect(stderr).not.toMatch(/\n +at |\.js:\d/);
  }
});

test("names of files are one line, too", async () => {
  const name = `d${nasty.replaceAll("/", "")}\nz`;
  copyFileSync(iris, file(`${name}.csv`));
  const options = ["--target", "species", ...quick, "--out", `${name}.st`, "--report", `${name}.html`];
  const { code, stdout } = await run("train", `${name}.csv`, ...options);
  expect(code).toBe(0);
  clean(stdout);
  expect(stdout.split("\n")[0]).toMatch(/z\.csv: 150 rows/);
  expect(stdout.trimEnd().split("\n").slice(-2).join()).toMatch(
    /^report written to d.*z\.html,model saved to d.*z\.st$/,
  );
});

test("predictions are as they are in a pipe, and escaped in a terminal", async () => {
  const { stdout } = await run("predict", "m.st", "nasty.csv");
  expect(stdout).toContain(nasty);
  const shown = await shell('script -qec "$CLI predict m.st nasty.csv" /dev/null < /dev/null');
  if (shown.code === 0) expect(shown.stdout).not.toContain("\u001b[31m");
});
