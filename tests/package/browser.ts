// A page in Chromium, served as a careful site would: isolated, so that it may share memory, and with a strict policy.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, tool } from "./project.ts";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
};

/** Opens index.html of a folder; gives what its script leaves in `result`, a promise, and the files asked for. */
export async function openPage<T>(folder: string): Promise<{ result: T; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    const name = decodeURIComponent(new URL(url!, "http://localhost").pathname);
    const file = path.join(folder, name === "/" ? "index.html" : name);
    asked.push(path.basename(file));
    const type = types[path.extname(file)];
    if (!type || !existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { ...headers, "Content-Type": type }).end(readFileSync(file));
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  const { launch } = (await import(pathToFileURL(tool("puppeteer-core", "lib/esm/puppeteer/puppeteer-core.js")).href))
    .default;
  const browser = await launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message: { text(): string }) => complaints.push(message.text()));
    page.on("pageerror", (error: Error) => complaints.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const finished = page
      .waitForFunction("window.result", { timeout: 20_000 })
      .then(() => page.evaluate("window.result"));
    const result = (await finished.catch((cause: Error) => {
      throw new Error(`${cause.message}; the page said: ${complaints.join("\n")}`, { cause });
    })) as T;
    return { result, asked };
  } finally {
    await browser.close();
    server.close();
  }
}
