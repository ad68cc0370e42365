// What wrangler does with a Worker before workerd runs it: one script, the cores beside it as modules, bindings as the
// configuration says them.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type Plugin } from "esbuild";

export interface WranglerConfig {
  main: string;
  compatibility_date: string;
  vars?: Record<string, unknown>;
  durable_objects?: { bindings: { name: string; class_name: string }[] };
  migrations?: { tag: string; new_sqlite_classes: string[] }[];
  kv_namespaces?: { binding: string; id?: string }[];
}

/** Copies cores to `outdir` and leaves their imports to the runtime, as wrangler's rule for compiled WebAssembly does. */
export const wasmModules = (outdir: string, found: string[]): Plugin => ({
  name: "wasm-modules",
  setup: build =>
    build.onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path: given, resolveDir, pluginData }) => {
      if (pluginData === "known") return undefined;
      const asked = given.replace("?module", "");
      const { path: file, errors } = await build.resolve(asked, {
        resolveDir,
        kind: "import-statement",
        pluginData: "known",
      });
      if (errors.length) return { errors };
      const name = path.basename(file);
      copyFileSync(file, path.join(outdir, name));
      if (!found.includes(name)) found.push(name);
      return { path: `./${name}`, external: true };
    }),
});

/** Lays out `outdir` with the bundled Worker of a project folder and a config.capnp. Objects are stored in `outdir`/disk. */
export async function layOutWorker(
  folder: string,
  config: WranglerConfig,
  outdir: string,
  conditions = ["workerd", "worker", "browser"],
): Promise<void> {
  mkdirSync(path.join(outdir, "disk"), { recursive: true });
  const wasm: string[] = [];
  await build({
    entryPoints: { worker: path.join(folder, config.main) },
    absWorkingDir: folder,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions,
    external: ["cloudflare:*", "node:*"],
    plugins: [wasmModules(outdir, wasm)],
    outdir,
    logLevel: "error",
  });
  const classes = config.migrations?.flatMap(step => step.new_sqlite_classes) ?? [];
  const list = (name: string, entries: string[]) => (entries.length ? `${name} = [${entries.join(", ")}],` : "");
  const bindings = [
    ...Object.entries(config.vars ?? {}).map(
      ([name, value]) => `(name = "${name}", json = "${JSON.stringify(value)}")`,
    ),
    ...(config.durable_objects?.bindings ?? []).map(
      b => `(name = "${b.name}", durableObjectNamespace = "${b.class_name}")`,
    ),
    ...(config.kv_namespaces ?? []).map(b => `(name = "${b.binding}", kvNamespace = "kv")`),
  ];
  const modules = wasm.map(name => `(name = "${name}", wasm = embed "${name}")`);
  writeFileSync(path.join(outdir, "kv.js"), kv);
  writeFileSync(
    path.join(outdir, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    (name = "disk", disk = (path = "${path.join(outdir, "disk")}", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  compatibilityDate = "${config.compatibility_date}",
  ${list("modules", ['(name = "worker.js", esModule = embed "worker.js")', ...modules])}
  ${list("bindings", bindings)}
  ${list(
    "durableObjectNamespaces",
    classes.map(name => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`),
  )}
  ${classes.length ? 'durableObjectStorage = (localDisk = "disk"),' : ""}
);
const kv :Workerd.Worker = (
  compatibilityDate = "${config.compatibility_date}",
  modules = [(name = "kv.js", esModule = embed "kv.js")],
);
`,
  );
}

/** Workers KV as its binding speaks to it, over HTTP; the values live as long as the process. */
const kv = `
const values = new Map();
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (request.method === "PUT") values.set(pathname, await request.arrayBuffer());
    else if (request.method === "DELETE") values.delete(pathname);
    else return new Response(values.get(pathname), { status: values.has(pathname) ? 200 : 404 });
    return new Response();
  },
};
`;
