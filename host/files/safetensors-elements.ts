// What safetensors files consist of: elements of each dtype, shapes, names, and how many of these there may be.
import type { TensorData } from "./safetensors-layout.ts";

export const MAX_RANK = 64; // what PyTorch and NumPy stop at; without a cap a shape could be as long as the header
export const MAX_KEYS = 100_000; // tensors, or metadata: a header at its cap could name millions, each costing far more memory

/**
 * Copies into memory of its own, which is always aligned: a tensor starts wherever the header ends, and the input may
 * itself be a window at any offset. Elements are little-endian in the file as they are in WebAssembly memory, so the
 * bytes stay as they are.
 */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** Converts 2-byte elements to 32-bit floats, where `widen` maps the 16 bits to the 32 bits of the same number. */
function fromHalves(bytes: Uint8Array, widen: (half: number) => number): Float32Array {
  const bits = new Uint32Array(bytes.length / 2);
  for (let i = 0; i < bits.length; i++) bits[i] = widen(bytes[2 * i]! | (bytes[2 * i + 1]! << 8));
  return new Float32Array(bits.buffer);
}

/** IEEE binary16 (5 exponent bits with bias 15, 10 fraction bits) as the bits of the same binary32 number. */
function widenF16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  let fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13); // infinity, or NaN with its payload
  if (exponent !== 0) return sign | ((exponent + 127 - 15) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: fraction · 2⁻²⁴, a normal number in binary32 once its leading one has moved to the implicit place.
  const shift = Math.clz32(fraction) - 21;
  fraction = (fraction << shift) & 0x3ff;
  return sign | ((1 - shift + 127 - 15) << 23) | (fraction << 13);
}

/** bfloat16 is the upper half of a binary32. */
function widenBF16(half: number): number {
  return half << 16;
}

/** Rounds 64-bit floats to 32 bits, through a view because the bytes need not be aligned. */
function fromDoubles(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats = new Float32Array(bytes.length / 8);
  for (let i = 0; i < floats.length; i++) floats[i] = view.getFloat64(8 * i, true);
  return floats;
}

/** How to read each known dtype; a Map, so that a dtype such as "constructor" is unknown like any other. */
export const READABLE = new Map<string, { size: number; read: (bytes: Uint8Array) => TensorData }>([
  ["F32", { size: 4, read: bytes => new Float32Array(aligned(bytes)) }],
  ["I32", { size: 4, read: bytes => new Int32Array(aligned(bytes)) }],
  ["I64", { size: 8, read: bytes => new BigInt64Array(aligned(bytes)) }],
  ["U8", { size: 1, read: bytes => new Uint8Array(aligned(bytes)) }],
  ["F16", { size: 2, read: bytes => fromHalves(bytes, widenF16) }],
  ["BF16", { size: 2, read: bytes => fromHalves(bytes, widenBF16) }],
  ["F64", { size: 8, read: fromDoubles }],
]);

/** The number of elements of a shape, or undefined when that is beyond what a number counts exactly. */
export function elements(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const dimension of shape) {
    product *= dimension;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/** Half of a surrogate pair is legal in a JavaScript string and in a JSON escape, yet has no UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
