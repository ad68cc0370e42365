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

function describe(log: EpochLog): string {
  const known = shown.filter(name => log[name] !== undefined);
  return known.map(name => `${metricName(name)} ${metric(name, log[name])}`).join("  ");
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
      write(`${prefix}epoch ${number}/${total}  ${describe(log)}  ${rate}`);
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
      bar?.update(log.epoch, { prefix, numbers: telling(log) });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** What fits in a line: with validation data, their metrics rather than those of the training part. */
function telling(log: EpochLog): string {
  const names =
    log.valLoss === undefined ? shown.slice(0, 3) : (["loss", "valLoss", "valAccuracy", "valRmse"] as const);
  const known = names.filter(name => log[name] !== undefined);
  return known.map(name => `${metricName(name)} ${metric(name, log[name])}`).join(", ");
}
