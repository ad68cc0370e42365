// workerd, the runtime of Cloudflare's workers: it compiles nothing at run time, so that its entry imports the core as a
// module, and every file is named in its configuration.
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { goldens, type Result, type Runtime, root, versionIn } from "./runtime.ts";
import { program, withWorkerd } from "./workerd-server.ts";

type Target = string | { [condition: string]: Target };
/** The file that an import of the package gets in workerd. */
function resolve(entry: "." | "./data"): string | undefined {
  const { exports } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const find = (target: Target): string | undefined => {
    if (typeof target === "string") return target;
    const fitting = ["workerd", "import", "default"];
    const key = Object.keys(target).find(condition => fitting.includes(condition));
    return key && find(target[key]!);
  };
  return find(exports[entry]);
}

interface Answer {
  result?: Result;
  error?: string;
}
/** The worker: the suite, once for each request. */
const worker = (trainlet: string, data: string) => `
import * as data from "${data}";
import * as trainlet from "${trainlet}";
import goldens from "./goldens.json";
import { run } from "./tests/runtimes/suite.js";

export default {
  async fetch() {
    try {
      return Response.json({ result: await run({ trainlet, data, goldens }) });
    } catch (error) {
      return Response.json({ error: String(error?.stack ?? error) });
    }
  },
};
`;

/** All that the entries import, statically or not. */
async function filesOf(entries: string[]): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: entries,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    packages: "external",
    external: ["node:*"],
    loader: { ".wasm": "file" },
    outdir: "build/runtimes/workerd",
    write: false,
    metafile: true,
    logLevel: "error",
  });
  return Object.keys(metafile.inputs);
}

/** Lays out a folder that workerd can serve. */
async function layOut(folder: string): Promise<void> {
  const [trainlet, data] = [resolve(".")!, resolve("./data")!];
  const modules = [
    '(name = "worker.js", esModule = embed "worker.js")',
    '(name = "goldens.json", json = embed "goldens.json")',
  ];
  writeFileSync(path.join(folder, "worker.js"), worker(trainlet, data));
  writeFileSync(path.join(folder, "goldens.json"), goldens());
  for (const file of await filesOf([trainlet, data, "./tests/runtimes/suite.js"])) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    copyFileSync(path.join(root, file), path.join(folder, file));
    modules.push(`(name = "${file}", ${file.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${file}")`);
  }
  writeFileSync(
    path.join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "suite", worker = .suite)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "suite")],
);
const suite :Workerd.Worker = (
  compatibilityDate = "2026-01-01",
  modules = [
    ${modules.join(",\n    ")},
  ],
);
`,
  );
}

async function train(): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), "trainlet-workerd-"));
  try {
    await layOut(folder);
    const { result, error } = await withWorkerd<Answer>(folder, async address => (await fetch(address)).json());
    if (!result) throw new Error(error);
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const workerd: Runtime = {
  name: "workerd",
  missing: () =>
    existsSync(program)
      ? resolve(".") === "./dist/workerd.js"
        ? undefined
        : "dist/workerd.js in the exports"
      : program,
  version: async () => versionIn((await promisify(execFile)(program, ["--version"])).stdout),
  ways: { "a request": train },
};
