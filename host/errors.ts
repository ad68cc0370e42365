import type { History } from "./history.ts";

import { tagOf } from "./tags.ts";

/** What went wrong, as a stable machine-readable word. */
export type ErrorCode =
  | "INVALID_ARGUMENT" // a value of the wrong type or outside its range
  | "UNKNOWN_OPTION" // an option that the function does not have
  | "SHAPE_MISMATCH" // sizes that do not fit each other
  | "NON_FINITE_DATA" // NaN or Infinity where a number is needed
  | "UNKNOWN_LABEL" // a class or category that training never saw
  | "INVALID_FILE" // a truncated, malformed or hostile file
  | "FILE_NOT_FOUND"
  | "FILE_ERROR" // reading or writing failed
  | "DIVERGED" // a loss, gradient or parameter became NaN or Infinity
  | "NOT_COMPILED" // trainBatch before compile
  | "DISPOSED" // use after dispose()
  | "WORKER_FAILED" // a thread ended, or did not answer
  | "OUT_OF_MEMORY"
  | "UNSUPPORTED"; // the runtime lacks what was asked for

/** The one error type that this package throws: `message` names the argument, what it was and what it should be. */
export class TrainletError extends Error {
  override readonly name = "TrainletError";
  /** Where it ended a `fit`: what that had come to. */
  declare history?: History;
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(escaped(message), options);
  }
  /** What is fetched when it is needed has a copy of this class (host/build.mjs), whose errors are this class's too. */
  static override [Symbol.hasInstance](value: unknown): value is TrainletError {
    return (value as Error | null)?.name === "TrainletError" && tagOf(value) === "Error";
  }
}

/** Text of users and files without what a terminal would obey, or what would turn or break its lines: controls, format
 * characters (bidi, zero width), separators of lines and paragraphs, halves of surrogate pairs. */
export function escaped(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, mark =>
    // Unit by unit, as JSON wants it.
    mark.replace(/./gs, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

/** A short, safe rendering of any value for an error message. */
export function show(value: unknown): string {
  if (typeof value === "string")
    return value.length > 60 ? `${JSON.stringify(value.slice(0, 57))}…` : JSON.stringify(value);
  if (typeof value === "function") return `a function (${value.name || "anonymous"})`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === "object") return `an object (${value.constructor?.name ?? "Object"})`;
  return String(value);
}
