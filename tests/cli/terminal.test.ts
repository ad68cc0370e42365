// How it behaves in a terminal, in a pipe, and when somebody ends it.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commandLine } from "./run-cli.ts";

const { run, shell, file } = commandLine();
const endless = ["train", "digits", "--layers", "256", "--epochs", "1000000"];

function has(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
const posix = process.platform !== "win32" && has("bash");

test("--quiet says nothing, and saves", async () => {
  expect(await run("train", "iris", "--epochs", "1", "--quiet", "--out", "quiet.st")).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  expect(existsSync(file("quiet.st"))).toBe(true);
});

describe.skipIf(!posix)("in a pipe", () => {
  test("a reader that leaves ends the training without a word", async () => {
    const line = `$CLI ${endless.join(" ")} --out gone.st | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await shell(line);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^digits: 1,797 rows, 64 features, 10 classes\n141\n$/);
    expect(existsSync(file("gone.st"))).toBe(false);
  });
  test("a reader of predictions that leaves hears no complaint", async () => {
    const { stdout, stderr } = await shell(
      "$CLI train iris --epochs 1 --quiet --out iris.st && $CLI predict iris.st iris | head -1",
    );
    expect(stderr).toBe("");
    expect(stdout).toBe("prediction,output_setosa,output_versicolor,output_virginica\n");
  });
  test("data may come from one", async () => {
    const rows = "sepal_length,sepal_width,petal_length,petal_width\\n5.1,3.5,1.4,0.2\\n";
    const line = `$CLI train iris --quiet --out piped.st && printf '${rows}' | $CLI predict piped.st /dev/stdin`;
    expect((await shell(line)).stdout).toMatch(/^prediction,.*\n\w+,[-\d.,]+\n$/);
  });
});

describe.skipIf(process.platform !== "linux" || !has("script"))("in a terminal", () => {
  test("one bar with the time left, loss and accuracy, then drawn tables; the cursor comes back", async () => {
    const { stdout } = await shell(`script -qec "$CLI train digits --epochs 40 --out tty.st" /dev/null < /dev/null`);
    expect(stdout).toMatch(/█+ 40\/40 \| ETA 0 s \| loss \d\S+, accuracy \d\.\d{4}/);
    expect(stdout).not.toMatch(/^epoch /m);
    expect(stdout).toContain("│ class           │ precision │ recall │     F1 │ support │");
    expect(stdout).toContain("model saved to tty.st");
    expect(stdout.lastIndexOf("\u001b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\u001b[?25l"));
  });
  test("of a comparison a bar a run, and drawn tables", async () => {
    const options = "--optimizers sgd,stochastic --epochs 30 --seeds 2";
    const { stdout } = await shell(`script -qec "$CLI compare iris ${options}" /dev/null < /dev/null`);
    const bars = [...stdout.matchAll(/([a-z]+ seed \d) █+ 30\/30 /g)].map(m => m[1]);
    expect([...new Set(bars)]).toEqual(["sgd seed 1", "stochastic seed 1", "sgd seed 2", "stochastic seed 2"]);
    expect(stdout).toMatch(/│ stochastic │ +0\.\d+ \(0\.\d+–0\.\d+\) │/);
    expect(stdout).not.toMatch(/^sgd seed 1 {2}loss/m);
  });
});
