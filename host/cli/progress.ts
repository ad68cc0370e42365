/** What is seen while a model trains: a bar in a terminal, a line an epoch in a pipe. */
import cliProgress from "cli-progress";
import type { EpochLog } from "../history.ts";
import { metric, metricName, seconds, whole } from "./format.ts";

export interface Progress {
  /** `label` tells one training from the next, where there are several. */
  start(label: string, epochs: number): void;
  epoch(log: EpochLog): void;
  stop(): void;
}

export const noProgress: Progress = { start() {}, epoch() {}, stop() {} };

/** What an epoch says beside its loss, in this order. */
const shown = ["loss", "accuracy", "rmse", "valLoss", "valAccuracy", "valRmse"] as const;

function describe(log: EpochLog, names: readonly (typeof shown)[number][], between: string): string {
  const known = names.filter(name => log[name] !== undefined);
  return known.map(name => `${metricName(name)} ${metric(name, log[name])}`).join(between);
}

export function lineProgress(write: (line: string) => void): Progress {
  let total = 0;
  let prefix = "";
  return {
    start(label, epochs) {
      total = epochs;
      prefix = label ? `${label}  ` : "";
    },
    epoch(log) {
      const number = String(log.epoch).padStart(String(total).length);
      const rate = `lr ${Number(log.lr.toPrecision(4))}  ${whole(log.samplesPerSecond)} samples/s`;
      write(`${prefix}epoch ${number}/${total}  ${describe(log, shown, "  ")}  ${rate}`);
    },
    stop() {},
  };
}

export function barProgress(stream: NodeJS.WriteStream): Progress {
  let bar: cliProgress.SingleBar | undefined;
  let prefix = "";
  let begun = false;
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
