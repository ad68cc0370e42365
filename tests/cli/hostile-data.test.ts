// Data that is a mistake or an attack: the model is saved, outputs stay readable, and nothing takes for ever.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commandLine, iris } from "./run-cli.ts";

const { run, shell, file } = commandLine();
const put = (name: string, text: string) => {
  writeFileSync(file(name), text);
  return name;
};

describe("a target of identifiers", () => {
  const rows = Array.from({ length: 12_000 }, (_, i) => `${i % 97},${i % 89},id${i % 6000}`);
  const train = ["train", "ids.csv", "--target", "y", "--layers", "4", "--epochs", "1", "--batch-size", "256"];
  test("is trained on and saved, says what it looks like, and has no table", async () => {
    put("ids.csv", `a,b,y\n${rows.join("\n")}\n`);
    const { code, stdout, stderr } = await run(...train, "--out", "ids.st", "--report", "ids.html");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(
      'note: the target "y" has 6,000 different values in 12,000 rows: it looks like an identifier',
    );
    expect(stdout).toContain("no table of precision and recall: there are more than 1,000 classes");
    expect(stdout).toContain("model saved to ids.st");
    expect(stdout.split("\n").length).toBeLessThan(15);
    expect(existsSync(file("ids.html"))).toBe(true);
    const evaluated = await run("evaluate", "ids.st", "ids.csv", "--json");
    const { metrics } = JSON.parse(evaluated.stdout);
    expect(Object.keys(metrics)).toEqual(["loss", "accuracy"]);
    expect(evaluated.stdout.length).toBeLessThan(1000);
  });
  test("is noted for programs too, and a plain target is not", async () => {
    const [ids, plain] = await Promise.all([
      run(...train, "--out", "json.st", "--json"),
      run("train", iris, "--target", "species", "--epochs", "1", "--out", "plain.st", "--json"),
    ]);
    expect(JSON.parse(ids.stdout).data.notes).toHaveLength(1);
    expect(JSON.parse(plain.stdout).data.notes).toBeUndefined();
  });
});

test("a class that is a long row of digits takes no longer than its length, and is no formula", async () => {
  const long = `-${"1".repeat(100_000)}x`;
  const rows = (last: (i: number) => string) =>
    Array.from({ length: 20 }, (_, i) => `${i},${i % 2}${last(i)}`).join("\n");
  put("digits.csv", `a,b,y\n${rows(i => `,${i % 2 ? long : "-12.5e3"}`)}\n`);
  put("bare.csv", `a,b\n${rows(() => "")}\n`);
  const trained = await run(..."train digits.csv --target y --epochs 40 --lr 0.05 --out digits.st --quiet".split(" "));
  expect(trained).toMatchObject({ code: 0, stderr: "" });
  const start = performance.now();
  const { code } = await run("predict", "digits.st", "bare.csv", "--out", "digits-out.csv");
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(code).toBe(0);
  const text = readFileSync(file("digits-out.csv"), "utf8");
  expect(text).toMatch(/^-12\.5e3,/m);
  expect(text).toContain(`"'${long}",`);
});

test("more rows than are predicted at a time come out in their order, once each", async () => {
  const rows = Array.from({ length: 1500 }, (_, i) => `${i},c${i % 100}`);
  put("many.csv", `x,y\n${rows.join("\n")}\n`);
  await run(..."train many.csv --target y --layers none --epochs 1 --test 0 --out many.st --quiet".split(" "));
  const [toFile, toPipe, toJson] = await Promise.all([
    run("predict", "many.st", "many.csv", "--out", "many-out.csv"),
    run("predict", "many.st", "many.csv"),
    run("predict", "many.st", "many.csv", "--json"),
  ]);
  expect(toFile.stdout).toBe("1,500 predictions written to many-out.csv\n");
  expect(readFileSync(file("many-out.csv"), "utf8")).toBe(toPipe.stdout);
  const lines = toPipe.stdout.trimEnd().split("\n");
  const { columns, predictions } = JSON.parse(toJson.stdout);
  expect(lines[0]).toBe(columns.join(","));
  expect(lines.slice(1)).toEqual(predictions.map((cells: unknown[]) => cells.join(",")));
  // Standardised x is in every output: no two rows are alike.
  expect(new Set(lines).size).toBe(1501);
});

describe.skipIf(process.platform === "win32")("devices and folders in the place of files", () => {
  test.each([
    [["train", "/dev/zero", "--target", "y"], /device/],
    [["train", "/dev/null", "--target", "y"], /device/],
    [["predict", "/dev/zero", "iris"], /device/],
    [["info", "/dev/urandom"], /device/],
    [["evaluate", "..", "iris"], /folder/],
    [["lr-find", "pipe.csv", "--target", "y"], /named pipe/],
    [["info", "pipe.csv"], /named pipe/],
  ])("%j ends with a line", async (args, pattern) => {
    if (!existsSync(file("pipe.csv"))) execFileSync("mkfifo", [file("pipe.csv")]);
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^trainlet: [^\n]+\n$/);
    expect(stderr).toMatch(pattern);
  });
  test("a model may come from a pipe that the shell makes", async () => {
    await run("train", "iris", "--epochs", "1", "--out", "piped.st", "--quiet");
    const { stdout } = await shell("cat piped.st | $CLI info /dev/stdin; $CLI info <(cat piped.st)");
    expect(stdout.match(/bytes, trained for 1 epoch/g)).toHaveLength(2);
  });
});

test("limits are set by flags, and messages name them", async () => {
  put("three.csv", "a,y\n1,p\n2,q\n3,p\n");
  const idxFile = "ten.idx1";
  writeFileSync(file(idxFile), Buffer.from([0, 0, 8, 1, 0, 0, 0, 10, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]));
  const train = ["train", "three.csv", "--target", "y", "--epochs", "1", "--test", "0", "--out", "three.st", "--quiet"];
  expect(
    (await run(...train, "--max-rows", "4", "--max-cells", "8", "--max-columns", "2", "--max-bytes", "99")).code,
  ).toBe(0);
  const outcomes = await Promise.all([
    run(...train, "--max-rows", "3"),
    run("predict", "three.st", "three.csv", "--max-cells", "7"),
    run("evaluate", "three.st", "three.csv", "--max-columns", "1"),
    run("lr-find", "three.csv", "--target", "y", "--max-bytes", "9"),
    run("train", "digits", "--max-bytes", "9", "--out", "three.st"),
    run("train", idxFile, idxFile, "--max-bytes", "9", "--out", "three.st"),
    run("train", idxFile, idxFile, "--max-rows", "9", "--out", "three.st"),
  ]);
  expect(outcomes.map(({ code, stderr }) => [code, /--max-\w+|for CSV files/.exec(stderr)?.[0]])).toEqual([
    [1, "--max-rows"],
    [1, "--max-cells"],
    [1, "--max-columns"],
    [1, "--max-bytes"],
    [2, "--max-bytes"],
    [1, "--max-bytes"],
    [2, "--max-rows"],
  ]);
});
