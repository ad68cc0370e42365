/** What is seen while a model trains: a line an epoch, where no terminal shows a bar. */
import type { EpochLog } from "../history.ts";
import { metric, metricName, whole } from "./format.ts";

export interface Progress {
  /** `label` tells one training from the next, where there are several. */
  start(label: string, epochs: number): void;
  epoch(log: EpochLog): void;
  stop(): void;
}

export const noProgress: Progress = { start() {}, epoch() {}, stop() {} };

/** What an epoch says beside its loss, in this order. */
export const shown = ["loss", "accuracy", "rmse", "valLoss", "valAccuracy", "valRmse"] as const;

export function describe(log: EpochLog, names: readonly (typeof shown)[number][], between: string): string {
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
