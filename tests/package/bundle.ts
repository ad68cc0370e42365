// Bundles of a project by esbuild.
import { copyFileSync } from "node:fs";
import path from "node:path";
import { type BuildOptions, type BuildResult, build, type Plugin } from "esbuild";

export type Bundled = BuildResult<{ metafile: true }>;

/** Bundles a project's files into its folder `out`. */
export function bundle(folder: string, entry: string | string[], options: BuildOptions = {}): Promise<Bundled> {
  return build({
    absWorkingDir: folder,
    entryPoints: [entry].flat(),
    outdir: "out",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "silent",
    ...options,
    metafile: true,
  });
}
/** As edge platforms do: a module of WebAssembly is put beside the bundle and imported from there. */
export function wasmModules(folder: string): Plugin {
  return {
    name: "wasm modules",
    setup: ({ onResolve, resolve }) =>
      onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path: given, resolveDir, kind, pluginData }) => {
        if (pluginData === "found") return undefined;
        const [file, query = ""] = given.split("?");
        const found = await resolve(file!, { resolveDir, kind, pluginData: "found" });
        if (found.errors.length) return { errors: found.errors };
        const name = path.basename(found.path);
        copyFileSync(found.path, path.join(folder, "out", name));
        return { path: `./${name}${query && `?${query}`}`, external: true };
      }),
  };
}
