/** Index of the first of `count` float32 that is NaN or infinite, or -1. `p` is 4-byte aligned. */
export function firstNonFinite(p: usize, count: i32): i32 {
  let i = 0;
  // x·0 is NaN for exactly those; four are asked at a time.
  for (; i + 4 <= count; i += 4) {
    let zero = f32x4.mul(v128.load(p + (<usize>i << 2)), f32x4.splat(0));
    if (v128.any_true(f32x4.ne(zero, zero))) break;
  }
  for (; i < count; i++) if (!isFinite(load<f32>(p + (<usize>i << 2)))) return i;
  return -1;
}

/** Index of the first of `count` int32 outside 0..bound - 1 and other than `except`, or -1. */
export function firstOutside(p: usize, count: i32, bound: i32, except: i32): i32 {
  for (let i = 0; i < count; i++) {
    let value = load<i32>(p + (<usize>i << 2));
    if (<u32>value >= <u32>bound && value != except) return i;
  }
  return -1;
}

/** Whether `bytes` bytes of float64 are all finite. */
export function allFinite64(p: usize, bytes: usize): bool {
  for (let end = p + bytes; p < end; p += 8) if (!isFinite(load<f64>(p))) return false;
  return true;
}
