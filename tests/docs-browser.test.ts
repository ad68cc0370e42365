// docs/runtimes/browser.md: its page trains without a bundler, by Vite's development server, and built by Vite and esbuild
// with the commands that it prints, in every browser that is installed. (Vite comes with vitest.)
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { browsers, type Page } from "./runtimes/browsers.ts";
import { projectOf, readPage } from "./runtimes/doc-page.ts";
import { LIMIT } from "./runtimes/runtime.ts";
import type { Site } from "./runtimes/server.ts";

const all = process.env.TRAINLET_ALL_RUNTIMES === "1";
const require = createRequire(import.meta.url);
/** What `npx NAME` starts. */
function programOf(name: string): string {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
  return path.join(path.dirname(manifest), typeof bin === "string" ? bin : bin[name]);
}

/** What the page says when it has trained. */
async function accuracyOn(page: Page, address: string): Promise<number> {
  const errors: string[] = [];
  page.on("pageerror", error => errors.push(error.message));
  await page.goto(address);
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const text = await page.evaluate<string>("document.body.textContent");
    const accuracy = /accuracy ([\d.]+)/.exec(text)?.[1];
    if (accuracy) return Number(accuracy);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`the page has not trained: ${errors.join("; ")}`);
}

/** Vite's development server for a project folder, and its address. */
async function startVite(folder: string): Promise<{ server: ChildProcess; address: string }> {
  const env = { ...process.env, NO_COLOR: "1" };
  const args = [programOf("vite"), "--port", "0", "--host", "127.0.0.1"];
  const server = spawn(process.execPath, args, { cwd: folder, env });
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    server.stdout.on("data", text => {
      said += text;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0];
      if (found) resolve(found);
    });
    server.stderr.on("data", text => {
      said += text;
    });
    server.once("close", () => reject(new Error(`vite ended: ${said}`)));
  });
  return { server, address };
}

/** Beside the page: a table, for which Vite has to find a dependency of the package. */
const table = `import { csv } from "trainlet/data";
const { rows } = await csv(new Blob(["a,b,c\\n1,2,x\\n3,4,y\\n"]), { target: "c" });
document.body.append(\` \${rows} rows \`);`;

describe("docs/runtimes/browser.md", () => {
  const doc = readPage("browser");
  const page = doc.files["index.html"]!;
  /** The page for bundlers, as the text has it: without the import map. */
  const bare = page.replace(/<script type="importmap">[\s\S]*?<\/script>/, "");
  let folder: string;
  const vites: Awaited<ReturnType<typeof startVite>>[] = [];
  beforeAll(async () => {
    if (browsers.every(browser => browser.missing())) return;
    const index = `${bare}<script type="module" src="/table.js"></script>`;
    const { "vite.config.js": config, ...others } = doc.files;
    const files = { ...others, "index.html": index, "table.js": table };
    folder = projectOf({ ...doc, files: { ...files, "vite.config.js": config! } });
    const plain = projectOf({ ...doc, name: "browser-plain", files });
    const [, build, bundle] = doc.commands.map(line => line.split(" ").slice(2));
    execFileSync(process.execPath, [programOf("vite"), ...build!], { cwd: folder, stdio: "pipe" });
    execFileSync(programOf("esbuild"), bundle!, { cwd: folder, stdio: "pipe" });
    vites.push(await startVite(folder), await startVite(plain));
  }, LIMIT);
  afterAll(() => {
    for (const { server } of vites) server.kill("SIGKILL");
  });

  it("prints three commands, which are those run here", () => {
    expect(doc.commands.map(line => line.split(" ").slice(0, 3).join(" "))).toEqual([
      "npx vite",
      "npx vite build",
      "npx esbuild slim.js",
    ]);
  });
  for (const browser of browsers) {
    const lacks = browser.missing();
    if (lacks) {
      const test = all ? it : it.skip;
      test(`in ${browser.name}: not installed`, () =>
        expect.fail(`${lacks} is missing; .ci/run installs every runtime`));
      continue;
    }
    const trains = (how: string, run: () => Promise<number>) =>
      it(`in ${browser.name}, ${how}`, async () => expect(await run()).toBeGreaterThan(0.9), LIMIT);
    const visit = (site: Site) => browser.visit(site, accuracyOn);
    trains("without a bundler", () => visit({ folder, made: { "/index.html": page } }));
    trains("its model in a worker", () =>
      visit({ folder, made: { "/index.html": page.replace("train.js", "away.js") } }),
    );
    trains("built by Vite", () => visit({ folder: path.join(folder, "dist") }));
    trains("built by esbuild, with slim", () =>
      visit({ folder: path.join(folder, "site"), made: { "/index.html": bare.replace("train.js", "slim.js") } }),
    );
    for (const [i, what] of ["with its setting", "without"].entries()) {
      trains(`by Vite's development server, ${what}, and reads a table`, () =>
        browser.visit({}, async page => {
          const accuracy = await accuracyOn(page, vites[i]!.address);
          await vi.waitFor(
            async () => expect(await page.evaluate("document.body.textContent")).toContain("2 rows"),
            5000,
          );
          return accuracy;
        }),
      );
    }
  }
});
