// Abort signals, those of jsdom and of older browsers included, which have neither `throwIfAborted` nor a reason.

export function isSignal(value: unknown): value is AbortSignal {
  return typeof (value as AbortSignal | null)?.aborted === "boolean" && "addEventListener" in (value as object);
}
/** Why it has fired. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException("This operation was aborted", "AbortError");
}
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}
