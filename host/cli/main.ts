#!/usr/bin/env node
/** The command line's entry: runs a command, and turns what went wrong into a line and an exit code. */
import { explain } from "./failure.ts";
import { Output, printable } from "./output.ts";
import { program } from "./program.ts";
import { stopSignal } from "./stop.ts";

const args = process.argv.slice(2);
/** What no command was there to hear of, such as a worker that ends, is told in a line too. */
process.on("uncaughtException", error => {
  fail(error);
  process.exit();
});
try {
  await program(stopSignal()).parseAsync(args, { from: "user" });
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  const { exitCode, code, message } = explain(error, args);
  process.exitCode = exitCode;
  if (message !== undefined) {
    process.stderr.write(`trainlet: ${printable(message).replaceAll("\n", " ")}\n`);
    // The command may not have been understood, and yet JSON was asked for.
    const end = args.indexOf("--");
    new Output({ json: args.slice(0, end < 0 ? undefined : end).includes("--json") }).result({
      error: { code, message },
    });
  }
}
