/** The command line as its users have it: a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const iris = path.join(root, "tests/data/fixtures/iris.csv");

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Bundles the program for this test file, inside the package so that Node finds its dependencies, and makes a folder to work in. */
export function commandLine() {
  const place = path.join(root, "build/test-cli", `${process.pid}-${Date.now()}`);
  const program = path.join(place, "cli.js");
  const folder = mkdtempSync(path.join(tmpdir(), "trainlet-cli-"));
  beforeAll(async () => {
    const generated = path.join(root, "host/generated");
    if (!existsSync(path.join(generated, "core.wasm")))
      throw new Error("there is no core yet: node host/build.mjs core");
    mkdirSync(path.join(place, "generated"), { recursive: true });
    for (const file of readdirSync(generated).filter(name => name.endsWith(".wasm")))
      copyFileSync(path.join(generated, file), path.join(place, "generated", file));
    copyFileSync(path.join(root, "host/thread.js"), path.join(place, "thread.js"));
    await build({
      absWorkingDir: root,
      entryPoints: ["host/cli/main.ts"],
      outdir: place,
      entryNames: "cli",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      target: "es2022",
      packages: "external",
      external: ["node:*"],
      logLevel: "error",
    });
  });
  afterAll(() => {
    rmSync(place, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });
  const start = (args: readonly string[]): ChildProcess => spawn(process.execPath, [program, ...args], { cwd: folder });
  return {
    program,
    /** Where it runs. */
    folder,
    file: (name: string) => path.join(folder, name),
    start,
    run: (...args: string[]) => finish(start(args)),
    /** A line for the shell, in which $CLI is the program. */
    shell: (line: string) =>
      finish(
        spawn("bash", ["-c", line], { cwd: folder, env: { ...process.env, CLI: `${process.execPath} ${program}` } }),
      ),
  };
}

/** All that a process says, and how it ends. */
export function finish(child: ChildProcess): Promise<Result> {
  const result: Result = { code: null, stdout: "", stderr: "" };
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    result.stdout += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    result.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", code => resolve({ ...result, code }));
  });
}
