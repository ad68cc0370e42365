// workerd, which Cloudflare Workers run on: a Worker that trains when it is asked.
import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { bundle, wasmModules } from "./bundle.ts";
import { missing, project, tool } from "./project.ts";
import { fromNode, trainer } from "./training.ts";

const worker = `import { train } from "./train.js";
export default {
  async fetch() {
    return Response.json(await train());
  },
};
`;
const slimWorker = `import core from "trainlet/core.wasm";
import { init } from "trainlet/slim";
import { train } from "./train.js";
const ready = init(core);
export default {
  async fetch() {
    await ready;
    return Response.json(await train());
  },
};
`;

/** Serves the modules of a folder; what it answers to one request. */
async function ask(folder: string): Promise<unknown> {
  const modules = readdirSync(folder).filter(file => /\.(js|wasm)$/.test(file));
  modules.sort((a, b) => Number(b === "worker.js") - Number(a === "worker.js")); // the first is the main one
  const list = modules.map(
    file => `(name = "${file}", ${file.endsWith(".js") ? "esModule" : "wasm"} = embed "${file}")`,
  );
  writeFileSync(
    path.join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${list.join(", ")}], compatibilityDate = "2025-11-01"))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
  );
  const { default: binary } = await import(pathToFileURL(tool("workerd", "lib/main.js")).href);
  const server = spawn(binary, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "pipe", "pipe"],
  });
  try {
    let said = "";
    server.stderr!.on("data", text => (said += text));
    const port = await new Promise<number>((resolve, reject) => {
      server.stdio[3]!.on("data", text => {
        const { event, port } = JSON.parse(String(text).split("\n")[0]!);
        if (event === "listen") resolve(port);
      });
      server.on("exit", code => reject(new Error(`workerd ended with ${code}: ${said}`)));
      server.on("error", reject);
    });
    const response = await fetch(`http://127.0.0.1:${port}/`);
    if (!response.ok) throw new Error(`workerd answered ${response.status}: ${await response.text()} ${said}`);
    return await response.json();
  } finally {
    server.removeAllListeners("exit");
    server.kill("SIGKILL");
  }
}

describe.skipIf(missing("workerd"))("workerd", () => {
  it.each([
    ["trainlet", worker],
    ["trainlet/slim", slimWorker],
  ])("trains with %s, for a request", async (entry, main) => {
    const name = `in-workerd-${path.basename(entry)}`;
    const folder = project(name, { "train.js": trainer(entry), "worker.js": main, "out/.keep": "" });
    await bundle(folder, "worker.js", {
      conditions: ["workerd", "worker", "browser"],
      plugins: [wasmModules(folder)],
    });
    expect(await ask(path.join(folder, "out"))).toEqual(await fromNode());
  });
});
