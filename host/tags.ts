// What a value is, whatever realm it comes from: a frame, a test runner and a worker each have classes of their own, of
// which `instanceof` knows only one's own.

/** "Uint8Array", "ArrayBuffer", "Error", "Blob", …: what the specification of the language or the platform calls it. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
