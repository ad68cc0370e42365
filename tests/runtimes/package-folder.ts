// A user's project: a folder where `trainlet` is installed as npm would, from the built files.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./runtime.ts";

/** Makes build/NAME anew, with the package in its node_modules and these files. */
export function projectFolder(name: string, files: Record<string, string> = {}): string {
  const folder = path.join(root, "build", name);
  rmSync(folder, { recursive: true, force: true });
  const installed = path.join(folder, "node_modules/trainlet");
  mkdirSync(installed, { recursive: true });
  cpSync(path.join(root, "dist"), path.join(installed, "dist"), { recursive: true });
  cpSync(path.join(root, "package.json"), path.join(installed, "package.json"));
  // Its dependencies are found further up, in the checkout's node_modules.
  writeFileSync(path.join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  return folder;
}

/** What is in a JSON file that has lines of comment. */
export function readJsonc(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, "utf8").replace(/^\s*\/\/.*$/gm, ""));
}
