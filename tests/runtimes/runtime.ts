// What the test asks of every runtime, and what all of them are given.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** What suite.js gives. */
export interface Result {
  hash: string;
  cases: Record<string, string>;
}
export interface Runtime {
  name: string;
  /** What has to be installed and is not. */
  missing(): string | undefined;
  version(): Promise<string>;
  /** The ways to run the suite; each has ended all that it started when it is settled. */
  ways: Record<string, () => Promise<Result>>;
}

/** After how many milliseconds a runtime is given up. */
export const LIMIT = 120_000;
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A program of the npm packages in this folder. */
export const installed = (name: string) => path.join(root, "tests/runtimes/node_modules/.bin", name);

/** The first of these programs on the PATH. */
export function onPath(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return names.flatMap(name => folders.map(folder => path.join(folder, name))).find(file => existsSync(file));
}

/** The first number with dots or dashes: "deno 2.9.6 (stable, …)" is "2.9.6". */
export function versionIn(text: string): string {
  return /\d+[.-][\d.-]*\d/.exec(text)?.[0] ?? text.trim();
}

/** tests/golden as one JSON text: the runtimes have no files in common. */
export function goldens(): string {
  const folders = ["networks", "optimizers", "schedules"].map(folder => {
    const place = path.join(root, "tests/golden", folder);
    const files = readdirSync(place).sort();
    return `"${folder}":[${files.map(file => readFileSync(path.join(place, file), "utf8")).join()}]`;
  });
  return `{${folders.join()}}`;
}
