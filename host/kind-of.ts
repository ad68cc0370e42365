// What a value is, where its class does not tell: arrays of another realm (a frame, a test environment) have classes of
// their own.

/** The name of a typed array's kind, "Float32Array" and so on, or "DataView"; undefined for anything else. */
export function kindOf(value: unknown): string | undefined {
  return ArrayBuffer.isView(value) ? (value as Float32Array)[Symbol.toStringTag] : undefined;
}

/** A number for what stands for one, as 1, 1n and true do. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "bigint" || typeof value === "boolean" ? Number(value) : undefined;
}
