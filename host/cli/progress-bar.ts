/** The bar that a terminal shows while a model trains. */
import cliProgress from "cli-progress";
import type { EpochLog } from "../history.ts";
import { seconds } from "./format.ts";
import { describe, type Progress, shown } from "./progress.ts";

export function barProgress(stream: NodeJS.WriteStream): Progress {
  let bar: cliProgress.SingleBar | undefined;
  let prefix = "";
  let begun = false;
  // A process that ends at once, by a second Ctrl-C say, gives the cursor back too.
  process.on("exit", () => bar?.stop());
  return {
    start(label, epochs) {
      prefix = label ? `${label} ` : "";
      begun = false;
      bar = new cliProgress.SingleBar({
        stream,
        format: "{prefix}{bar} {value}/{total} | ETA {eta_formatted} | {numbers}",
        // Before the first epoch is over nobody knows, and cli-progress says 0.
        formatTime: time => (!begun ? "…" : time < 60 ? `${Math.max(0, time)} s` : seconds(time)),
        barsize: Math.min(30, Math.max(10, stream.columns - 72)),
        barCompleteChar: "█",
        barIncompleteChar: "░",
        hideCursor: true,
        gracefulExit: false, // it would go on drawing
      });
      bar.start(epochs, 0, { prefix, numbers: "…" });
    },
    epoch(log) {
      begun = true;
      bar?.update(log.epoch, { prefix, numbers: telling(log, stream.columns) });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** What fits in a line: with validation data, their metrics, and those of the training part only where there is room. */
function telling(log: EpochLog, columns: number): string {
  const [own, validation] = [shown.slice(0, 3), shown.slice(3)];
  const names = log.valLoss === undefined ? own : columns < 110 ? validation : ["loss" as const, ...validation];
  return describe(log, names, ", ");
}
