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
    /** Whether there is nobody to tell. */
    readonly silent = false,
  ) {
    super(message);
  }
  /** Whether the command has begun to save what there is, and may take its time. */
  saving = false;

  /** The same end, with what came of it. */
  with(message: string): Stopped {
    return new Stopped(`interrupted${message}`, this.exitCode, this.silent);
  }
}

/** Why the signal was given, where somebody waits for what can be saved: the reader of a pipe who left does not. */
export function stoppedBy(signal: AbortSignal): Stopped | undefined {
  const reason: unknown = signal.reason;
  return signal.aborted && reason instanceof Stopped && !reason.silent ? reason : undefined;
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
      const stopped = new Stopped("interrupted; nothing was saved", code);
      controller.abort(stopped);
      // For what does not look, such as a read that waits.
      const giveUp = () => {
        if (stopped.saving) return;
        process.stderr.write(`trainlet: ${stopped.message}\n`);
        process.exit(code);
      };
      setTimeout(giveUp, 2000).unref();
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
