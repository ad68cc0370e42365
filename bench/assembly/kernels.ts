// What the benchmark times inside WebAssembly: the GEMMs as they are, and the loop that says what this engine's SIMD
// can do at most. Built apart, so that the package carries none of it.
import { gemmForward, gemmInput, gemmWeight, tilesOf, SCRATCH } from "../../assembly/kernels/gemm";
import { madd } from "../../assembly/kernels/simd";
export { tallTiles } from "../../assembly/kernels/tile";

export function scratchBytes(): usize {
  return SCRATCH;
}
export function forward(y: usize, x: usize, w: usize, b: usize, panels: i32, n: i32, k: i32, scratch: usize): void {
  gemmForward(y, x, w, b, panels, n, k, 0, tilesOf(n), scratch);
}
export function input(dx: usize, dy: usize, w: usize, panels: i32, n: i32, k: i32, scratch: usize): void {
  gemmInput(dx, dy, w, panels, n, k, 0, tilesOf(k), scratch);
}
export function weight(dw: usize, dy: usize, xt: usize, panels: i32, n: i32, k: i32, scratch: usize): void {
  gemmWeight(dw, dy, xt, panels, n, k, 0, tilesOf(n), scratch);
}

/** What memory allows at most: a plain copy, 16 bytes at a time. */
export function copy(to: usize, from: usize, bytes: usize): void {
  for (let end = from + bytes; from < end; from += 16, to += 16) v128.store(to, v128.load(from));
}

/**
 * `rounds` times 12 independent multiply-adds of four lanes: 96 flops a round, as many as registers allow at once. They
 * start from what stands at `out`, and p and q are no constants, lest the engine finds something to save, or to do again.
 */
export function limit(rounds: i32, out: usize, p: f32, q: f32): void {
  let a = f32x4.splat(p), b = f32x4.splat(q);
  let c0 = v128.load(out), c1 = v128.load(out, 16), c2 = v128.load(out, 32), c3 = v128.load(out, 48);
  let c4 = v128.load(out, 64), c5 = v128.load(out, 80), c6 = v128.load(out, 96), c7 = v128.load(out, 112);
  let c8 = v128.load(out, 128), c9 = v128.load(out, 144), c10 = v128.load(out, 160), c11 = v128.load(out, 176);
  do {
    c0 = madd(c0, a, b); c1 = madd(c1, a, b); c2 = madd(c2, a, b); c3 = madd(c3, a, b);
    c4 = madd(c4, a, b); c5 = madd(c5, a, b); c6 = madd(c6, a, b); c7 = madd(c7, a, b);
    c8 = madd(c8, a, b); c9 = madd(c9, a, b); c10 = madd(c10, a, b); c11 = madd(c11, a, b);
  } while (--rounds);
  v128.store(out, c0); v128.store(out, c1, 16); v128.store(out, c2, 32); v128.store(out, c3, 48);
  v128.store(out, c4, 64); v128.store(out, c5, 80); v128.store(out, c6, 96); v128.store(out, c7, 112);
  v128.store(out, c8, 128); v128.store(out, c9, 144); v128.store(out, c10, 160); v128.store(out, c11, 176);
}
