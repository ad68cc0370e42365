/** Where results and complaints go: text for people, one JSON object for programs. */
import { escaped } from "../errors.ts";
import type { Progress } from "./progress.ts";
import { lineProgress, noProgress } from "./progress.ts";

export interface OutputOptions {
  json?: boolean;
  quiet?: boolean;
}

/** What every command is given. */
export interface Context {
  output: Output;
  signal: AbortSignal;
}

export class Output {
  readonly json: boolean;
  readonly quiet: boolean;

  constructor({ json = false, quiet = false }: OutputOptions) {
    this.json = json;
    this.quiet = quiet;
  }
  /** A line, or several, for people. */
  say(text: string): void {
    if (!this.json && !this.quiet) process.stdout.write(`${printable(text)}\n`);
  }
  /** The result for programs. */
  result(value: object): void {
    if (this.json) process.stdout.write(`${escaped(JSON.stringify(value))}\n`);
  }
  /** The result itself, as it is for a file or pipe. */
  raw(text: string): void {
    process.stdout.write(this.terminal ? printable(text) : text);
  }
  /** Whether lines may be drawn: a terminal looks on. */
  get terminal(): boolean {
    return process.stdout.isTTY === true;
  }
  async progress(): Promise<Progress> {
    if (this.json || this.quiet) return noProgress;
    if (!this.terminal) return lineProgress(line => this.say(line));
    const { barProgress } = await import("./progress-bar.ts");
    return barProgress(process.stdout);
  }
}

/** Text from data or model files without what a terminal would obey, or what would turn its lines around. */
export function printable(text: string): string {
  return text.split("\n").map(escaped).join("\n");
}
/** The same for one cell or name: in one line, and not too long. */
export function printableName(text: string): string {
  const line = printable(text).replaceAll("\n", "\\n");
  // By characters: half of a pair is none.
  const characters = [...line.slice(0, 100)];
  return characters.length > 40 ? `${characters.slice(0, 39).join("")}…` : line;
}
