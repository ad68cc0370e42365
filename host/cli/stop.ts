/** Why a command ends without a result, and the exit code that says so. */

/** The command line does not make sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  constructor(
    message: string,
    readonly code: "INVALID_ARGUMENT" | "UNKNOWN_OPTION" = "INVALID_ARGUMENT",
  ) {
    super(message);
  }
}

/** Somebody wants the program to end: the user (Ctrl-C), the system, or the reader of its output, who went away. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly code = "INTERRUPTED";
  constructor(
    message: string,
    readonly exitCode: number,
    /** Whether there is anybody to tell. */
    readonly silent = false,
  ) {
    super(message);
  }
}

/**
 * Turns signals, and a pipe that nobody reads any more, into an AbortSignal: commands look at it where they can stop
 * without leaving anything half done. A second Ctrl-C ends the process at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stopOn = (name: NodeJS.Signals, code: number) =>
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort(new Stopped("interrupted; nothing was saved", code));
      setTimeout(() => process.exit(code), 2000).unref(); // for what does not look, such as a read that waits
    });
  stopOn("SIGINT", 130);
  stopOn("SIGTERM", 143);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that went away knows; a full disk is news.
    const gone = error.code === "EPIPE";
    if (!gone && !controller.signal.aborted) {
      process.exitCode = 1;
      process.stderr.write(`trainlet: cannot write the output: ${error.message}\n`);
    }
    controller.abort(new Stopped(error.message, gone ? 141 : 1, true));
  });
  process.stderr.on("error", () => {}); // nobody reads complaints: there is nothing left to say
  return controller.signal;
}
