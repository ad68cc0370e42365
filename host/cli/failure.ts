/** What went wrong → what to say about it, and the exit code: 1 failed, 2 wrong usage, 130 interrupted. */
import { CommanderError } from "commander";
import { TrainletError } from "../errors.ts";
import { Stopped, UsageError } from "./stop.ts";

export interface Failure {
  exitCode: number;
  code: string;
  /** Absent when there is nothing to say, or it has been said. */
  message?: string;
}

export function explain(error: unknown, args: readonly string[]): Failure {
  if (error instanceof Stopped) {
    return { exitCode: error.exitCode, code: error.code, ...(!error.silent && { message: error.message }) };
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { exitCode: 0, code: "" }; // --help, --version
    if (error.code === "commander.help") return { exitCode: 2, code: "" }; // no command: the help has been shown
    const code = /unknown(Option|Command)/.test(error.code) ? "UNKNOWN_OPTION" : "INVALID_ARGUMENT";
    return { exitCode: 2, code, message: usage(error.message.replace(/^error: /, ""), args) };
  }
  if (error instanceof UsageError) return { exitCode: 2, code: error.code, message: usage(error.message, args) };
  if (error instanceof TrainletError) return { exitCode: 1, code: error.code, message: error.message };
  if (error instanceof RangeError) {
    const message = `there is not enough memory for that: ${error.message}`;
    return { exitCode: 1, code: "OUT_OF_MEMORY", message };
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code === "string") return { exitCode: 1, code, message };
  return { exitCode: 1, code: "INTERNAL", message: `internal error, please report it: ${message || String(error)}` };
}

function usage(message: string, args: readonly string[]): string {
  const known = ["train", "evaluate", "predict", "info", "compare", "lr-find"].includes(args[0]!);
  return `${message.replaceAll("\n", " ")} (see trainlet ${known ? `${args[0]} ` : ""}--help)`;
}
