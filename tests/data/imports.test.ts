import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";

/** What a bundler for the web keeps of `import { names } from "trainlet/data"`, with papaparse left outside. */
async function bundle(names: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { ${names} } from "./host/data/index.ts"; globalThis.used = [${names}];`,
      resolveDir: fileURLToPath(new URL("../..", import.meta.url)),
    },
    bundle: true,
    minifyWhitespace: true,
    format: "esm",
    platform: "browser",
    external: ["papaparse", "*.wasm"],
    plugins: [
      {
        name: "core-outside",
        setup: ({ onResolve }) =>
          onResolve({ filter: /core-access\.ts$/ }, () => ({ path: "core", external: true, sideEffects: false })),
      },
    ],
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

describe("trainlet/data in a bundle", () => {
  test("the embedded digits are gone when unused, and there when used", async () => {
    expect((await bundle("csv, idx, dataset")).length).toBeLessThan(60_000);
    expect(await bundle("csv, idx, dataset, oneHot")).not.toMatch(/packedDigits|packedIris/);
    expect((await bundle("digits")).length).toBeGreaterThan(75_000);
    expect(await bundle("digits")).not.toContain("packedIris");
  });

  test("unused entries leave nothing that runs", async () => {
    const code = await bundle("oneHot");
    expect(code).not.toMatch(/papaparse|Dataset|digits|csv|core|import/);
  });

  test("papaparse is only asked for when a call needs it, and nothing of Node by an import", async () => {
    const code = await bundle("csv");
    expect(code).not.toMatch(/import[^(]*papaparse/);
    expect(code).toMatch(/await import\("papaparse"\)/);
    expect(code).toMatch(/builtin\("node:fs"\)/);
    expect(code).not.toMatch(/(import|from|require)\W*["']node:/);
  });
});
