// Ctrl-C and the system's request to end: the batch in hand is finished, what there is is saved, and said.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commandLine, finish, type Result } from "./run-cli.ts";

const { run, shell, start, file, folder } = commandLine();
const endless = ["train", "digits", "--layers", "256", "--epochs", "1000000"];
const temporaries = () => readdirSync(folder).filter(name => /\.tmp$/.test(name));

/** Starts it, and interrupts it once what it has said fits. */
async function interrupted(args: readonly string[], said: RegExp, signal: NodeJS.Signals = "SIGINT"): Promise<Result> {
  const child = start(args);
  const result = finish(child);
  let text = "";
  while (!said.test(text)) text += (await once(child.stdout!, "data"))[0];
  child.kill(signal);
  return await result;
}

describe.skipIf(process.platform === "win32")("a training that is interrupted", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s ends with %d and saves the model so far", async (signal, code) => {
    const out = `${signal}.st`;
    const { stderr, ...result } = await interrupted([...endless, "--out", out], /^epoch +2\//m, signal);
    expect(result.code).toBe(code);
    expect(stderr).toMatch(
      new RegExp(`^trainlet: interrupted in epoch \\d+ of 1000000; the model so far was saved to ${out}\n$`),
    );
    const epochs = Number(/epoch (\d+) of/.exec(stderr)![1]) - 1;
    const info = await run("info", out, "--json");
    expect(JSON.parse(info.stdout)).toMatchObject({ epochs, classes: { length: 10 } });
    const { metrics } = JSON.parse((await run("evaluate", out, "digits", "--json")).stdout);
    expect(metrics.accuracy).toBeGreaterThan(0.5);
    expect(temporaries()).toEqual([]);
  });

  test("saves numbers to predict in their own units", async () => {
    const rows = Array.from({ length: 400 }, (_, i) => `${i % 20},${1e6 + 1000 * (i % 20)}`);
    writeFileSync(file("prices.csv"), `a,price\n${rows.join("\n")}\n`);
    const task = ["--target", "price", "--task", "regression"];
    const args = ["train", "prices.csv", ...task, "--epochs", "1000000", "--out", "prices.st"];
    expect((await interrupted(args, /^epoch +20\//m)).code).toBe(130);
    const { metrics } = JSON.parse((await run("evaluate", "prices.st", "prices.csv", "--json")).stdout);
    expect(metrics.rmse).toBeLessThan(10_000);
  });

  test("writes the report, and with early stopping says that it kept the best", async () => {
    const options = ["--validation", "0.2", "--early-stopping", "100000", "--report", "best.html", "--out", "best.st"];
    const { code, stderr } = await interrupted([...endless, ...options], /^epoch +3\//m);
    expect(code).toBe(130);
    expect(stderr).toMatch(/; the best model so far was saved to best\.st, the report written to best\.html\n$/);
    expect(existsSync(file("best.st"))).toBe(true);
    expect(readFileSync(file("best.html"), "utf8")).toContain("Accuracy by epoch");
  });

  test("that waits for its data ends soon, too", async () => {
    const train = "$CLI train /dev/stdin --target y --out waits.st";
    const { stdout } = await shell(`sleep 9 2>/dev/null | ${train} & p=$!; sleep 2; kill -TERM $p; wait $p; echo $?`);
    expect(stdout).toBe("143\n");
    expect(existsSync(file("waits.st"))).toBe(false);
  });

  test("in its second seed has saved the model of the first", async () => {
    const options = ["--layers", "8", "--epochs", "300", "--seeds", "1,2", "--out"];
    const { code, stderr } = await interrupted(["train", "digits", ...options, "seeds.st"], /^seed 2 {2}epoch +1\//m);
    expect(code).toBe(130);
    expect(stderr).toBe("trainlet: interrupted; the model of seed 1 was saved to seeds.st\n");
    const { epochs } = JSON.parse((await run("info", "seeds.st", "--json")).stdout);
    expect(epochs).toBe(300);
  });

  test("ends at once when it is interrupted again", async () => {
    // Two signals that are heard in the same turn: the second does not wait for what the first began.
    const child = start([...endless, "--layers", "2000,2000", "--batch-size", "full", "--out", "twice.st"]);
    const result = finish(child);
    await once(child.stdout!, "data");
    child.kill("SIGINT");
    child.kill("SIGTERM");
    const { code, stderr } = await result;
    expect([130, 143]).toContain(code);
    expect(stderr).toBe("");
    expect(existsSync(file("twice.st"))).toBe(false);
  });

  test("has nothing to save before the first step", async () => {
    const { code, stderr } = await interrupted([...endless, "--batch-size", "full", "--layers", "3000,3000"], /digits/);
    expect(code).toBe(130);
    expect(stderr).toMatch(/^trainlet: interrupted(; nothing was saved| in epoch 1 .*)\n$/);
  });
});

describe.skipIf(process.platform === "win32")("a comparison that is interrupted", () => {
  const compare = ["compare", "iris", "--optimizers", "sgd,adam"];
  test("in its first seed has nothing to save", async () => {
    const args = [...compare, "--epochs", "1000000", "--report", "half.html"];
    const result = await interrupted(args, /iris/);
    expect(result).toMatchObject({ code: 130, stderr: "trainlet: interrupted; nothing was saved\n" });
    expect(readdirSync(folder).filter(name => /half|\.tmp$/.test(name))).toEqual([]);
  });
  test("later compares the seeds that every rule has finished", async () => {
    const args = [...compare, "--epochs", "50", "--seeds", "1000", "--report", "some.html"];
    const { code, stdout, stderr } = await interrupted(args, /^adam seed 2 /m);
    expect(code).toBe(130);
    const [, seeds] = /^trainlet: interrupted; (\d+) of 1,000 seeds were compared, the report .* some\.html\n$/.exec(
      stderr,
    )!;
    expect(stdout).toContain(`mean (least–greatest) of ${seeds} seeds`);
    expect(readFileSync(file("some.html"), "utf8")).toContain("Rule by rule");
  });
});

describe.skipIf(process.platform !== "linux" || !has("script"))("in a terminal", () => {
  test.each(["INT", "INT -TERM"])("the cursor comes back after %s", async signals => {
    const name = signals.length > 3 ? "twice" : "once";
    // It waits until the bar is drawn.
    const lines = [
      `$CLI ${endless.join(" ")} --out ${name}-tty.st & p=$!`,
      `until grep -q ETA ${name}.txt; do sleep 0.1; done`,
      ...signals.split(" -").map(signal => `kill -${signal} $p`),
      "wait $p",
    ];
    writeFileSync(file(`${name}.sh`), lines.join("\n"));
    await shell(`script -qefc "bash ${name}.sh" ${name}.txt < /dev/null`);
    const shown = readFileSync(file(`${name}.txt`), "utf8");
    expect(shown).toContain("\u001b[?25l");
    expect(shown.lastIndexOf("\u001b[?25h")).toBeGreaterThan(shown.lastIndexOf("\u001b[?25l"));
  });
});

function has(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
