// Chromium and Firefox, driven by puppeteer-core; Firefox speaks WebDriver BiDi.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { LIMIT, onPath, type Result, type Runtime, root, versionIn } from "./runtime.ts";
import { isolation, type Site, withServer } from "./server.ts";

/** The little of puppeteer-core that is used: its own types are not there where it is not installed. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(code: string): Promise<T>;
  on(event: "console", listener: (message: { type(): string; text(): string }) => unknown): void;
  on(event: "pageerror", listener: (error: Error) => unknown): void;
}
interface Puppeteer {
  launch(options: Record<string, unknown>): Promise<{
    newPage(): Promise<Page>;
    close(): Promise<void>;
    process(): { kill(signal: "SIGKILL"): boolean } | null;
  }>;
}
const driver = "puppeteer-core";

export interface Browser extends Runtime {
  /** Opens an empty page and calls `use` with it and the address of the site, which goes with the page. */
  visit<T>(site: Site, use: (page: Page, address: string) => Promise<T>, limit?: number): Promise<T>;
  /** What each piece of code gives, in page loads that follow each other in one browser. */
  inPages<T>(...codes: string[]): Promise<T[]>;
}

/** A second `new Worker` within a worker sometimes never returns in Firefox: one time in some fifty, also without any code of
 * this package (seen in 153). A run that hangs is begun anew; what it comes to is checked as ever. */
async function unhung<T>(run: (limit: number) => Promise<T>): Promise<T> {
  for (let left = 4; ; left--) {
    try {
      return await run(LIMIT / 6);
    } catch (error) {
      if (left === 0 || !/timed out/.test(String(error))) throw error;
      console.log("Firefox did not return from starting a worker; once more");
    }
  }
}

function browser(name: string, program: string | undefined, options: Record<string, unknown>): Browser {
  const visit: Browser["visit"] = async (site, use, limit = LIMIT) => {
    const { default: puppeteer } = (await import(driver)) as { default: Puppeteer };
    return await withServer(site, async address => {
      const started = await puppeteer.launch({
        executablePath: program,
        headless: true,
        timeout: LIMIT,
        protocolTimeout: limit,
        ...options,
      });
      try {
        return await use(await started.newPage(), address);
      } finally {
        const late = setTimeout(() => started.process()?.kill("SIGKILL"), 10_000);
        await started.close().finally(() => clearTimeout(late));
      }
    });
  };
  const load = <T>(isolated: boolean, codes: readonly string[], limit?: number) => {
    const made = { "/index.html": "<!doctype html><title>trainlet</title>" };
    const site = { headers: isolated ? isolation : {}, made };
    const use = async (page: Page, address: string) => {
      const results: T[] = [];
      for (const code of codes) {
        await page.goto(address);
        if ((await page.evaluate("crossOriginIsolated")) !== isolated)
          throw new Error("the server's headers do not work");
        results.push(await page.evaluate<T>(code));
      }
      return results;
    };
    return visit(site, use, limit);
  };
  const train = async (isolated: boolean, call: string) => {
    const code = `import("/tests/runtimes/page.js").then(page => page.${call})`;
    const run = async (limit: number) => (await load<Result>(isolated, [code], limit))[0]!;
    return isolated && name === "Firefox" ? unhung(run) : run(LIMIT);
  };
  return {
    name,
    missing: () =>
      !program
        ? name.toLowerCase()
        : existsSync(path.join(root, "tests/runtimes/node_modules", driver))
          ? undefined
          : driver,
    version: async () => versionIn((await promisify(execFile)(program!, ["--version"])).stdout),
    ways: {
      "a page": () => train(false, "here()"),
      "an isolated page's worker, two threads": () => train(true, "inWorker(2)"),
      "models in workers": () => train(false, "byWorkers(1)"),
      "models in workers of an isolated page, two threads": () => train(true, "byWorkers(2)"),
    },
    visit,
    inPages: (...codes) => load(false, codes),
  };
}

export const browsers: Browser[] = [
  browser("Chromium", onPath("chromium", "chromium-browser", "google-chrome"), {
    // Containers run as root, where the sandbox does not start, and have a small /dev/shm.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  }),
  browser("Firefox", onPath("firefox-esr", "firefox"), { browser: "firefox" }),
];
