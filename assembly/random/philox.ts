// Philox 4x32-10, a counter-based generator: ten rounds of two 32 x 32 -> 64 bit products turn (counter, key) into four
// random words. Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
// Counter: [index, step, purpose, tensor or layer]; key: [seed, 0]. So every number of a run is a function of its place.

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** What random numbers are for: distinct purposes never share a counter. */
export const enum Purpose {
  initialise = 1,
  shuffle = 2,
  dropout = 3,
  data = 4,
  direction = 5,
}

/** The upper halves of four 32 x 32 -> 64 bit products. */
// @ts-ignore: decorator
@inline
function mulHigh(a: v128, m: v128): v128 {
  let low = i64x2.extmul_low_i32x4_u(a, m);
  let high = i64x2.extmul_high_i32x4_u(a, m);
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** Four counters side by side, [index..index+3, step, purpose, place]: 64 bytes at `out`, word w of counter i at [w][i]. */
export function philox4(out: usize, index: u32, step: u32, purpose: u32, place: u32, seed: u32): void {
  let c0 = i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(step);
  let c2 = i32x4.splat(purpose);
  let c3 = i32x4.splat(place);
  let m0 = i32x4.splat(M0);
  let m1 = i32x4.splat(M1);
  let k0 = seed;
  let k1: u32 = 0;
  for (let round = 0; round < 10; round++) {
    let high0 = mulHigh(c0, m0);
    let low0 = i32x4.mul(c0, m0);
    let high1 = mulHigh(c2, m1);
    let low1 = i32x4.mul(c2, m1);
    c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(k0));
    c1 = low1;
    c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(k1));
    c3 = low0;
    k0 += W0;
    k1 += W1;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
  v128.store(out, c2, 32);
  v128.store(out, c3, 48);
}
