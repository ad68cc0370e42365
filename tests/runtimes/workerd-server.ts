// workerd serving a folder with a config.capnp for as long as somebody uses it.
import { spawn } from "node:child_process";
import path from "node:path";
import { installed, LIMIT } from "./runtime.ts";

export const program = installed("workerd");

/** Calls `use` with the address of a server that ends when it is settled. */
export async function withWorkerd<T>(folder: string, use: (address: string) => Promise<T>): Promise<T> {
  // The free port that it takes is said on the control descriptor. The flag is what storage on disk asks for.
  const server = spawn(program, ["serve", "--experimental", "--control-fd=3", path.join(folder, "config.capnp")], {
    stdio: ["ignore", "inherit", "pipe", "pipe"],
  });
  const late = setTimeout(() => server.kill("SIGKILL"), LIMIT);
  const ended = new Promise<void>(resolve => server.once("close", () => resolve()));
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let control = "";
      let complaint = "";
      server.stdio[3]!.on("data", chunk => {
        control += chunk;
        const port = /"event":"listen".*"port":(\d+)/.exec(control)?.[1];
        if (port) resolve(Number(port));
      });
      server.stderr!.on("data", chunk => {
        complaint += chunk;
      });
      server.once("error", reject);
      server.once("close", code => reject(new Error(`workerd ended with ${code}: ${complaint}`)));
    });
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    server.kill("SIGKILL");
    await ended;
    clearTimeout(late);
  }
}
