// Projects of users: the packed package, installed once into an empty folder, with a folder of its own for each project.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../../", import.meta.url));
/** Where `npm ci --prefix tests/package` puts the tools. */
const tools = path.join(root, "tests/package/node_modules");
/** With it, what is missing fails instead of being left out. */
const all = process.env.TRAINLET_ALL_RUNTIMES === "1";

export interface Done {
  code: number;
  stdout: string;
  stderr: string;
}
/** Runs a script in a process of its own. */
export async function node(cwd: string, ...args: string[]): Promise<Done> {
  return command(process.execPath, cwd, ...args);
}
async function command(file: string, cwd: string, ...args: string[]): Promise<Done> {
  // What vitest sets for its own children would change how tools build.
  const { NODE_ENV: _, VITEST: __, NODE_OPTIONS: ___, PATH = "", ...rest } = process.env;
  // A dependency of the tests inside WebAssembly brings an old npm, which npm's own scripts would find first.
  const folders = PATH.split(path.delimiter).filter(folder => !folder.includes("node_modules"));
  const env = { ...rest, PATH: folders.join(path.delimiter) };
  const shell = process.platform === "win32" && !file.endsWith(".exe"); // npm is a script there
  return promisify(execFile)(file, args, { cwd, env, shell, maxBuffer: 1 << 26, timeout: 100_000 }).then(
    done => ({ code: 0, ...done }),
    ({ code, stdout, stderr }) => ({ code: code ?? -1, stdout, stderr }),
  );
}
/** As `node`, but what it prints; throws where it fails. */
export async function output(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await node(cwd, ...args);
  if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout.trim();
}

/** Whether a test has to be left out because a tool is not installed. */
export function missing(...names: string[]): boolean {
  return !all && names.some(name => !existsSync(path.join(tools, name, "package.json")));
}
export function tool(name: string, file = ""): string {
  return path.join(tools, name, file);
}
/** Debian's, or the one that CHROMIUM names. */
export const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  file => file && existsSync(file),
);
export function withoutBrowser(): boolean {
  return missing("puppeteer-core") || (!all && !chromium);
}

/** The folder with all projects, and the tarball in it. */
const home = realpathSync(mkdtempSync(path.join(tmpdir(), "trainlet-package-")));
let packed: Promise<string> | undefined;

/** Packs what is built and installs it; gives the tarball. */
export function install(): Promise<string> {
  packed ??= (async () => {
    // Not `npm pack` alone: that builds, while other tests use dist.
    await npm(root, "pack", "--ignore-scripts", "--pack-destination", home);
    const tarball = path.join(home, readdirSync(home).find(file => file.endsWith(".tgz"))!);
    writeFileSync(path.join(home, "package.json"), '{ "private": true }\n');
    await npm(home, "install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball);
    return tarball;
  })();
  return packed;
}
async function npm(cwd: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await command("npm", cwd, ...args);
  if (code !== 0) throw new Error(`npm ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
}
/** Where the package and what it depends on stand, as in a user's project. */
export const modules = path.join(home, "node_modules");

/** A new project with these files. */
export function project(name: string, files: Record<string, string>): string {
  const folder = path.join(home, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  return folder;
}
export function removeProjects(): void {
  rmSync(home, { recursive: true, force: true });
}
