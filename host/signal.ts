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
/** What somebody answers in his own time; a signal ends the waiting. */
export function answerOf(answer: unknown, signal: AbortSignal | undefined): unknown {
  if (!signal || typeof (answer as PromiseLike<unknown> | undefined)?.then !== "function") return answer;
  return new Promise((resolve, reject) => {
    const end = () => reject(reasonOf(signal));
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    (answer as PromiseLike<unknown>).then(resolve, reject).then(() => signal.removeEventListener("abort", end));
  });
}
