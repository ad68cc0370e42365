// Serves the checkout's files to a browser, with the headers that a test wants.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { goldens, root } from "./runtime.ts";

const types: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};
/** The headers of cross-origin isolation, without which no memory is shared. */
export const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export interface Site {
  /** For every answer. */
  headers?: Record<string, string>;
  /** Files that are in no folder, by path. */
  made?: Record<string, string>;
  /** Where the other files are; the checkout where nothing is said. */
  folder?: string;
}

/** Calls `use` with the address of a server that ends when it is settled. */
export async function withServer<T>(site: Site, use: (address: string) => Promise<T>): Promise<T> {
  const { headers = {}, folder = root } = site;
  const made: Record<string, string> = { "/goldens.json": goldens(), ...site.made };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const name = pathname === "/" ? "/index.html" : pathname;
    try {
      const body = made[name] ?? (await readFile(path.join(folder, name)));
      const type = types[path.extname(name)] ?? "application/octet-stream";
      response.writeHead(200, { "Content-Type": type, ...headers }).end(body);
    } catch {
      response.writeHead(404, headers).end();
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
