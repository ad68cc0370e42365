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

/** Index of the first of `count` float32 outside [low, high], or -1. */
export function firstBeyond(p: usize, count: i32, low: f32, high: f32): i32 {
  for (let i = 0; i < count; i++) {
    let value = load<f32>(p + (<usize>i << 2));
    if (value < low || value > high) return i;
  }
  return -1;
}

/** Index of the first of `count` float32, `n` a row, whose row does not sum to 1, or -1. */
export function firstNotOne(p: usize, count: i32, n: i32, tolerance: f64): i32 {
  for (let i = 0; i < count; i += n) {
    let sum: f64 = 0;
    for (let j = i; j < i + n; j++) sum += load<f32>(p + (<usize>j << 2));
    if (abs(sum - 1) > tolerance) return i;
  }
  return -1;
}

/** Index of the first of `count` float32 that is neither -1 nor 1, or -1; where there is no -1, zeros become it first. */
export function toSigns(p: usize, count: i32): i32 {
  let zero: f32 = -1;
  for (let i = 0; i < count; i++) if (load<f32>(p + (<usize>i << 2)) == -1) zero = 0;
  for (let i = 0; i < count; i++) {
    let at = p + (<usize>i << 2);
    if (load<f32>(at) == 0) store<f32>(at, zero);
    if (abs(load<f32>(at)) != 1) return i;
  }
  return -1;
}

/** Turns -1 among `count` int32 into 0, where there is no 0 beside it. */
export function fromSigns(p: usize, count: i32): void {
  for (let i = 0; i < count; i++) if (!load<i32>(p + (<usize>i << 2))) return;
  for (let i = 0; i < count; i++) if (load<i32>(p + (<usize>i << 2)) == -1) store<i32>(p + (<usize>i << 2), 0);
}
