// Chromium and Firefox, driven by puppeteer-core; Firefox speaks WebDriver BiDi.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { LIMIT, onPath, type Result, type Runtime, root, versionIn } from "./runtime.ts";
import { withServer } from "./server.ts";

/** The little of puppeteer-core that is used: its own types are not there where it is not installed. */
interface Puppeteer {
  launch(options: Record<string, unknown>): Promise<{
    newPage(): Promise<{ goto(url: string): Promise<unknown>; evaluate<T>(code: string): Promise<T> }>;
    close(): Promise<void>;
    process(): { kill(signal: "SIGKILL"): boolean } | null;
  }>;
}
const driver = "puppeteer-core";

/** Opens a page and gives what the code gives there; of several each gets a page load of its own. */
async function inPage<T>(options: Record<string, unknown>, isolated: boolean, ...codes: string[]): Promise<T[]> {
  const { default: puppeteer } = (await import(driver)) as { default: Puppeteer };
  return await withServer(isolated, async address => {
    const browser = await puppeteer.launch({ headless: true, timeout: LIMIT, protocolTimeout: LIMIT, ...options });
    try {
      const page = await browser.newPage();
      const results: T[] = [];
      for (const code of codes) {
        await page.goto(address);
        if ((await page.evaluate("crossOriginIsolated")) !== isolated)
          throw new Error("the server's headers do not work");
        results.push(await page.evaluate<T>(code));
      }
      return results;
    } finally {
      const late = setTimeout(() => browser.process()?.kill("SIGKILL"), 10_000);
      await browser.close().finally(() => clearTimeout(late));
    }
  });
}

interface Browser extends Runtime {
  /** What each piece of code gives, in page loads that follow each other in one browser. */
  inPages<T>(...codes: string[]): Promise<T[]>;
}

function runtime(name: string, program: string | undefined, more: Record<string, unknown>): Browser {
  const options = { executablePath: program, ...more };
  const train = async (isolated: boolean, call: string) => {
    const code = `import("/tests/runtimes/page.js").then(page => page.${call})`;
    return (await inPage<Result>(options, isolated, code))[0]!;
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
    inPages: (...codes) => inPage(options, false, ...codes),
  };
}

export const browsers: Browser[] = [
  runtime("Chromium", onPath("chromium", "chromium-browser", "google-chrome"), {
    // Containers run as root, where the sandbox does not start, and have a small /dev/shm.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  }),
  runtime("Firefox", onPath("firefox-esr", "firefox"), { browser: "firefox" }),
];
