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

/** Opens a page and gives what the code gives there. */
async function inPage<T>(options: Record<string, unknown>, isolated: boolean, code: string): Promise<T> {
  const { default: puppeteer } = (await import(driver)) as { default: Puppeteer };
  return await withServer(isolated, async address => {
    const browser = await puppeteer.launch({ headless: true, timeout: LIMIT, protocolTimeout: LIMIT, ...options });
    try {
      const page = await browser.newPage();
      await page.goto(address);
      if ((await page.evaluate("crossOriginIsolated")) !== isolated)
        throw new Error("the server's headers do not work");
      return await page.evaluate<T>(code);
    } finally {
      const late = setTimeout(() => browser.process()?.kill("SIGKILL"), 10_000);
      await browser.close().finally(() => clearTimeout(late));
    }
  });
}

function runtime(name: string, program: string | undefined, options: Record<string, unknown>): Runtime {
  const train = (isolated: boolean, call: string) =>
    inPage<Result>(
      { executablePath: program, ...options },
      isolated,
      `import("/tests/runtimes/page.js").then(page => page.${call})`,
    );
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
    },
  };
}

export const browsers: Runtime[] = [
  runtime("Chromium", onPath("chromium", "chromium-browser", "google-chrome"), {
    // Containers run as root, where the sandbox does not start, and have a small /dev/shm.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  }),
  runtime("Firefox", onPath("firefox-esr", "firefox"), { browser: "firefox" }),
];
