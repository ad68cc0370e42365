// Edge platforms: what their bundlers get holds nothing that they refuse, used or not, and it trains.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Metafile } from "esbuild";
import { describe, expect, it } from "vitest";
import { bundle, wasmModules } from "./bundle.ts";
import { output, project } from "./project.ts";
import { fromNode, trainer } from "./training.ts";

/** What a platform finds by reading the code. */
const refused = {
  eval: /\beval\b/,
  Function: /\bFunction\s*\(/,
  "WebAssembly from bytes":
    /WebAssembly\s*\.\s*(compile|compileStreaming|instantiate|instantiateStreaming|validate)\b|new\s+WebAssembly\s*\.\s*Module\b/,
  "a name in brackets": /WebAssembly\s*\[/,
  require: /\brequire\s*\(/,
};
const platforms = {
  workerd: { conditions: ["workerd", "worker", "browser"], core: "trainlet/core.wasm" },
  "edge-light": { conditions: ["edge-light", "worker", "browser"], core: "trainlet/core.wasm?module" },
};
const entries = ["", "/optimizers", "/schedules", "/slim", "/data", "/storage", "/worker"].map(
  name => `trainlet${name}`,
);
/** They need no core, or are given one. */
const coreless = ["/schedules", "/slim", "/storage", "/worker"].map(name => `trainlet${name}`);

/** What would be refused in any of the bundle's files, those that are fetched later included. */
function refusedIn(folder: string, { outputs }: Metafile): string[] {
  const code = Object.keys(outputs).map(file => readFileSync(path.join(folder, file), "utf8"));
  return Object.keys(refused).filter(what => code.some(text => refused[what as keyof typeof refused].test(text)));
}

it("what edge platforms refuse is found where it is: in the entry for browsers", async () => {
  const folder = project("browser-refused", { "main.js": 'export * as all from "trainlet";\n' });
  const { metafile } = await bundle(folder, "main.js");
  expect(refusedIn(folder, metafile)).toEqual(["WebAssembly from bytes"]);
});

describe.each(Object.entries(platforms))("the condition %s", (platform, { conditions, core }) => {
  it.each(entries)("gives a %s without anything that is refused", async entry => {
    const name = `${platform}-${entry.replace("/", "-")}`;
    // A namespace that is exported keeps everything.
    const folder = project(name, { "main.js": `export * as all from "${entry}";\n`, "out/.keep": "" });
    const { metafile, warnings } = await bundle(folder, "main.js", { conditions, plugins: [wasmModules(folder)] });
    expect(warnings).toEqual([]);
    expect(refusedIn(folder, metafile)).toEqual([]);
    const outside = Object.values(metafile.outputs).flatMap(made => made.imports.filter(({ external }) => external));
    const modules = ["core.wasm", "core-fused.wasm"].map(file => `./${file}${/\?.*/.exec(core)?.[0] ?? ""}`);
    for (const { path: imported } of outside) expect(modules).toContain(imported);
    // Those who need a core import it, so that the walk has seen where it would be compiled.
    const given = coreless.includes(entry) ? [] : modules;
    expect([...new Set(outside.map(({ path: imported }) => imported))].sort()).toEqual([...given].sort());
  });

  it.each(["trainlet", "trainlet/slim"])("gives a %s that trains", async entry => {
    const start = entry.endsWith("slim")
      ? `import core from "${core}";\nimport { init } from "trainlet/slim";\nawait init(core);\n`
      : "";
    const name = `${platform}-run-${path.basename(entry)}`;
    const folder = project(name, {
      "train.js": trainer(entry),
      "main.js": `${start}import { train } from "./train.js";\nconsole.log(JSON.stringify(await train()));\n`,
      "out/.keep": "",
    });
    await bundle(folder, "main.js", { conditions, plugins: [wasmModules(folder)] });
    // Node gives the modules as the platform would, and takes away what the platform has not.
    writeFileSync(
      path.join(folder, "hooks.mjs"),
      `import { readFileSync } from "node:fs";
export async function load(url, context, next) {
  if (!/\\.wasm(\\?module)?$/.test(url)) return next(url, context);
  const bytes = readFileSync(new URL(url.split("?")[0])).toString("base64");
  const source = \`export default new globalThis.CompiledByPlatform(Buffer.from("\${bytes}", "base64"));\`;
  return { format: "module", source, shortCircuit: true };
}
`,
    );
    writeFileSync(
      path.join(folder, "platform.mjs"),
      `import { register } from "node:module";
register("./hooks.mjs", import.meta.url);
globalThis.CompiledByPlatform = WebAssembly.Module;
for (const name of ["compile", "compileStreaming", "instantiate", "instantiateStreaming", "validate"]) {
  WebAssembly[name] = () => { throw new Error(name + " is refused here"); };
}
process.getBuiltinModule = undefined;
`,
    );
    const printed = await output(folder, "--import", "./platform.mjs", "out/main.js");
    expect(JSON.parse(printed)).toEqual(await fromNode());
  });
});
