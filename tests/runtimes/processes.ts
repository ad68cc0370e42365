// Node, Deno and Bun: child.js in a process of its own.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { goldens, installed, LIMIT, type Result, type Runtime, root, versionIn } from "./runtime.ts";

const execute = promisify(execFile);

function runtime(name: string, program: string, ...options: string[]): Runtime {
  const train = async (threads: number): Promise<Result> => {
    const file = path.join(root, "build/runtimes/goldens.json");
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, goldens());
    const child = path.join(root, "tests/runtimes/child.js");
    const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    const { stdout } = await execute(program, [...options, child, file, String(threads)], {
      cwd: root,
      env,
      timeout: LIMIT,
      killSignal: "SIGKILL",
    });
    return JSON.parse(stdout);
  };
  return {
    name,
    missing: () => (existsSync(program) ? undefined : program),
    version: async () => versionIn((await execute(program, ["--version"])).stdout),
    ways: { "one thread": () => train(1), "two threads": () => train(2) },
  };
}

export const processes: Runtime[] = [
  runtime("Node, which runs the tests", process.execPath),
  runtime("Node 24", installed("node")),
  runtime("Deno", installed("deno"), "run", "--allow-read"),
  runtime("Bun", installed("bun")),
];
