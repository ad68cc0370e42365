// Bundles of the built package as a user would make them, and what of them a page needs, compressed as servers do.
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("../", import.meta.url));
export const folder = path.join(root, "build/size");
export const KB = 1024;

export interface Bundle {
  /** The entry and what it loads statically. */
  needed: string[];
  fetched: string[];
}
export async function bundle(name: string, contents: string): Promise<Bundle> {
  const outdir = path.join(folder, name);
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    stdin: { contents, resolveDir: root, sourcefile: "page.js" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external: ["node:*"],
    outdir,
    metafile: true,
    logLevel: "error",
  });
  const all = Object.keys(metafile.outputs);
  const needed = new Set<string>();
  const need = (file: string) => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const { kind, path: next, external } of metafile.outputs[file]!.imports) {
      if (kind === "import-statement" && !external) need(next);
    }
  };
  need(all.find(file => metafile.outputs[file]!.entryPoint === "page.js")!); // what is fetched has an entry point too
  return { needed: [...needed], fetched: all.filter(file => !needed.has(file)) };
}
export function gzipped(file: string): number {
  return gzipSync(readFileSync(path.resolve(root, file)), { level: 9 }).length;
}
/** What of a bundle is fetched before anything runs. */
export function scriptSize({ needed }: Bundle): number {
  return needed.reduce((sum, file) => sum + gzipped(file), 0);
}
