// Where the outputs of every command go is looked at first: nobody trains for an hour to hear that there is no such folder.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explain, type Failure } from "../../host/cli/failure.ts";
import { program } from "../../host/cli/program.ts";

const folder = mkdtempSync(path.join(tmpdir(), "trainlet-outputs-"));
const home = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

async function attempt(...args: string[]): Promise<Failure> {
  try {
    await program(new AbortController().signal).parseAsync(args, { from: "user" });
  } catch (error) {
    return explain(error, args);
  }
  return { exitCode: 0, code: "" };
}

describe.skipIf(process.platform === "win32")("an output that cannot be written is refused before any work", () => {
  beforeAll(() => {
    mkdirSync("taken");
    for (const name of ["plain.txt", "kept.st"]) writeFileSync(name, "");
    chmodSync("kept.st", 0o444);
    execFileSync("mkfifo", ["pipe.st"]);
    symlinkSync("nowhere/m.st", "dangling.st");
    symlinkSync("circle.st", "circle.st");
  });
  test.each<[string, string, RegExp]>([
    ["no folder", "nowhere/m.st", /its folder does not exist/],
    ["a folder", "taken", /this is a folder/],
    ["the name of a folder to be", "new/", /this names a folder/],
    ["a name that is too long", "x".repeat(300), /the name is too long/],
    ["a file in the place of a folder", "plain.txt/m.st", /its folder does not exist/],
    ["a read-only file", "kept.st", /this file is read-only/],
    ["a named pipe", "pipe.st", /not a regular file/],
    ["a link to nowhere's file", "dangling.st", /its folder does not exist/],
    ["a link in a circle", "circle.st", /ELOOP|circle|symbolic/],
    ["nothing", "", /is empty/],
  ])("%s", async (_, name, pattern) => {
    const before = readdirSync(folder);
    const long = ["--epochs", "1000000", "--quiet"];
    for (const args of [
      ["train", "digits", "--out", name, ...long],
      ["train", "digits", "--out", "never.st", "--report", name, ...long],
      ["compare", "digits", "--optimizers", "sgd", "--report", name, ...long],
      ["compare", "--surface", "rosenbrock", "--optimizers", "sgd", "--report", name],
      ["predict", "no.st", "digits", "--out", name],
    ]) {
      expect(await attempt(...args)).toMatchObject({
        exitCode: name === "" ? 2 : 1,
        message: expect.stringMatching(pattern),
      });
    }
    expect(readdirSync(folder)).toEqual(before);
  });
});
