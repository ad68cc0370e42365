#!/usr/bin/env node
/** The command line's entry: runs a command and turns what went wrong into a line and an exit code. */
import { CommanderError } from "commander";
import { TrainletError } from "../errors.ts";
import { Output, printable } from "./output.ts";
import { program } from "./program.ts";
import { Stopped, stopSignal, UsageError } from "./stop.ts";

const args = process.argv.slice(2);
const signal = stopSignal();
try {
  await program(signal).parseAsync(args, { from: "user" });
} catch (error) {
  process.exitCode = report(error);
}

/** Says what happened; gives the exit code. */
function report(error: unknown): number {
  const { code, message, exitCode } = explain(error);
  if (message === undefined) return exitCode;
  process.stderr.write(`trainlet: ${printable(message).replaceAll("\n", " ")}\n`);
  const end = args.indexOf("--");
  const json = args.slice(0, end < 0 ? undefined : end).includes("--json");
  new Output({ json }).result({ error: { code, message } });
  return exitCode;
}

/** No message: there is nothing to say, or it has been said. */
function explain(error: unknown): { code: string; message?: string; exitCode: number } {
  if (error instanceof Stopped) {
    return { code: error.code, exitCode: error.exitCode, ...(!error.silent && { message: error.message }) };
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { code: "", exitCode: 0 }; // --help, --version
    if (error.code === "commander.help") return { code: "", exitCode: 2 }; // no command: the help has been shown
    const code = /unknown(Option|Command)/.test(error.code) ? "UNKNOWN_OPTION" : "INVALID_ARGUMENT";
    return { code, message: `${error.message.replace(/^error: /, "")} ${seeHelp()}`, exitCode: 2 };
  }
  if (error instanceof UsageError) return { code: error.code, message: `${error.message} ${seeHelp()}`, exitCode: 2 };
  if (error instanceof TrainletError) return { code: error.code, message: error.message, exitCode: 1 };
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code === "string") return { code, message, exitCode: 1 };
  return { code: "INTERNAL", message: `internal error, please report it: ${message || String(error)}`, exitCode: 1 };
}

function seeHelp(): string {
  const known = ["train", "evaluate", "predict", "info"].includes(args[0]!);
  return `(see trainlet ${known ? `${args[0]} ` : ""}--help)`;
}
