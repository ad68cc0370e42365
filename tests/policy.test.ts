// A page with a strict Content-Security-Policy trains from the package's files as they are, in every browser that is
// installed; and without 'wasm-unsafe-eval' it does not, so that the policy is in force. Policy and isolation are those that
// docs/runtimes/browser.md prints.
import { describe, expect, it } from "vitest";
import { type Browser, browsers } from "./runtimes/browsers.ts";
import { readPage } from "./runtimes/doc-page.ts";
import { LIMIT } from "./runtimes/runtime.ts";

const [printed, isolation] = readPage("browser").headers as [Record<string, string>, Record<string, string>];
const allowing = printed["Content-Security-Policy"]!;
const html = `<!doctype html><title>trainlet</title><script type="module" src="/tests/runtimes/policy-page.js"></script>`;

interface Outcome {
  accuracy?: number;
  error?: string;
}
interface Report {
  page: Outcome;
  worker: Outcome;
  violations: string[];
}
function load(browser: Browser, policy: string): Promise<Report & { errors: string[] }> {
  const site = {
    headers: { "Content-Security-Policy": policy, ...isolation },
    made: { "/index.html": html },
  };
  return browser.visit(site, async (page, address) => {
    const errors: string[] = [];
    // The icon of the site is asked for by Firefox itself, and refused to it.
    const complain = (text: string) => text.includes("/favicon.ico") || errors.push(text);
    page.on("console", message => message.type() === "log" || complain(message.text()));
    page.on("pageerror", error => complain(error.message));
    await page.goto(address);
    for (const end = Date.now() + LIMIT; Date.now() < end; ) {
      const report = await page.evaluate<Report | null>("globalThis.report ?? null");
      if (report) return { ...report, errors };
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error(`the page did not report: ${errors.join("; ")}`);
  });
}

const all = process.env.TRAINLET_ALL_RUNTIMES === "1";
describe("a strict Content-Security-Policy", () => {
  it("is what the docs print", () => {
    const strict = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
    expect(allowing).toBe(strict);
  });
  for (const browser of browsers) {
    const lacks = browser.missing();
    if (lacks) {
      const test = all ? it : it.skip;
      test(`in ${browser.name}: not installed`, () =>
        expect.fail(`${lacks} is missing; .ci/run installs every runtime`));
      continue;
    }
    it(`in ${browser.name} lets a page train, and a worker with two threads, without a complaint`, {
      // Firefox now and then does not return from starting a worker within a worker (runtimes/browsers.ts).
      timeout: 2 * LIMIT,
      retry: browser.name === "Firefox" ? 1 : 0,
    }, async () => {
      const { page, worker, violations, errors } = await load(browser, allowing);
      expect({ violations, errors }).toEqual({ violations: [], errors: [] });
      expect(page.error ?? worker.error).toBeUndefined();
      expect(page.accuracy).toBeGreaterThan(0.9);
      expect(worker.accuracy).toBe(page.accuracy);
    });
    it(
      `in ${browser.name} is in force: without 'wasm-unsafe-eval' nothing trains`,
      async () => {
        const { page, worker } = await load(browser, allowing.replace(" 'wasm-unsafe-eval'", ""));
        expect(page.error).toMatch(/Content Security Policy|CSP/i);
        expect(worker.error).toMatch(/Content Security Policy|CSP/i);
      },
      2 * LIMIT,
    );
  }
});
