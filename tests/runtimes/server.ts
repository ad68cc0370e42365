// Serves the checkout's files to a browser, with the headers of cross-origin isolation or without.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { goldens, root } from "./runtime.ts";

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Calls `use` with the address of a server that ends when it is settled. */
export async function withServer<T>(isolated: boolean, use: (address: string) => Promise<T>): Promise<T> {
  const made: Record<string, string> = {
    "/index.html": "<!doctype html><title>trainlet</title>",
    "/goldens.json": goldens(),
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const name = pathname === "/" ? "/index.html" : pathname;
    try {
      const body = made[name] ?? (await readFile(path.join(root, name)));
      const type = types[path.extname(name)] ?? "application/octet-stream";
      response.writeHead(200, { "Content-Type": type, ...(isolated ? isolation : {}) }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
