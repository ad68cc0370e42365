// A page of docs/runtimes as its reader takes it: files to write, lines to type, settings to make.
import { readFileSync } from "node:fs";
import path from "node:path";
import { projectFolder } from "./package-folder.ts";
import { root } from "./runtime.ts";

/** Commands that put a package into a project. */
const install = /^(npm install|deno add|bun add) (npm:)?(\S+)$/;

export interface DocPage {
  name: string;
  /** Blocks with a file's name beside their language, by that name. */
  files: Record<string, string>;
  /** Lines of shell blocks that run something. */
  commands: string[];
  /** Packages that its shell blocks install. */
  installed: string[];
  /** Headers of its http blocks: a block each. */
  headers: Record<string, string>[];
}

export function readPage(name: string): DocPage {
  const text = readFileSync(path.join(root, "docs/runtimes", `${name}.md`), "utf8");
  const page: DocPage = { name, files: {}, commands: [], installed: [], headers: [] };
  for (const [, language, file, code] of text.matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm)) {
    const lines = code!.trim().split("\n");
    if (file) page.files[file] = code!;
    else if (language === "http") page.headers.push(Object.fromEntries(lines.map(line => line.split(/: (.*)/, 2))));
    else if (language === "sh") {
      for (const line of lines) {
        const added = install.exec(line);
        if (added) page.installed.push(added[3]!);
        else page.commands.push(line);
      }
    } else throw new Error(`${name}.md has a block that no test runs:\n${code}`);
  }
  return page;
}

/** The page's files in a project with the package installed. */
export function projectOf(page: DocPage): string {
  return projectFolder(`docs/${page.name}`, page.files);
}
